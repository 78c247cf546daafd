"""The dwell heatmap from the stored rows, as our answer tells it: one streaming scan, no sums kept.

The rows are the stored views, one per product view with its dwell: events hold no dwell, it is first computed from the
sessions, which no scan does. That is easier for the scan than the events themselves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from metrics.dwell import UNKNOWN_LIMIT
from schema.filters import Filters, parse_filters
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from answers.answer import Answer
    from warehouse.api import Snapshot

_KEYS: Final = ("group", "hour_of_week")
_TOLD: Final = (*_KEYS, "views", "known_views", "dwell_s", "index")
_ENOUGH: Final = 1e-9


def raw_dwell(snapshot: Snapshot, places: pl.DataFrame, query: str) -> pl.DataFrame:
    """Views, known views, dwell and index by category and hour of the week, under the filters of a link.

    Args:
        snapshot: whose stored views are scanned.
        places: ``Places``: stores with their agent and city.
        query: the link's filters: days, channel, category, city, agent.

    Returns:
        ``group, hour_of_week, views, known_views, dwell_s, index``, by group and hour.
    """
    views = pl.scan_parquet(sorted((snapshot.marts_folder / "visits").glob("*.parquet")), hive_partitioning=False)
    dwell = pl.col("dwell_ms")
    cells = (
        views.filter(*_wanted(parse_filters(query), places))
        .group_by(pl.col("category").fill_null(UNMAPPED).alias("group"), "hour_of_week", "channel")
        .agg(views=pl.len().cast(pl.Int64), known_views=dwell.count().cast(pl.Int64), dwell=dwell.sum())
        .collect(engine="streaming")
    )
    views_of, known_of = (pl.col(name).sum().over("channel") for name in ("views", "known_views"))
    trusted = cells.with_columns(is_trusted=(views_of - known_of) / views_of <= UNKNOWN_LIMIT)
    told = trusted.group_by(_KEYS).agg(
        pl.col("views", "known_views", "dwell").sum(),
        _dwell=pl.col("dwell").filter("is_trusted").sum(),
        _n=pl.col("known_views").filter("is_trusted").sum(),
    )
    ours = pl.col("_dwell")
    expected = ours.sum().over("group").cast(pl.Float64) * ours.sum().over("hour_of_week")
    return told.select(
        *_KEYS,
        "views",
        "known_views",
        dwell_s=pl.when(pl.col("known_views") > 0).then(pl.col("dwell") / 1000),
        index=pl.when((pl.col("_n") > 0) & (expected > 0)).then(100.0 * ours * ours.sum() / expected),
    ).sort(_KEYS)


def _wanted(chosen: Filters, places: pl.DataFrame) -> list[pl.Expr]:
    wanted = []
    if chosen.from_on and chosen.to_on:
        wanted.append(pl.col("local_on").is_between(chosen.from_on, chosen.to_on))
    if chosen.channel:
        wanted.append(pl.col("channel").is_in(chosen.channel))
    if chosen.category:
        wanted.append(pl.col("category").fill_null(UNMAPPED).is_in(chosen.category))
    for values, owner, column in ((chosen.city, "owner_city", "city"), (chosen.agent, "owner_agent_id", "agent_id")):
        if values:
            here = places.filter(pl.col(column).is_in(values))["store_id"].to_list()
            wanted.append(pl.col(owner).is_in(values).fill_null(value=False) | pl.col("store_id").is_in(here))
    return wanted


def differing(answer: Answer, raw: pl.DataFrame) -> int:
    """How many cells of an answer and of a scan differ, or are told by one of them alone; an index by more than 1e-9."""
    both = answer.table.select(_TOLD).join(raw, on=_KEYS, how="full", coalesce=True, suffix="_raw")
    whole = [pl.col(name).ne_missing(pl.col(f"{name}_raw")) for name in ("views", "known_views")]
    whole.append(_milliseconds("dwell_s").ne_missing(_milliseconds("dwell_s_raw")))
    index, other = pl.col("index"), pl.col("index_raw")
    is_near = (index - other).abs() <= _ENOUGH * other.abs()
    is_told = index.is_null() == other.is_null()
    return both.filter(pl.any_horizontal(*whole, ~is_told, ~is_near.fill_null(value=True))).height


def _milliseconds(column: str) -> pl.Expr:
    return (pl.col(column) * 1000).round().cast(pl.Int64)
