"""One customer: whoever registered more than once counts once, wherever customers are counted.

Nothing at rest knows of it: stored rows, marts on disk, bindings and entries hold the customer who registered. Persons
are made of the identities of a snapshot and of what head office decided when its marts are loaded: the same ones always, in
whatever order files came, and each can be undone.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import polars as pl

from metrics.identity import unify
from metrics.identity_conflicts import Decision
from records import identity_decisions
from schema.settings import joins_persons
from schema.tables import HOME_SOURCES

if TYPE_CHECKING:
    from schema.marts import Marts
    from schema.settings import DataMode

_ROWS: Final = ("orders", "lines", "refunds", "visits", "actions")
_HOME: Final = (
    "city", "home_cell", "home_lat", "home_lng", "home_src", "home_precision_m", "nearest_store_id", "nearest_m",
)  # fmt: skip
_OWNER: Final = ("owner_store_id", "owner_agent_id", "owner_city")
_REGISTERED: Final = ("registered_at", "registered_on", "reg_channel")

_BEFORE: WeakKeyDictionary[Marts, Marts] = WeakKeyDictionary()


def decided(mode: DataMode) -> tuple[Decision, ...]:
    """What head office decided of identities in conflict, oldest first; what was taken back is left out.

    Raises:
        StorageError: the database is there and cannot be read.
    """
    return tuple(Decision(one.is_one, one.groups) for one in identity_decisions.in_force(mode))


def one_customer(marts: Marts, identities: pl.DataFrame, mode: DataMode) -> Marts:
    """The same rows with customers who are one person under one key: the smallest of those that the viewer may see.

    Owners of rows stay as they are: whose customer it was is told of the customer who registered.

    Args:
        marts: what a scope was handed out.
        identities: ``customer_key, id_type, id_hash, verified, first_seen`` of its customers.
        mode: whose decisions hold.
    """
    joined = joined_of(identities, marts.people.select("customer_key"), mode)
    others = joined.filter(pl.col("customer_key") != pl.col("person"))
    if others.is_empty():
        return marts
    frames = {name: _named(getattr(marts, name), others) for name in _ROWS}
    if frames["visits"] is not marts.visits:  # a day's views lie by visitor
        frames["visits"] = frames["visits"].sort("local_on", "visitor", "at", maintain_order=True)
    found = replace(marts, people=_people(marts.people, joined), **frames)
    _BEFORE[found] = marts
    return found


def joined_of(identities: pl.DataFrame, people: pl.DataFrame, mode: DataMode) -> pl.DataFrame:
    """Which of these customers are one person with another?

    Args:
        identities: as in ``one_customer``.
        people: ``customer_key``, once each.
        mode: whose decisions hold.

    Returns:
        ``customer_key, person``, the smallest of their keys; those who stand alone are left out.
    """
    if identities.is_empty() or not joins_persons():
        return people.select("customer_key", person="customer_key").clear()
    found = unify(identities, decisions=decided(mode)).people.join(people, on="customer_key", how="semi")
    several = found.filter(pl.col("person").is_duplicated())
    return several.with_columns(person=pl.col("customer_key").min().over("person"))


def registrations(marts: Marts) -> Marts:
    """The same rows of customers as they registered: what bindings, entries and identities name."""
    return _BEFORE.get(marts, marts)


def _named(rows: pl.DataFrame, others: pl.DataFrame) -> pl.DataFrame:
    """Rows with the key of the person; the same frame where nobody's is another."""
    if not rows["customer_key"].is_in(others["customer_key"].implode()).any():
        return rows
    found = rows.select("customer_key").join(others, on="customer_key", how="left", maintain_order="left")["person"]
    columns = [name for name in ("customer_key", "visitor") if name in rows.columns]
    return rows.with_columns(found.zip_with(found.is_not_null(), rows[name]).alias(name) for name in columns)


def _people(people: pl.DataFrame, joined: pl.DataFrame) -> pl.DataFrame:
    """One row a person: first registered when, the best home, the owner of the first registration that has one."""
    several = people.join(joined, on="customer_key")
    rank = pl.col("home_src").replace_strict(
        {name: n for n, name in enumerate(HOME_SOURCES)}, default=len(HOME_SOURCES), return_dtype=pl.Int64
    )
    by_time = ["registered_at", "customer_key"]
    first = _first(several, [pl.col("registered_at").is_null(), *by_time], _REGISTERED)
    owner = _first(several, [pl.col("owner_store_id").is_null(), *by_time], _OWNER)
    home = _first(several, [pl.col("home_cell").is_null(), rank, "home_precision_m", *by_time], _HOME)
    flags = several.group_by("person").agg(
        pl.col("is_described", "is_staff").any(), _city=pl.col("city").sort_by(*by_time).drop_nulls().first()
    )
    whole = flags.join(first, on="person").join(owner, on="person").join(home, on="person")
    whole = whole.with_columns(city=pl.coalesce("city", "_city")).rename({"person": "customer_key"})
    rest = people.join(joined, on="customer_key", how="anti")
    return pl.concat([rest, whole.select(people.columns)]).sort("customer_key")


def _first(rows: pl.DataFrame, order: list[pl.Expr | str], columns: tuple[str, ...]) -> pl.DataFrame:
    """Some columns of each person's first row in an order."""
    return rows.sort(*order, nulls_last=True).group_by("person", maintain_order=True).agg(pl.col(columns).first())
