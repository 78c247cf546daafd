"""Which customers of the sources are one person? Only what proves it joins them, and every join can be undone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from metrics.identity_conflicts import MOST_PHONES, Decision, separate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

JOINING: Final = ("unionid", "card", "phone")
"""Kinds that prove a person, strongest first. An openid belongs to one app and joins nobody; a name never does."""

SHARED_ABOVE: Final = 5
"""Customers: a telephone or card that more of them give is a shop's or a family's, and joins nobody."""

_REQUIRED: Final = ("customer_key", "id_type", "id_hash", "verified", "first_seen")
_LINK: Final = {"person": pl.Int64, "id_type": pl.String, "id_hash": pl.String, "customer_key": pl.Int64}


@dataclass(frozen=True, slots=True)
class Unified:
    """Customers joined to persons, and why.

    Attributes:
        people: one row per customer, ``customer_key, person``; a person is called by its smallest customer key.
        links: the identities that made persons of several customers, ``person, id_type, id_hash, customer_key``; one
            row per identity and customer. Without these rows everybody stands alone again.
        conflicts: identities that would have joined what cannot be one person, ``id_type, id_hash, kind, customer_key,
            person``; one row per identity and customer, ``kind`` is two_unionids or many_phones.
        shared: telephones and cards that too many customers give, ``id_type, id_hash, customers``.
        warnings: persons with several cards, ``person, cards``.
        unverified: telephones left out because no source verified them.
    """

    people: pl.DataFrame
    links: pl.DataFrame
    conflicts: pl.DataFrame
    shared: pl.DataFrame
    warnings: pl.DataFrame
    unverified: int


def unify(identities: pl.DataFrame, *, shared_above: int = SHARED_ABOVE, decisions: Sequence[Decision] = ()) -> Unified:
    """Which customers are one person?

    Customers are joined by an equal unionid, verified telephone or card, whatever order the rows are in. No join makes
    a person of two unionids or of more than two telephones: where identities of one group say so, unionids join first,
    then cards, then telephones, the earliest seen first; what does not fit stays apart and is told (T19).

    Args:
        identities: ``customer_key, id_type, id_hash, verified, first_seen``; one row per identity and customer.
        shared_above: customers; a telephone or card of more joins nobody.
        decisions: what somebody decided of conflicts, oldest first; conflicts of which all is decided are not told.

    Returns:
        Persons and what made them, each table in a total order. No identities give empty tables.
    """
    given = identities.select(_REQUIRED)
    is_unverified = (pl.col("id_type") == "phone") & ~pl.col("verified")
    unverified = given.filter(is_unverified).select("id_hash").n_unique()
    everybody = given["customer_key"].unique().sort()
    rows = _usable(given.filter(pl.col("id_type").is_in(JOINING) & ~is_unverified))
    del given
    joining, shared = _joining(rows, shared_above)
    decisions = _known(decisions, everybody)
    decided = _decided(decisions)
    label = _components(everybody.to_numpy(), _with_decisions(joining, decided))
    groups = pl.DataFrame({"customer_key": everybody, "label": label})
    sizes = np.bincount(label, minlength=1)
    grouped = groups.filter(pl.Series(sizes[label] > 1))
    if shared.height:
        rows = rows.join(shared, on=["id_type", "id_hash"], how="anti")
    held = rows.with_columns(_label_of(rows["customer_key"], everybody, label))
    del rows, joining
    limits = _limits(held)
    several = held.filter(pl.col("label").is_in(grouped["label"].unique().implode()))
    about = _label_of(decided["customer_key"], everybody, label).to_frame()
    cut = several.join(pl.concat([limits, about]), on="label", how="semi")
    alone = held.join(limits, on="label", how="semi").join(grouped, on="label", how="anti")
    people = _first_of(groups)
    told = pl.concat([_alone(alone), _none_told()])
    if cut.height:
        apart, told_of_groups = separate(cut.drop("_id", "label"), decisions)
        people = people.update(apart, on="customer_key")
        told = pl.concat([told, told_of_groups])
    named = several.join(people, on="customer_key")
    return Unified(
        people=people.sort("customer_key"),
        links=_links(named),
        conflicts=_open(told, decisions).sort("id_type", "id_hash", "customer_key"),
        shared=shared.sort("id_type", "id_hash"),
        warnings=_several_cards(named),
        unverified=unverified,
    )


def _usable(rows: pl.DataFrame) -> pl.DataFrame:
    """One row per identity and customer, the earliest sighting, with a number that equal identities share.

    Only rows whose numbers say that they may be repeats are compared in full, so that memory holds the rows once.
    """
    numbered = rows.drop("verified").with_columns(_id=pl.struct("id_type", "id_hash").hash())
    maybe = numbered.select(pl.struct("customer_key", "_id").is_duplicated()).to_series()
    if not maybe.any():
        return numbered
    repeats = numbered.filter(maybe).sort("first_seen", nulls_last=True)
    return pl.concat([numbered.filter(~maybe), repeats.unique(["customer_key", "id_type", "id_hash"], keep="first")])


def _joining(rows: pl.DataFrame, shared_above: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Identities of several customers, and those of too many.

    Numbers may coincide, so they only choose what is compared in full: strings of few rows, never of all.
    """
    numbers = rows["_id"]
    maybe = rows.filter(numbers.is_duplicated())
    held = maybe.group_by("id_type", "id_hash").agg(customers=pl.len()).filter(pl.col("customers") > 1)
    is_shared = pl.col("id_type").is_in(("phone", "card")) & (pl.col("customers") > shared_above)
    joins = held.filter(~is_shared).with_row_index("number").drop("customers")
    found = maybe.join(joins, on=["id_type", "id_hash"]).select("customer_key", "number")
    return found, held.filter(is_shared)


def _known(decisions: Sequence[Decision], everybody: pl.Series) -> list[Decision]:
    """Decisions about those customers who are still here."""
    named = pl.Series([key for one in decisions for key in sorted(one.keys)], dtype=pl.Int64)
    here = set(named.filter(named.is_in(everybody.implode())).to_list())
    kept = (tuple(tuple(key for key in group if key in here) for group in one.groups) for one in decisions)
    return [Decision(one.is_one, groups) for one, groups in zip(decisions, kept, strict=True)]


def _decided(decisions: Sequence[Decision]) -> pl.DataFrame:
    """The customers of whom somebody decided: ``customer_key, number, is_one``."""
    rows = [(key, number, one.is_one) for number, one in enumerate(decisions) for key in sorted(one.keys)]
    schema = {"customer_key": pl.Int64, "number": pl.UInt32, "is_one": pl.Boolean}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _with_decisions(joining: pl.DataFrame, decided: pl.DataFrame) -> pl.DataFrame:
    """What joins, with decisions that some are one."""
    ones = decided.filter("is_one").select("customer_key", "number")
    if ones.is_empty():
        return joining
    after = (joining["number"].max() + 1) if joining.height else 0  # type: ignore[operator]
    return pl.concat([joining, ones.with_columns(pl.col("number") + pl.lit(after, pl.UInt32))])


def _open(told: pl.DataFrame, decisions: Sequence[Decision]) -> pl.DataFrame:
    """Conflicts without those that were decided: every holder is one whom a decision keeps apart."""
    for one in decisions:
        if not one.is_one and told.height:
            known = pl.col("customer_key").is_in(list(one.keys)).all().over("id_type", "id_hash")
            told = told.filter(~known)
    return told


def _components(everybody: NDArray[np.int64], joining: pl.DataFrame) -> NDArray[np.int32]:
    """Of each customer, in order: the number of the group that identities connect."""
    count = everybody.size
    if joining.is_empty():
        return np.arange(count, dtype=np.int32)
    ends = np.searchsorted(everybody, joining["customer_key"].to_numpy()).astype(np.int32)
    number = joining["number"].to_numpy().astype(np.int32)
    nodes = count + int(number.max()) + 1
    edges = coo_array((np.ones(ends.size, dtype=np.int8), (ends, number + np.int32(count))), shape=(nodes, nodes))
    _, label = connected_components(edges, directed=False)
    found: NDArray[np.int32] = label[:count]
    return found


def _label_of(keys: pl.Series, everybody: pl.Series, label: NDArray[np.int32]) -> pl.Series:
    """The group of the customer of each row."""
    return pl.Series("label", label[np.searchsorted(everybody.to_numpy(), keys.to_numpy())])


def _first_of(groups: pl.DataFrame) -> pl.DataFrame:
    """Everybody with the smallest key of their group."""
    return groups.select("customer_key", person=pl.col("customer_key").min().over("label"))


def _limits(held: pl.DataFrame) -> pl.DataFrame:
    """Groups that hold more than one person can have."""
    counts = (
        held.filter(pl.col("id_type") != "card")
        .unique(["label", "id_type", "_id"])
        .group_by("label")
        .agg(
            unionids=(pl.col("id_type") == "unionid").sum(),
            phones=(pl.col("id_type") == "phone").sum(),
        )
    )
    return counts.filter((pl.col("unionids") > 1) | (pl.col("phones") > MOST_PHONES)).select("label")


def _alone(rows: pl.DataFrame) -> pl.DataFrame:
    """Customers who by themselves have what two persons would: told, with nobody to be kept apart from."""
    unionids = ((pl.col("id_type") == "unionid").sum() > 1).over("customer_key")
    kind = pl.when(unionids).then(pl.lit("two_unionids")).otherwise(pl.lit("many_phones"))
    of_kind = pl.when(pl.col("kind") == "two_unionids").then(pl.lit("unionid")).otherwise(pl.lit("phone"))
    return (
        rows.with_columns(kind=kind)
        .filter(pl.col("id_type") == of_kind)
        .select("id_type", "id_hash", "kind", "customer_key", person="customer_key")
    )


def _none_told() -> pl.DataFrame:
    kinds: dict[str, Any] = {"id_type": pl.String, "id_hash": pl.String, "kind": pl.String}
    return pl.DataFrame(schema=kinds | {"customer_key": pl.Int64, "person": pl.Int64})


def _links(named: pl.DataFrame) -> pl.DataFrame:
    """What joins: identities that several customers of one person have."""
    several = named.filter(pl.struct("person", "_id").is_duplicated())
    exact = several.filter(pl.struct("person", "id_type", "id_hash").is_duplicated())
    return exact.select(_LINK.keys()).cast(_LINK).sort(_LINK.keys())  # type: ignore[arg-type]


def _several_cards(named: pl.DataFrame) -> pl.DataFrame:
    """Persons made of several customers, and with several cards: perhaps right, worth a look."""
    made = named.filter(pl.col("customer_key").n_unique().over("person") > 1, pl.col("id_type") == "card")
    cards = made.group_by("person").agg(cards=pl.col("id_hash").n_unique().cast(pl.Int64))
    return cards.filter(pl.col("cards") > 1).sort("person")
