"""Who are the best customers, and how often do people come? Against the same from the stored order lines."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import polars as pl

from answers.periods import context
from answers.registry import ask
from benchmarks.measure import RUNS, Line, cpu_ms, interleaved
from metrics.rfm import F_BINS, M_BINS_MINOR, R_BINS_DAYS
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER

if TYPE_CHECKING:
    from schema.marts import Marts
    from warehouse.api import Snapshot

PERIODS: Final = (
    "from=2026-08-01&to=2026-10-31",
    "from=2026-10-25&to=2026-10-31",
    "from=2026-03-04&to=2026-09-13",
    "from=2025-11-01&to=2026-10-31",
)
_WINDOW_DAYS: Final = 365


def money_lines(snapshot: Snapshot, marts: Marts, sizes: str) -> list[Line]:
    """RFM and the histogram of frequency of some days, together, against the raw query, in turn; both told equal.

    Args:
        snapshot: of the invented shop, which has neither refunds nor staff nor test orders.
        marts: its rows.
        sizes: what the shop holds, in words.
    """
    days = dt.date(2026, 8, 1), dt.date(2026, 10, 31)
    ours, raw = interleaved(lambda: _asked(snapshot, marts, PERIODS[0]), lambda: raw_rfm(snapshot, *days))
    slowest = max(cpu_ms(lambda q=query: _asked(snapshot, marts, q)) for query in PERIODS for _ in range(RUNS))  # type: ignore[misc]
    mine, theirs = _asked(snapshot, marts, PERIODS[0]), raw_rfm(snapshot, *days)
    is_equal = all(one.rows() == other.rows() for one, other in zip(mine, theirs, strict=True))
    told = "equal" if is_equal else "NOT EQUAL"
    said = f"{ours:.1f} ms against {raw:,.0f} ms from stored lines to scores and histogram, {told}; {sizes}"
    return [
        Line("rfm", raw / ours, 100.0, "× less than raw", said, at_least=True),
        Line("rfm_p95", slowest, 50.0, "ms", f"the slowest of {len(PERIODS)} periods × {RUNS}"),
    ]


def _asked(snapshot: Snapshot, marts: Marts, query: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Cells of the grid and the histogram, of a question that nobody asked before."""
    asked = context(parse_filters(query), LOCAL_OWNER, snapshot, marts, page="purchases")
    grid = ask("purchases/rfm", asked).table
    return (
        grid.filter(pl.col("f").is_not_null()).select("r", "f", "m", "customers", "net_minor"),
        ask("purchases/frequency", asked).table,
    )


def raw_rfm(snapshot: Snapshot, from_on: dt.date, to_on: dt.date) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The same from the stored orders and their lines, by streaming scans."""
    end = to_on + dt.timedelta(days=1)
    since = end - dt.timedelta(days=_WINDOW_DAYS)
    bought = _bought(snapshot)
    window = bought.filter(pl.col("local_on").is_between(since, to_on))
    each = window.group_by("customer_key").agg(
        recency=(pl.lit(end) - pl.col("local_on").max()).dt.total_days(),
        days=pl.col("local_on").n_unique(),
        net=pl.col("net_minor").sum(),
    )
    r = 5 - pl.sum_horizontal(pl.col("recency") > edge for edge in R_BINS_DAYS)
    f = 1 + pl.sum_horizontal(pl.col("days") > edge for edge in F_BINS)
    m = 1 + pl.sum_horizontal(pl.col("net") >= edge for edge in M_BINS_MINOR)
    cells = (
        each.group_by(r=r.cast(pl.Int8), f=f.cast(pl.Int8), m=m.cast(pl.Int8))
        .agg(customers=pl.len().cast(pl.Int64), net_minor=pl.col("net").sum())
        .sort("r", "f", "m", descending=True)
        .collect(engine="streaming")
    )
    period = bought.filter(pl.col("local_on").is_between(from_on, to_on))
    often = (
        period.group_by("customer_key")
        .agg(orders=pl.col("local_on").n_unique().cast(pl.Int64))
        .group_by("orders")
        .agg(customers=pl.len().cast(pl.Int64))
        .sort("orders")
        .collect(engine="streaming")
    )
    return cells, often


def _bought(snapshot: Snapshot) -> pl.LazyFrame:
    """One row per order of a known customer with a paid line: ``customer_key, local_on, net_minor``."""
    keys = ["source", "order_id"]
    is_valid = pl.col("paid_at").is_not_null() & (pl.col("status") != "cancelled") & ~pl.col("is_test")
    orders = snapshot.scan("orders").filter(is_valid, pl.col("customer_key").is_not_null())
    lines = snapshot.scan("order_lines").select(*keys, "net_minor")
    return (
        lines.join(orders.select(*keys, "customer_key", "local_on"), on=keys)
        .group_by(keys)
        .agg(
            pl.col("customer_key", "local_on").first(), pl.col("net_minor").sum(), paid=(pl.col("net_minor") > 0).any()
        )
        .filter("paid")
    )
