"""Sharing, anomalies: bindings and shares that deserve a second look, each as a sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from answers import sharing_rows as rows
from answers.known import store_names
from answers.registry import Result, address
from metrics import bound_anomalies as metrics
from schema.days import long_day_year
from schema.language import later, plural, say
from schema.phrases import whole_percent

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Context

_SCHEMA: dict[str, type[pl.DataType] | pl.DataType] = {
    "kind": pl.String,
    "subject": pl.String,
    "at": pl.Datetime("us", "UTC"),
    "n": pl.Int64,
    "sentence": pl.String,
    "value": pl.Float64,
    "store_id": pl.String,
    "agent_id": pl.String,
    "store_name": pl.String,
    "agent_name": pl.String,
    "customer_id": pl.String,
}


def rushes(asked: Context) -> pl.DataFrame:
    """Rushes of guides that began in the period: rows of ``guide_rushes``."""
    found = metrics.guide_rushes(rows.spells(asked))
    local = pl.col("at").dt.convert_time_zone(asked.snapshot.zone)
    return found.filter(local.dt.date().is_between(asked.from_on, asked.to_on))


def said_at(asked: Context, at: dt.datetime) -> str:
    """``22 August 2026, 15:20`` in the business zone."""
    local = at.astimezone(ZoneInfo(asked.snapshot.zone))
    return say("{day}, {time}", day=long_day_year(local), time=f"{local:%H:%M}")


@address(
    "sharing/anomalies",
    "kind, subject, at, n, sentence, value, store_id, agent_id, store_name, agent_name, customer_id",
    meaning=later("Bindings and shares that deserve a second look."),
    definition=later(
        "guide_rush: one guide binds more than 20 people within 10 minutes from one cell (resolution 8). own_purchase: "
        "orders by staff that brought a store a share. contested_store: over 30 % of at least 30 bound customers are contested. "
        "customer_id is one of the customers concerned, to look at. An anomaly is a question, not a verdict."
    ),
)
def anomalies(asked: Context) -> Result:
    """What looks odd? One row per case: rushes first, then purchases by staff, then contested stores."""
    names = store_names(asked.marts)
    found = [
        *(_rush(asked, row) for row in rushes(asked).iter_rows(named=True)),
        *(
            _own(row, names)
            for row in metrics.own_purchases(_staff_orders(asked), _shares(asked)).iter_rows(named=True)
        ),
        *(_contested(row, names) for row in metrics.contested_stores(rows.held(asked)).iter_rows(named=True)),
    ]
    shape = {"customer_key" if name == "customer_id" else name: kind for name, kind in _SCHEMA.items()}
    shape["customer_key"] = pl.Int64
    table = pl.DataFrame([{name: row.get(name) for name in shape} for row in found], schema=shape)
    table = rows.with_names(asked, rows.called(asked, table)).select(list(_SCHEMA))
    return Result(table, table.height, say("cases"))


def _staff_orders(asked: Context) -> pl.DataFrame:
    orders = rows.bound_orders(asked, "store")
    return orders.filter(pl.col("is_staff")).drop("where", "is_credited", "share_minor")


def _shares(asked: Context) -> pl.DataFrame:
    return asked.marts.shares.filter(pl.col("currency") == asked.currency)


def _rush(asked: Context, row: dict[str, Any]) -> dict[str, Any]:
    minutes = max(1, -(-int((row["until"] - row["at"]).total_seconds()) // 60))
    sentence = plural(
        "{guide} bound {people} people in {n} minute from one spot on {time}.",
        "{guide} bound {people} people in {n} minutes from one spot on {time}.",
        minutes,
        guide=row["guide_id"],
        people=row["n"],
        time=said_at(asked, row["at"]),
    )
    return {**row, "kind": "guide_rush", "subject": row["guide_id"], "sentence": sentence, "value": float(minutes)}


def _own(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    store = names.get(row["store_id"], row["store_id"])
    sentence = plural(
        "{store} received shares of {n} order that staff placed for themselves.",
        "{store} received shares of {n} orders that staff placed for themselves.",
        row["n"],
        store=store,
    )
    return {**row, "kind": "own_purchase", "subject": row["store_id"], "sentence": sentence,
            "value": float(row["share_minor"])}  # fmt: skip


def _contested(row: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    store = names.get(row["store_id"], row["store_id"])
    sentence = say(
        "{part} of the {n} customers bound to {store} are contested.",
        part=whole_percent(row["value"]),
        n=row["n"],
        store=store,
    )
    return {**row, "kind": "contested_store", "subject": row["store_id"], "sentence": sentence}
