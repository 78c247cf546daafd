"""Sharing, one customer: whose were they when, who tried to claim them, and where did they buy?"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import polars as pl

from answers import sharing_rows as rows
from answers.customers import key_of
from answers.known import store_names
from answers.registry import Result, address
from ledger.replay import replay as decided_again
from schema.coding import spelled
from schema.language import later, say
from schema.phrases import whole_percent
from schema.scope import ANOTHER_STORE

if TYPE_CHECKING:
    from answers.answer import Context

_INSTANT = pl.Datetime("us", "UTC")
_SHAPE: dict[str, type[pl.DataType] | pl.DataType] = {
    "at": _INSTANT, "what": pl.String, "store_id": pl.String, "detail": pl.String, "until": _INSTANT,
    "status": pl.String, "method": pl.String, "cause": pl.String, "outcome": pl.String, "tie_break": pl.String,
    "confidence": pl.Float64, "dist_m": pl.Float64, "protected_until": _INSTANT, "expires_at": _INSTANT,
    "policy_version": pl.Int64, "guide_id": pl.String, "owner_store_id": pl.String, "channel": pl.String,
    "net_minor": pl.Int64, "currency": pl.String, "binding_id": pl.String, "recorded_at": _INSTANT,
}  # fmt: skip
_SAME_INSTANT = {"spell": 1, "attempt": 0, "order": 2}
"""A claim comes before the spell it began, an order after the spell it fell into."""

NO_CUSTOMER = later("Choose a customer to replay.")


@address(
    "sharing/replay",
    ", ".join([*_SHAPE, "store_name"]),
    meaning=later("One customer's spells of ownership, claims on them and orders, in order of time; give customer."),
    definition=later(
        "spell: a store owns the customer from at until until. attempt: somebody claimed them, with the outcome. order: "
        "net after refunds, in its own currency. All days, whatever the period. An agent reads own spells, claims and orders, "
        "and another store for the other side."
    ),
    options={"customer": None},
)
def replay(asked: Context, customer: str = "") -> Result:
    """Why is this customer theirs? One row per event, oldest first; none while no customer is named.

    Raises:
        UsageError: nobody here is called so.
    """
    if not customer or asked.unknown:
        empty = pl.DataFrame(schema={**_SHAPE, "store_name": pl.String})
        return Result(empty, 0, say("events"), notes=() if asked.unknown else (say(NO_CUSTOMER),))
    mine = pl.col("customer_key") == key_of(asked, customer)
    events = [_spells(asked, mine), _attempts(asked, mine), _orders(asked, mine)]
    order = pl.col("what").replace_strict(_SAME_INSTANT, return_dtype=pl.Int8)
    table = pl.concat(events).sort("at", order)
    table = rows.discreet(asked, table, "store_id", "owner_store_id")
    names = pl.col("store_id").replace(store_names(asked.marts)).alias("store_name")
    return Result(table.with_columns(names), table.height, say("events"))


def _shaped(frame: pl.DataFrame, what: str, detail: pl.Expr) -> pl.DataFrame:
    frame = frame.with_columns(what=pl.lit(what), detail=detail)
    return frame.select(
        [(pl.col(c) if c in frame.columns else pl.lit(None)).cast(kind).alias(c) for c, kind in _SHAPE.items()]
    )


def _spells(asked: Context, mine: pl.Expr) -> pl.DataFrame:
    found = asked.marts.bindings.filter(mine).rename({"valid_from": "at", "valid_to": "until"})
    sure = pl.col("confidence").map_elements(whole_percent, return_dtype=pl.String)
    detail = pl.concat_str(
        [
            pl.when(pl.col("store_id").is_null()).then(pl.lit(say("nobody's"))).otherwise(pl.lit(say("owned"))),
            pl.col("status"),
            pl.format(say("by {method}", method="{}"), "method"),
            pl.format(say("because {cause}", cause="{}"), "cause"),
            pl.format(say("confidence {part}", part="{}"), sure),
        ],
        separator=", ",
        ignore_nulls=True,
    )
    return _shaped(found, "spell", detail)


def _attempts(asked: Context, mine: pl.Expr) -> pl.DataFrame:
    found = asked.marts.attempts.filter(mine.fill_null(value=False)).with_columns(store_id="claimed_store_id")
    if asked.scope.role == "agent":
        # the other side's ids are not in an agent's rows at all: say that there is one
        other = pl.lit(ANOTHER_STORE)
        found = found.with_columns(pl.col("store_id").fill_null(other), pl.col("owner_store_id").fill_null(other))
    return _shaped(found, "attempt", pl.format("{}, by {}", "outcome", "method"))


def _orders(asked: Context, mine: pl.Expr) -> pl.DataFrame:
    found = spelled(asked.marts.orders.filter(mine.fill_null(value=False))).rename({"paid_at": "at"})
    return _shaped(found, "order", pl.format(say("bought, {channel}", channel="{}"), "channel"))


_CANDIDATE: dict[str, type[pl.DataType] | pl.DataType] = {
    "store_id": pl.String, "distance_m": pl.Float64, "was_open": pl.Boolean, "is_owner": pl.Boolean,
    "agent_id": pl.String, "tie_break": pl.String, "policy_version": pl.Int64, "rerun_same": pl.Boolean,
    "store_name": pl.String,
}  # fmt: skip


@address(
    "sharing/candidates",
    ", ".join(_CANDIDATE),
    meaning=later("The stores that came into question when a customer was first bound, nearest first; give customer."),
    definition=later(
        "Distances are great-circle metres from where the customer was taken to be. The tie-break told equally near "
        "stores apart; empty: none was needed. Run again: whether the stored facts decide the same today; null: they are not "
        "kept any more. An agent reads another store, and its distance in hundreds of metres, for those of others."
    ),
    options={"customer": None},
)
def candidates(asked: Context, customer: str = "") -> Result:
    """Between which stores was it decided, and would it be again? One row per store; none while no customer is named.

    Raises:
        UsageError: nobody here is called so, or the ledger does not know them.
    """
    if not customer or asked.unknown:
        notes = () if asked.unknown else (say(NO_CUSTOMER),)
        return Result(pl.DataFrame(schema=_CANDIDATE), 0, say("stores"), notes=notes)
    told = decided_again(asked.snapshot, asked.scope, key_of(asked, customer))
    same = {"tie_break": told.tie_break, "policy_version": told.policy_version, "rerun_same": told.rerun_same}
    found = [{**dataclasses.asdict(one), **same} for one in told.candidates]
    table = pl.DataFrame([{name: row.get(name) for name in _CANDIDATE} for row in found], schema=_CANDIDATE)
    names = pl.col("store_id").replace(store_names(asked.marts)).alias("store_name")
    return Result(table.with_columns(names), table.height, say("stores"), notes=(*told.why, told.rerun_words))
