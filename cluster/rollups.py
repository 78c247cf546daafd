"""The small tables, each one question to the big ones: written once, run by every engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import narwhals as nw
import polars as pl

if TYPE_CHECKING:
    from cluster.engines import Frame

HOUR_US: Final = 3_600_000_000
_DWELL: Final[dict[str, pl.DataType]] = {
    "views": pl.Int64(),
    "known_views": pl.Int64(),
    "dwell_ms": pl.Int64(),
    "lingers": pl.Int64(),
}


@dataclass(frozen=True)
class Rollup:
    """What a published table looks like.

    Attributes:
        keys: one row for each combination of these.
        measures: whole numbers.
    """

    keys: dict[str, pl.DataType]
    measures: dict[str, pl.DataType]

    @property
    def schema(self) -> pl.Schema:
        """All columns."""
        return pl.Schema(list((self.keys | self.measures).items()))


ROLLUPS: Final[dict[str, Rollup]] = {
    "dwell_by_hour": Rollup(
        {"local_on": pl.Date(), "hour_of_week": pl.Int16(), "category": pl.String(), "channel": pl.String()}, _DWELL
    ),
    "dwell_by_product": Rollup({"local_on": pl.Date(), "product_id": pl.String(), "channel": pl.String()}, _DWELL),
    "customer_orders": Rollup(
        {
            "customer_key": pl.Int64(),
            "local_on": pl.Date(),
            "store_id": pl.String(),
            "channel": pl.String(),
            "currency": pl.String(),
        },
        {"orders": pl.Int64(), "paid_minor": pl.Int64()},
    ),
    "buyer_weeks": Rollup(
        {"store_id": pl.String(), "customer_key": pl.Int64(), "iso_year": pl.Int64()}, {"weeks": pl.Int64()}
    ),
    "weekly_buyers": Rollup(
        {"store_id": pl.String(), "iso_year": pl.Int64(), "iso_week": pl.Int64()}, {"buyers": pl.Int64()}
    ),
}
"""Every published table; ``buyer_weeks.weeks`` has the bit 2^(w − 1) for each ISO week w in which somebody bought."""

RUNS: Final = pl.Schema({"source_run": pl.String(), "rows": pl.Int64(), "whole": pl.Int64()})
VIEWS: Final = pl.Schema(
    {
        "member": pl.Int64(),
        "device": pl.String(),
        "local_on": pl.Date(),
        "hour_of_week": pl.Int16(),
        "product_id": pl.String(),
        "category": pl.String(),
        "channel": pl.String(),
        "dwell_ms": pl.Int64(),
    }
)
QUARTILES: Final = pl.Schema({"category": pl.String(), "low": pl.Int64(), "high": pl.Int64(), "known": pl.Int64()})


def runs_of(events: Frame) -> Frame:
    """Per source run: events, and those of them on a full hour (``occurred_at`` in microseconds)."""
    whole = nw.when(nw.col("occurred_at") % HOUR_US == 0).then(nw.lit(1)).otherwise(nw.lit(0))
    counted = events.select("source_run", whole=whole.cast(nw.Int64))
    return counted.group_by("source_run").agg(rows=_count(), whole=_sum("whole"))


def upper_quartile(views: Frame) -> Frame:
    """Per category the two known dwells between which the 75th percentile lies: ranks ⌊¾(n − 1)⌋ and the next.

    Ranks are compared in quarters of whole numbers, so that no engine divides.
    """
    dwells = views.filter(~nw.col("dwell_ms").is_null()).group_by("category", "dwell_ms").agg(here=_count())
    ranked = dwells.with_columns(
        upto=nw.col("here").cum_sum().over("category", order_by="dwell_ms"),
        known=nw.col("here").sum().over("category"),
    ).with_columns(rank4=3 * (nw.col("known") - 1), first=nw.col("upto") - nw.col("here"))
    low = (4 * nw.col("first") <= nw.col("rank4")) & (nw.col("rank4") < 4 * nw.col("upto"))
    high = (4 * (nw.col("first") - 1) <= nw.col("rank4")) & (nw.col("rank4") < 4 * (nw.col("upto") - 1))
    found = ranked.filter(low | high).with_columns(
        low=nw.when(low).then(nw.col("dwell_ms")), high=nw.when(high).then(nw.col("dwell_ms"))
    )
    return found.group_by("category").agg(
        nw.col("low").max(), nw.col("high").max(), nw.col("known").max().cast(nw.Int64)
    )


def dwell_rollup(views: Frame, thresholds: Frame, fallback_ms: int, name: str) -> Frame:
    """Views, known views, their dwell and how many lingered, per keys of the rollup of that name.

    Args:
        views: of one month.
        thresholds: ``category, threshold_ms`` of that month; an empty category is Unmapped.
        fallback_ms: the threshold of a category without history.
        name: ``dwell_by_hour`` or ``dwell_by_product``.
    """
    named = views.with_columns(group=nw.col("category").fill_null(""))
    judged = named.join(thresholds.rename({"category": "group"}), on="group", how="left").with_columns(
        nw.col("threshold_ms").fill_null(fallback_ms)
    )
    lingers = nw.when(nw.col("dwell_ms") >= nw.col("threshold_ms")).then(nw.lit(1)).otherwise(nw.lit(0))
    known = nw.when(~nw.col("dwell_ms").is_null()).then(nw.lit(1)).otherwise(nw.lit(0))
    rows = judged.with_columns(lingers=lingers.cast(nw.Int64), known_views=known.cast(nw.Int64))
    sums = [_sum(column) for column in ("known_views", "dwell_ms", "lingers")]
    return rows.with_columns(nw.col("dwell_ms").fill_null(0)).group_by(*ROLLUPS[name].keys).agg(_count("views"), *sums)


def customer_orders(orders: Frame, tested: Frame) -> Frame:
    """Valid orders and what was paid, per customer, day, selling store, channel and currency."""
    valid = ~nw.col("paid_at").is_null() & ~nw.col("is_test") & (nw.col("status") != "cancelled")
    rows = orders.filter(valid).join(tested, on="customer_key", how="anti").rename({"selling_store_id": "store_id"})
    return rows.group_by(*ROLLUPS["customer_orders"].keys).agg(_count("orders"), _sum("paid_minor"))


def bought_weeks(orders: Frame, calendar: Frame) -> Frame:
    """The ISO weeks in which known customers bought in each store, each once.

    Args:
        orders: ``customer_orders``.
        calendar: ``local_on, iso_year, iso_week, bit``; no engine computes weeks.
    """
    known = orders.filter(~nw.col("customer_key").is_null() & ~nw.col("store_id").is_null())
    weeks = known.join(calendar, on="local_on", how="inner")
    return weeks.select("store_id", "customer_key", "iso_year", "iso_week", "bit").unique()


def buyer_weeks(bought: Frame) -> Frame:
    """One mask of weeks per store, customer and ISO year: distinct buyers of any weeks are exact."""
    return bought.group_by("store_id", "customer_key", "iso_year").agg(
        nw.col("bit").sum().cast(nw.Int64).alias("weeks")
    )


def weekly_buyers(bought: Frame) -> Frame:
    """Distinct buyers per store and ISO week."""
    return bought.group_by("store_id", "iso_year", "iso_week").agg(_count("buyers"))


def _count(name: str = "") -> Any:
    counted = nw.len().cast(nw.Int64)
    return counted.alias(name) if name else counted


def _sum(column: str) -> Any:
    return nw.col(column).sum().cast(nw.Int64)
