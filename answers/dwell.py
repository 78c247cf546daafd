"""Dwell: when and on what do people linger, who, near which store, and does it sell?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from answers import attention_spikes, cubes, look_cells, narrow
from answers.lingered_looks import not_bought
from answers.looks_sold import WINDOW_DAYS
from answers.memo import of_rows
from answers.periods import ending
from answers.product_attention import crossed, crossed_by_channel, known_of, of_period, of_products, seen, views_of
from answers.registry import Result, address
from metrics.conversion import quadrant
from metrics.dwell import (
    dwell_by_daypart,
    dwell_by_hour,
    dwell_cross,
)
from metrics.view_sums import ViewSums
from metrics.visit_cells import coverage_by_channel
from schema.coding import spelled
from schema.errors import UsageError
from schema.language import later, say
from schema.wording import SEGMENT_LABELS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from answers.answer import Context
    from answers.view_rows import Rows
    from metrics.dwell import By
    from schema.marts import Marts

    Several = str | Collection[str] | Collection[int]

_INDEX = later(
    "Dwell index = 100 × dwell here ÷ what the group and the hour alone explain. 100 is as expected; 160 is 60 % more. "
    "Views of unknown dwell are left out, and so are channels in which over 40 % of views are unknown."
)
_EVIDENCE = later(
    "Dwell of a view is measured foreground time (at most 600 s), else heartbeat pings, else the gap to the next event of "
    "the session (each gap at most 180 s). The last view without a closing event is unknown, not 0."
)
_HOURS = frozenset(str(hour) for hour in range(168))


_NARROWER: dict[str, tuple[str, ...] | None] = {"hours": None, "among": None}
"""``hours``: hours of the week; ``among``: categories or product ids; both as tuples, empty for all."""


_HEAT: dict[str, tuple[str, ...] | None] = {"group": ("category", "product"), "medians": ("no", "yes")}
"""``medians``: a column that cannot be added up, so it takes a look at every view."""


def _narrowed(asked: Context, hours: Several, among: Several) -> Rows:
    """Views of the period, narrowed to what a reader marked on the heatmap."""
    return seen(asked, [_hour(hour) for hour in _each(hours)], [str(name) for name in _each(among)])


def _each(given: Several) -> Collection[str | int]:
    return (given,) if isinstance(given, str) else given


def _hour(hour: str | int) -> int:
    """An hour of the week from a selection or a command line."""
    if str(hour) not in _HOURS:
        msg = say("hours={given} is no hour of the week: 0 (Monday 00:00) to 167.", given=repr(hour))
        raise UsageError(msg)
    return int(hour)


def _ranked(asked: Context, table: pl.DataFrame) -> pl.DataFrame:
    """Most dwell first; ``rank`` 1 is the group with most, ``minutes`` is per week of the period."""
    whole = (pl.col("dwell_s") * 1000).round().cast(pl.Int64)  # sums of milliseconds are exact, whatever their order
    return table.with_columns(
        (pl.col("dwell_s") * (1 / 60) * 7 * (1 / asked.days)).alias("minutes"),
        whole.sum().over("group").rank("dense", descending=True).cast(pl.Int64).alias("rank"),
    ).sort("rank", "group", *(c for c in ("is_weekend", "hour", "hour_of_week") if c in table.columns))


def _result(table: pl.DataFrame, asked: Context, rows: Rows) -> Result:
    return _told(table, len(rows), known_of(asked, rows))


def _told(table: pl.DataFrame, views: int, known: int, notes: tuple[str, ...] = ()) -> Result:
    coverage = known / views if views else None
    return Result(table, views, say("views"), coverage, say("of views have known dwell"), notes)


@address(
    "dwell/heatmap",
    "group, hour_of_week, views, known_views, dwell_s, index",
    meaning=later("Dwell by category or product and hour of the week."),
    definition=_INDEX,
    options=_HEAT,
)
def heatmap(asked: Context, group: str = "category", medians: str = "no") -> Result:
    """When do people linger on what? One row per group and hour of week that had a view."""
    table = _indexed(asked, group, medians, ViewSums.by_hour, dwell_by_hour)
    notes = tuple(
        say("Channel {channel} is left out of the index: over 40 % of its views have unknown dwell.", channel=channel)
        for channel in cubes.sums(asked).unreliable()
    )
    return _told(table, *cubes.counted(asked), notes)


@address(
    "dwell/dayparts",
    "group, is_weekend, hour, views, known_views, dwell_s, index",
    meaning=later("Dwell by category or product and hour of the day, weekdays beside weekends (for short periods)."),
    definition=_INDEX,
    options=_HEAT,
)
def dayparts(asked: Context, group: str = "category", medians: str = "no") -> Result:
    """The heatmap for short periods, in which single hours of the week hold too few views."""
    table = _indexed(asked, group, medians, ViewSums.by_daypart, dwell_by_daypart)
    return _told(table, *cubes.counted(asked))


def _indexed(
    asked: Context,
    group: str,
    medians: str,
    of_sums: Callable[[ViewSums, int], pl.DataFrame],
    of_views: Callable[..., pl.DataFrame],
) -> pl.DataFrame:
    """The index from sums where they can tell it, else from single views."""
    by: By = "product_id" if group == "product" else "category"
    if medians == "no":
        return of_sums(cubes.sums(asked, by), asked.days)
    return _ranked(asked, of_views(narrow.visits(asked), by=by))


@address(
    "dwell/spikes",
    "group, first_hour, last_hour, index, n",
    meaning=later("Hours of the day in which a category holds far more attention than it should."),
    definition=(_INDEX, later("Blocks that chance could explain are left out.")),
)
def spikes(asked: Context) -> Result:
    """Which hours belong to which category? One row per block, highest index first."""
    return _told(attention_spikes.spikes(asked), *cubes.counted(asked))


@address(
    "dwell/products",
    "product_id, views, known_views, customers, median_dwell_s, linger_rate, conversion_rate",
    meaning=later("Each product's attention and what came of it."),
    definition=(
        _EVIDENCE,
        later(
            "Conversion: members who bought it within 14 days of first viewing it ÷ members whose first "
            "view is at least 14 days old; interval by Wilson, 95 %."
        ),
    ),
    options=_NARROWER,
    several=tuple(_NARROWER),
)
def products(asked: Context, hours: Several = (), among: Several = ()) -> Result:
    """What holds attention, and does it sell? One row per product viewed, most attention first."""
    names = asked.marts.goods.select("product_id", "name")
    if not (hours or among):
        table = of_period(asked).join(names, on="product_id", how="left", maintain_order="left")
        return _told(table, *cubes.counted(asked))
    rows = _narrowed(asked, hours, among)
    table = of_products(asked, rows).join(names, on="product_id", how="left", maintain_order="left")
    return _result(table, asked, rows)


@address(
    "dwell/quadrant",
    "product_id, name, category, median_dwell_s, conversion_rate, low, high, viewers, quadrant",
    meaning=later("Products by median dwell and 14-day conversion: stars, hesitation, impulse, ignored."),
    definition=later(
        "Lines at the medians of the category. Hesitation: much attention, few purchases. Products with fewer than "
        "30 mature viewers are left out."
    ),
    options=_NARROWER,
    several=tuple(_NARROWER),
)
def quadrants(asked: Context, hours: Several = (), among: Several = ()) -> Result:
    """Which products hold attention but do not sell? One row per product with enough viewers."""
    ready = products(asked, hours, among)
    table = ready.table.filter((pl.col("mature_viewers") >= 30) & pl.col("median_dwell_s").is_not_null())  # noqa: PLR2004
    return Result(
        quadrant(table),
        n=table.height,
        n_label=say("products"),
        coverage=ready.coverage,
        coverage_label=ready.coverage_label,
    )


@address(
    "dwell/lingered",
    "product_id, name, people, interest, lingers, sizes_available",
    meaning=later("Products that members lingered on in the last 14 days and did not buy."),
    definition=later(
        "Members with at least 60 s of known dwell on the product, or one linger, in the 14 days before as-of, and "
        "no valid order of it since. Interest = Σ seconds × 0.5^(age in days ÷ 7)."
    ),
)
def lingered(asked: Context) -> Result:
    """Who nearly bought? One row per product, most interest first."""
    recent = ending(asked, WINDOW_DAYS)
    end = recent.to_on + dt.timedelta(days=1)
    table = not_bought(recent, end)
    table = table.with_columns(pl.col("interest").round().cast(pl.Int64))
    names = asked.marts.goods.select("product_id", "name", "category")
    table = table.join(names, on="product_id", how="left", maintain_order="left").join(
        _sizes(asked), on="product_id", how="left", maintain_order="left"
    )
    return Result(table, n=int(table["people"].sum()), n_label=say("members, counted once a product"))


@address(
    "dwell/cross",
    "row, column, views, known_views, median_dwell_s, linger_rate",
    meaning=later("Dwell by category or product, and segment, store, city or channel."),
    definition=_EVIDENCE,
    options={
        "group": ("category", "product"),
        "by": ("channel", "city", "store", "agent", "segment"),
        **_NARROWER,
    },
    several=tuple(_NARROWER),
)
def cross(
    asked: Context,
    group: str = "category",
    by: str = "channel",
    hours: Several = (),
    among: Several = (),
) -> Result:
    """Who lingers on what, near which store? One row per pair with a view."""
    of = "product_id" if group == "product" else "category"
    if by == "channel" and not (hours or among) and look_cells.is_told(asked):
        return _told(*crossed_by_channel(asked, of))
    rows = _narrowed(asked, hours, among)
    if by == "segment":
        return _result(dwell_cross(_with_segment(asked, rows), of, by), asked, rows)
    column = {"city": "owner_city", "store": "owner_store_id", "agent": "owner_agent_id"}.get(by, by)
    return _result(crossed(asked, rows, of, column), asked, rows)


def _with_segment(asked: Context, rows: Rows) -> pl.DataFrame:
    segments = narrow.scored(asked).select("customer_key", "segment")
    views = views_of(asked, rows, "customer_key", "product_id", "category", "dwell_ms", "is_linger")
    return views.join(segments, on="customer_key", how="left").with_columns(
        pl.when(pl.col("customer_key").is_null())
        .then(pl.lit(say("anonymous")))
        .otherwise(pl.col("segment").fill_null(say("no order yet")))
        .replace({code: say(label) for code, label in SEGMENT_LABELS.items()})
        .alias("segment")
    )


@address(
    "dwell/coverage",
    "channel, views, known_views, coverage, measured, pings, gap, unknown",
    meaning=later("How much of the dwell is known in each channel, and on what evidence."),
    definition=_EVIDENCE,
)
def coverage(asked: Context) -> Result:
    """How far can the dwell numbers be trusted? One row per channel, most views first."""
    return _told(coverage_by_channel(cubes.days(asked)), *cubes.counted(asked))


def _sizes(asked: Context) -> pl.DataFrame:
    """Share of a product's sizes in stock everywhere at the end of the period; null where nothing is known."""
    now = asked.marts.stock_outs.filter(
        pl.col("from_on") <= asked.to_on, pl.col("to_on").is_null() | (pl.col("to_on") > asked.to_on)
    )
    out = now.group_by("product_id").agg(pl.col("size").n_unique().alias("missing"))
    return (
        _sizes_sold(asked.marts)
        .join(out, on="product_id", how="left")
        .select(
            "product_id", (1 - pl.col("missing").fill_null(0) / pl.col("sizes")).clip(0, 1).alias("sizes_available")
        )
    )


@of_rows
def _sizes_sold(marts: Marts) -> pl.DataFrame:
    """In how many sizes each product was ever sold, of those that have any."""
    sizes = marts.lines.group_by("product_id").agg(pl.col("size").drop_nulls().n_unique().alias("sizes"))
    return spelled(sizes.filter(pl.col("sizes") > 0))
