"""Sync, bills: does the money agree with what the platforms say, and what explains it where it does not?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.registry import Result, address
from answers.sync_sources import by_place, understood
from metrics.lost_hours import doubled_days, missing_hours
from metrics.reconciliation import reconcile
from schema.language import later, say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

NO_BILL: Final = later("No bill of a platform is loaded, so theirs and the difference are unknown.")
OF_ALL_STORES: Final = later("A bill is of all stores of a shop system: beside some stores alone it cannot stand.")


@address(
    "sync/reconciliation",
    "day, source, ours_minor, theirs_minor, difference_minor, orders, their_orders, explanation",
    meaning=later("What was paid by day and shop system, against the bill of the platform."),
    definition=later(
        "Ours: what customers paid for valid orders on the day of payment, shipping included, before refunds. "
        "Theirs: the platform's bill of that day; empty where none is loaded. The difference is ours less theirs and must be 0. "
        "Explained: fees or refunds of that day that are the difference to the last cent, a bill of twice ours, a day that "
        "came twice here, an hour without any order here, a day that is not here; else it is told as other."
    ),
)
def reconciliation(asked: Context) -> Result:
    """Do we have what the platform says we sold? One row per day and source. Head office alone."""
    days = asked.snapshot, asked.scope, asked.currency, asked.from_on, asked.to_on
    chosen = narrow.places(asked)["store_id"].to_list() if by_place(asked) else None
    ours = understood(asked, warehouse.paid_by_source(*days, chosen))
    bills = understood(asked, warehouse.bills(*days))
    if chosen is not None:
        bills = bills.clear()
    gaps, twins = _hints(asked) if bills.height else (_NO_GAPS, _NO_TWINS)
    table = reconcile(ours, bills, warehouse.paid_back(*days), gaps, twins)
    known = table["theirs_minor"].count()
    notes = () if known else (say(OF_ALL_STORES if chosen is not None else NO_BILL),)
    return Result(
        table, n=int(table["orders"].sum()), n_label=say("orders"), coverage=known / table.height if table.height else None,
        coverage_label=say("of days have a bill"), notes=notes,
    )  # fmt: skip


_NO_GAPS: Final = pl.DataFrame(schema={"day": pl.Date, "source": pl.String})
_NO_TWINS: Final = pl.DataFrame(schema={"day": pl.Date, "source": pl.String, "twins_minor": pl.Int64})


def _hints(asked: Context) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Hours in which a shop system sold nothing although it always does, and its days that came twice."""
    orders = warehouse.paid_orders(asked.snapshot, asked.scope, asked.currency)
    hour = (pl.col("hour_of_week") % 24).cast(pl.Int64)
    counts = orders.group_by("source", "local_on", hour=hour).agg(rows=pl.len().cast(pl.Int64))
    silent = missing_hours(counts, asked.from_on, asked.to_on)
    in_period = orders.filter(pl.col("local_on").is_between(asked.from_on, asked.to_on))
    whole = in_period.select(
        "local_on", "paid_at", "customer_key", store_id="source", channel=pl.lit(""), goods_net_minor="paid_minor"
    )
    twins = doubled_days(whole).select("day", "twins_minor", source="store_id")
    return silent.select("day", "source"), twins
