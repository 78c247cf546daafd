"""On what, when and where do people linger? Dwell by hour, product and any other column (T1, T2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from metrics.rules import labelled, require, share

if TYPE_CHECKING:
    from collections.abc import Collection

By = Literal["category", "product_id"]

UNKNOWN_LIMIT: Final = 0.4
"""A channel with a larger share of unknown dwell is left out of the index."""

_HOUR: Final = pl.col("hour_of_week") % 24
_FRIDAY_END: Final = 120
"""Hour of the week at which Saturday begins."""

_KNOWN: Final = pl.col("dwell_ms").count()
_MEASURES: Final = (
    pl.len().cast(pl.Int64).alias("views"),
    _KNOWN.cast(pl.Int64).alias("known_views"),
    (pl.col("dwell_ms").median() / 1000).alias("median_dwell_s"),
    pl.col("is_linger").mean().alias("linger_rate"),
    pl.when(_KNOWN > 0).then(pl.col("dwell_ms").sum() / 1000).alias("total_dwell_s"),
)


def dwell_by_hour(visits: pl.DataFrame, *, by: By) -> pl.DataFrame:
    """At which hours of the week is each category or product looked at longer than usual?

    Args:
        visits: ``Visits``.
        by: ``category`` (null is *Unmapped*) or ``product_id`` (pages without product are left out).

    Returns:
        One row per group and hour with views, by group and hour: ``group, hour_of_week`` (0 = Monday 00:00),
        ``views, known_views`` (counts), ``dwell_s, median_dwell_s`` (seconds), ``linger_rate`` (0–1), ``index``
        (T2: 100 is what the group's size and the hour's busyness would give; channels of mostly unknown dwell are
        left out of it). Dwell columns are null where nothing is known. No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    return _indexed(visits, by, ["hour_of_week"])


def dwell_by_daypart(visits: pl.DataFrame, *, by: By) -> pl.DataFrame:
    """At which hours of a working day or a weekend day is each group looked at longer than usual?

    For short periods, where 168 hours of the week would be mostly empty.

    Args:
        visits: ``Visits``.
        by: as in ``dwell_by_hour``.

    Returns:
        As ``dwell_by_hour`` with ``is_weekend`` and ``hour`` (0–23) in place of ``hour_of_week``.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "hour_of_week")
    return _indexed(visits.with_columns(**part_of_week()), by, ["is_weekend", "hour"])


def part_of_week() -> dict[str, pl.Expr]:
    """``is_weekend`` and ``hour`` of the day, from the hour of the week."""
    return {"is_weekend": pl.col("hour_of_week") >= _FRIDAY_END, "hour": _HOUR}


def _indexed(visits: pl.DataFrame, by: By, time: list[str]) -> pl.DataFrame:
    require(visits, "visits", by, *time, "channel", "dwell_ms", "is_linger")
    rows = labelled(visits, by).rename({by: "group"})
    trusted = ~pl.col("channel").is_in(unreliable_channels(rows))
    cells = rows.group_by("group", *time).agg(
        *_MEASURES, _dwell=pl.col("dwell_ms").filter(trusted).sum(), _n=pl.col("dwell_ms").filter(trusted).count()
    )
    return indexed(cells, time)


def indexed(cells: pl.DataFrame, time: list[str]) -> pl.DataFrame:
    """The dwell index (T2) of groups and times.

    Args:
        cells: one row per ``group`` and time: ``views, known_views, total_dwell_s, linger_rate``, perhaps
            ``median_dwell_s``; of the trusted channels ``_dwell`` (ms) and ``_n`` (known views).
        time: the columns that name a time.

    Returns:
        As ``dwell_by_hour``, by group and time.
    """
    of_group, of_time, of_all = (
        pl.col("_dwell").sum().over("group"),
        pl.col("_dwell").sum().over(time),
        pl.col("_dwell").sum(),
    )
    expected = of_group.cast(pl.Float64) * of_time
    index = pl.when((pl.col("_n") > 0) & (expected > 0)).then(100.0 * pl.col("_dwell") * of_all / expected)
    medians = [name for name in ("median_dwell_s",) if name in cells.columns]
    return (
        cells.with_columns(index=index)
        .rename({"total_dwell_s": "dwell_s"})
        .select("group", *time, "views", "known_views", "dwell_s", *medians, "linger_rate", "index")
        .sort("group", *time)
    )


def unreliable_channels(visits: pl.DataFrame, limit: float = UNKNOWN_LIMIT) -> list[str]:
    """Of which channels is dwell unknown too often to compare hours?

    Args:
        visits: ``Visits``; needs ``channel, dwell_ms``.
        limit: largest acceptable share of views with unknown dwell.

    Returns:
        The channels beyond the limit, in alphabetical order.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "channel", "dwell_ms")
    unknown = visits.group_by("channel").agg(rate=pl.col("dwell_ms").is_null().mean())
    return unknown.filter(pl.col("rate") > limit)["channel"].sort().to_list()


def block_index(
    visits: pl.DataFrame, *, by: By, group: str, hours: Collection[int], months: Collection[int] | None = None
) -> float | None:
    """How much longer than usual is one group looked at in a block of hours of the day?

    Args:
        visits: ``Visits``.
        by: as in ``dwell_by_hour``.
        group: a category (``Unmapped`` for none) or a product.
        hours: hours of the day, 0–23: ``range(20, 23)`` is 20:00 to 23:00.
        months: calendar months, 1–12, to narrow the visits to; None takes all.

    Returns:
        The dwell index (T2) of the block, 100 is usual; None when there is nothing to compare.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", by, "hour_of_week", "channel", "dwell_ms")
    rows = visits if months is None else visits.filter(pl.col("local_on").dt.month().is_in(list(months)))
    rows = labelled(rows, by)
    rows = rows.filter(~pl.col("channel").is_in(unreliable_channels(rows)))
    in_group, in_block = pl.col(by) == group, _HOUR.is_in(list(hours))
    dwell = pl.col("dwell_ms")
    both, ours, then, everything = rows.select(
        both=dwell.filter(in_group & in_block).sum(),
        ours=dwell.filter(in_group).sum(),
        then=dwell.filter(in_block).sum(),
        everything=dwell.sum(),
    ).row(0)
    return float(100 * both * everything / (ours * then)) if ours and then else None


def dwell_by_product(visits: pl.DataFrame) -> pl.DataFrame:
    """Which products hold people's attention?

    Args:
        visits: ``Visits``; pages without product are left out.

    Returns:
        One row per product seen, most dwell first: ``product_id, category`` (null is *Unmapped*), ``views,
        known_views`` (counts), ``customers`` (distinct visitors, anonymous ones too), ``median_dwell_s,
        p75_dwell_s, total_dwell_s`` (seconds, null when unknown), ``linger_rate`` (of known views, 0–1). No visits
        give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "category")
    rows = visits.group_by("product_id").agg(pl.col("category").drop_nulls().min())
    table = dwell_by(visits, "product_id").join(labelled(rows, "category"), on="product_id", how="left")
    return table.select("product_id", "category", pl.exclude("product_id", "category"))


def dwell_by(visits: pl.DataFrame, column: str) -> pl.DataFrame:
    """How much attention falls to each value of a column: a channel, a store, a city, a segment?

    Args:
        visits: ``Visits``, perhaps with more columns joined.
        column: what to group by; its own null stays a row of its own.

    Returns:
        One row per value, most dwell first: the column, then as in ``dwell_by_product``. No visits give an empty
        table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", column, "visitor", "dwell_ms", "is_linger")
    return (
        labelled(visits, column)
        .group_by(column)
        .agg(
            *_MEASURES,
            customers=pl.col("visitor").n_unique().cast(pl.Int64),
            p75_dwell_s=pl.col("dwell_ms").quantile(0.75, "linear") / 1000,
        )
        .select(
            column, "views", "known_views", "customers", "median_dwell_s", "p75_dwell_s", "total_dwell_s", "linger_rate"
        )
        .sort("total_dwell_s", "views", column, descending=[True, True, False], nulls_last=True)
    )


def dwell_cross(visits: pl.DataFrame, rows: str, columns: str) -> pl.DataFrame:
    """On what does each segment, store, city or channel linger?

    Args:
        visits: ``Visits``, perhaps with more columns joined.
        rows: column that becomes ``row``, such as ``product_id``.
        columns: column that becomes ``column``, such as ``owner_city``.

    Returns:
        One row per pair with views, by row and column: ``row, column, views, known_views, median_dwell_s,
        linger_rate, total_dwell_s``. No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", rows, columns, "dwell_ms", "is_linger")
    pairs = labelled(labelled(visits, rows), columns).select(
        "dwell_ms", "is_linger", row=pl.col(rows), column=pl.col(columns)
    )
    return pairs.group_by("row", "column").agg(*_MEASURES).sort("row", "column", nulls_last=True)


def dwell_coverage(visits: pl.DataFrame) -> pl.DataFrame:
    """Of how many views is the dwell known, and from what evidence?

    Args:
        visits: ``Visits``; needs ``channel, dwell_ms, evidence, is_capped``.

    Returns:
        One row per channel, by channel: ``views, known_views`` (counts), ``coverage`` (known ÷ all, 0–1),
        ``measured, pings, gap, unknown, capped`` (counts). No visits give an empty table.

    Raises:
        ContractError: a required column is missing.
    """
    require(visits, "visits", "channel", "dwell_ms", "evidence", "is_capped")
    kinds = ("measured", "pings", "gap", "unknown")
    return (
        visits.group_by("channel")
        .agg(
            views=pl.len().cast(pl.Int64),
            known_views=_KNOWN.cast(pl.Int64),
            **{kind: (pl.col("evidence") == kind).sum().cast(pl.Int64) for kind in kinds},
            capped=pl.col("is_capped").sum().cast(pl.Int64),
        )
        .select(
            "channel",
            "views",
            "known_views",
            share(pl.col("known_views"), pl.col("views")).alias("coverage"),
            *kinds,
            "capped",
        )
        .sort("channel")
    )
