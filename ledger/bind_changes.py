"""What has to be added to the log of bindings so that it says what was decided?"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import polars as pl

from ledger.store import BINDING_LOG

if TYPE_CHECKING:
    import datetime as dt

_ROWS: Final = {name: kind for name, kind in BINDING_LOG.items() if name not in {"seq", "recorded_at"}}
_WORDS: Final = ("store_id", "agent_id", "status", "method", "tie_break", "guide_id", "registered_at", "protected_until",
                 "runner_store_id", "cell", "policy_version")  # fmt: skip
_MEASURES: Final = {"dist_m": 0.05, "runner_dist_m": 0.05, "accuracy_m": 0.05, "confidence": 1e-5}
_TENS: Final = -1
_THOUSANDTHS: Final = 3
_FINER: Final = r"(?:[1-9]\.[0-9]|\.[1-9])[0-9]*\]"  # the end of a distance that is no whole ten
_SPELL: Final = ["customer_key", "valid_from"]

NO_CHANGES: Final = pl.DataFrame(schema={**_ROWS, "is_known": pl.Boolean, "owner_changed": pl.Boolean})
"""What ``changes`` gives where nothing has to be added."""

TOLD_TO_M: Final = 10.0
"""The ledger is never rewritten: exact distances to several stores would keep a home in it for good."""


def seen(spells: pl.DataFrame) -> pl.DataFrame:
    """The decided spells that no later one of the same customer covers from its first instant on, in order.

    Args:
        spells: ``Decided.spells``, by customer and order.
    """
    many = spells["customer_key"].is_duplicated()
    if not many.any():
        return spells
    several = spells.filter(many).select("customer_key", "order", "valid_from")
    later = pl.col("valid_from").cum_min(reverse=True).shift(-1).over("customer_key")
    covered = several.filter(later <= pl.col("valid_from"))
    return spells.join(covered, on=["customer_key", "order"], how="anti", maintain_order="left")


def changes(decided: pl.DataFrame, stored: pl.DataFrame, arrivals: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Which rows make the log say what was decided?

    A customer the ledger does not know gets all of them. Of others, the history is asserted anew from the last spell
    that begins at or before the first difference. A row at an instant at which the ledger has one already keeps that
    one's cause, arrival and time of binding when owner and grounds are the same and only its term has moved; when
    they differ though nobody did anything new, its cause is ``corrected``.

    Args:
        decided: ``Decided.spells``.
        stored: the mart ``Bindings`` as the ledger has it now.
        arrivals: ``customer_key, arrived_at`` and ``bound_at`` (null: now).
        now: when this is decided.

    Returns:
        Columns of the log but seq and recorded_at, in the order to append; ``is_known`` says that the ledger had an
        owner at that instant, ``owner_changed`` that it was another.
    """
    decided = _coarse(decided)
    known = decided["customer_key"].is_in(stored["customer_key"].unique().implode())
    first_rows = _new(decided.filter(~known), arrivals, now)
    again = seen(decided.filter(known))
    begins = again.group_by("customer_key").agg(_begins=pl.col("valid_from").min())
    held = stored.join(begins, on="customer_key").filter(pl.col("valid_from") >= pl.col("_begins"))
    both = again.join(held.select(_SPELL + [c for c in held.columns if c not in {*_SPELL, "_begins"}]), on=_SPELL,
                      how="full", suffix="_was", coalesce=True)  # fmt: skip
    both = both.with_columns(_same=_same(*_WORDS) & _close(), _kept=pl.col("cause_was").is_not_null())
    differs = ~(pl.col("_same") & _same("expires_at") & pl.col("_kept") & pl.col("cause").is_not_null())
    since = both.filter(differs).group_by("customer_key").agg(_since=pl.col("valid_from").min())
    rows = both.filter(pl.col("cause").is_not_null()).join(since, on="customer_key")
    start = pl.col("valid_from").filter(pl.col("valid_from") <= pl.col("_since")).max().over("customer_key")
    rows = rows.filter(pl.col("valid_from") >= start).sort("customer_key", "order")
    return pl.concat([first_rows, _changed(rows, stored, arrivals, now)])


def _same(*columns: str) -> pl.Expr:
    return pl.all_horizontal(pl.col(c).eq_missing(pl.col(f"{c}_was")) for c in columns)


def _close() -> pl.Expr:
    def close(name: str, within: float) -> pl.Expr:
        now, was = pl.col(name), pl.col(f"{name}_was")
        return (now.is_null() & was.is_null()) | ((now - was).abs() <= within).fill_null(value=False)

    return pl.all_horizontal(close(name, within) for name, within in _MEASURES.items())


def _new(rows: pl.DataFrame, arrivals: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    """Rows of customers the ledger did not know; what became known later was not bound before that."""
    told = rows.join(arrivals, on="customer_key", how="left", maintain_order="left")
    as_told = pl.col("bound_at").is_null() | (pl.col("cause") == "registered")
    bound = pl.when(as_told).then(pl.col("bound_at")).otherwise(pl.max_horizontal("bound_at", "known_at"))
    told = told.with_columns(bound_at=bound.fill_null(now), is_known=False, owner_changed=False)
    return _shaped(told)


def _changed(rows: pl.DataFrame, stored: pl.DataFrame, arrivals: pl.DataFrame, now: dt.datetime) -> pl.DataFrame:
    same_ground = pl.col("_same")
    bettered = (pl.col("cause") == "upgraded") & pl.col("status_was").is_in(["provisional", "unassigned"])
    by_hand = (pl.col("cause") == "manual") & (pl.col("cause_was") != "manual")
    cause = (
        pl.when(~pl.col("_kept") | bettered | by_hand)
        .then("cause")
        .when(same_ground)
        .then("cause_was")
        .otherwise(pl.lit("corrected"))
    )
    before = stored.select(
        "customer_key", was_from="valid_from", was_store="store_id", was_arrived="arrived_at"
    ).sort("was_from")  # fmt: skip
    told = rows.sort("valid_from").join_asof(
        before, left_on="valid_from", right_on="was_from", by="customer_key", strategy="backward",
        check_sortedness=False,
    ).join(arrivals.drop("bound_at"), on="customer_key", how="left", suffix="_new")  # fmt: skip
    same_owner = pl.col("_kept") & pl.col("store_id").eq_missing(pl.col("store_id_was"))
    told = told.with_columns(
        cause=cause,
        arrived_at=pl.coalesce("arrived_at", "was_arrived", "arrived_at_new"),
        bound_at=pl.when(same_owner).then("bound_at").otherwise(pl.lit(now).cast(pl.Datetime("us", "UTC"))),
        is_known=pl.col("was_from").is_not_null(),
        owner_changed=pl.col("was_from").is_not_null() & pl.col("store_id").ne_missing(pl.col("was_store")),
    )
    return _shaped(told.sort("customer_key", "order"))


def _shaped(rows: pl.DataFrame) -> pl.DataFrame:
    columns = [pl.col(name).cast(kind) for name, kind in _ROWS.items()]
    told = rows.with_columns(candidates_json=coarse_candidates(rows["candidates_json"]))
    return told.select(*columns, "is_known", "owner_changed")


def _coarse(decided: pl.DataFrame) -> pl.DataFrame:
    """Distances to ten metres, and the chance to a thousandth: finer ones to several stores give a home away."""
    tens = (pl.col("dist_m", "runner_dist_m") / TOLD_TO_M).round() * TOLD_TO_M
    return decided.with_columns(tens, confidence=pl.col("confidence").round(_THOUSANDTHS))


def coarse_candidates(told: pl.Series) -> pl.Series:
    """The candidates with distances in tens of metres, nearest first as they were."""
    finer = told.str.contains(_FINER).fill_null(value=False)
    if not finer.any():
        return told
    tens = told.filter(finer).map_elements(_in_tens, return_dtype=pl.String)
    return told.scatter(finer.arg_true(), tens)


def _in_tens(text: str) -> str:
    pairs = [[store, round(metres, _TENS)] for store, metres in json.loads(text)]
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
