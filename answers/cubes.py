"""Views added up once for a scope, so that a question about sums reads cells in place of views.

There are as many cells as days, hours, categories and channels make, however many people look; running sums make any
stretch of them two looks. They are made of the scope's own rows: an agent's are made of what the agent may see. Filters
that ask of each view by itself add up the views that match, as numbers.
"""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers import narrow, view_rows
from answers.memo import of_rows, once
from metrics.running_days import RunningDays
from metrics.view_sums import HOURS, ViewSums, amounts
from metrics.visit_cells import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Literal

    from answers.answer import Context
    from answers.view_rows import Region, Rows, Whole
    from schema.marts import Marts

_REGIONS: Final[tuple[Region, ...]] = ("store", "agent", "city")
_SINGLE: Final = (*_REGIONS, "segment", "product")
"""Filters that ask of each view by itself whether it matches."""

_MOST_CELLS: Final = 50_000_000
_FEW_CELLS: Final = 200_000
_WEEKS: Final = 4
"""Where cells of every week would be too many, they are kept for so many weeks; views of the days between are added up."""

_AT_ONCE: Final = 2_000_000
_STRETCH: Final = 32
"""So many cells, and at most so many days, are added up at once: they stay near the processor."""


def is_added_up(asked: Context) -> bool:
    """Whether no filter needs single views, so that cells hold all that is asked about."""
    return not any(getattr(asked.filters, name) for name in _SINGLE)


@of_rows
def by_hour(marts: Marts, region: Region | None = None) -> RunningDays | None:
    """All views of a scope by day and [place; channel, hour of the day, category]; None where single views are fewer.

    Args:
        marts: the scope's rows.
        region: what places are; None makes no difference between them.
    """
    if not marts.visits.height or not view_rows.is_by_day(marts):
        return None
    first, last = _edges(marts)
    days, shape = (last - first).days + 1, _shape(marts, region)
    weeks = _weeks(days, shape[0] * shape[1], marts.visits.height)
    if weeks is None:
        return None
    return RunningDays.of(first, days, shape, _by_stretch(marts, region, first, days), weeks)


def _weeks(days: int, width: int, views: int) -> int | None:
    """For every how many weeks running sums are kept: as many as are small next to the views."""
    if days * width <= min(_MOST_CELLS, max(2 * views, _FEW_CELLS)):
        return 1
    return _WEEKS if (days / _WEEKS + 2 * 7) * width <= min(_MOST_CELLS, views / 2) else None


def _edges(marts: Marts) -> tuple[dt.date, dt.date]:
    days = marts.visits["local_on"]
    return days[0], days[-1]


def _shape(marts: Marts, region: Region | None) -> tuple[int, int]:
    """How many places there are, and how many cells a place has a day."""
    groups, channels = (len(view_rows.named(marts, name).names) for name in ("category", "channel"))
    return view_rows.regions(marts, region).rows.height if region else 1, channels * 24 * groups


def _by_stretch(
    marts: Marts, region: Region | None, first: dt.date, days: int
) -> Iterator[tuple[int, dict[str, Whole]]]:
    on, shape, begin = marts.visits["local_on"], _shape(marts, region), (first - view_rows.EPOCH).days
    width = shape[0] * shape[1]
    each = min(_STRETCH, max(1, _AT_ONCE // width))
    for start in range(0, days, each):
        upto = min(start + each, days)
        rows = view_rows.Rows(
            slice(*(int(on.search_sorted(first + dt.timedelta(days=edge), "left")) for edge in (start, upto))), None
        )
        cell = (view_rows.day(marts, rows) - begin - start) * np.intp(width)
        if region:
            cell += rows.of(view_rows.regions(marts, region).codes) * np.intp(shape[1])
        cell += _place(marts, rows, "category", np.arange(HOURS) % 24)
        found = _amounts(marts, rows, cell, (upto - start) * width)
        yield start, {name: held.reshape(-1, width) for name, held in found.items()}


def _place(marts: Marts, rows: Rows, group: str, hours: Whole) -> Whole:
    """Number of the cell [channel, hour, group] of each view.

    Args:
        marts: the scope's rows.
        rows: which views.
        group: ``category`` or ``product_id``.
        hours: for each hour of the week the number of the hour, from 0 to 23; 24 × channels more is another day.
    """
    of, channel = view_rows.named(marts, group), view_rows.named(marts, "channel")
    groups = np.intp(len(of.names))
    cell = np.take((hours * groups).astype(np.intp), rows.of(view_rows.hour(marts)))
    cell += np.take(np.arange(len(channel.names) + 1) * (24 * groups), rows.of(channel.codes))
    cell += rows.of(of.codes)
    return cell


def _cell(marts: Marts, rows: Rows, group: str, time: Whole) -> Whole:
    """Number of the cell [time, group, channel] of each view."""
    of, channel = view_rows.named(marts, group), view_rows.named(marts, "channel")
    cell = time.astype(np.intp)
    for column in (of, channel):
        cell *= len(column.names)
        cell += rows.of(column.codes)
    return cell


def _amounts(marts: Marts, rows: Rows, cell: Whole, cells: int) -> dict[str, Whole]:
    return amounts(cell, rows.of(view_rows.dwell(marts)), rows.of(view_rows.linger(marts)), cells)


@once
def sums(asked: Context, group: Literal["category", "product_id"] = "category") -> ViewSums:
    """The period's views by hour of the week, category or product (pages without one left out) and channel."""
    marts = asked.marts
    by = [name for name in _SINGLE if getattr(asked.filters, name)]
    region = next((name for name in _REGIONS if by == [name]), None)
    cube = by_hour(marts, region) if group == "category" and (region or not by) else None
    if cube is None:
        return _of_rows(asked, group)
    here = np.flatnonzero(view_rows.are_here(asked, view_rows.regions(marts, region))) if region else None
    if cube.weeks == 1:
        return _wanted_of(asked, _as_sums(marts, cube.by_weekday(asked.from_on, asked.to_on, here)))
    return _by_steps(asked, cube, here)


def _by_steps(asked: Context, cube: RunningDays, here: Whole | None) -> ViewSums:
    """From the nearest steps, and the views of the days that lie between; from views alone where they are not more."""
    first, until = cube.stretch(asked.from_on, asked.to_on)
    (low, low_day), (high, high_day) = cube.nearest(first), cube.nearest(until)
    if low == high:
        return _of_rows(asked, "category")
    found = _wanted_of(asked, _as_sums(asked.marts, cube.steps_between(low, high, here)))
    for start, end, is_more in ((first, low_day, first < low_day), (high_day, until, high_day < until)):
        if start == end:
            continue
        days = [cube.first_on + dt.timedelta(days=day) for day in (min(start, end), max(start, end) - 1)]
        views = _wanted_of(asked, _of_rows(replace(asked, from_on=days[0], to_on=days[1]), "category"))
        found = found.plus(views) if is_more else found.minus(views)
    return found


def _as_sums(marts: Marts, held: dict[str, Whole]) -> ViewSums:
    """Cells [weekday, place, cell] without a difference between places."""
    groups, channels = (view_rows.named(marts, name).names for name in ("category", "channel"))
    shape = (7, len(channels), 24, len(groups))
    return ViewSums({name: cells.sum(axis=1).reshape(shape) for name, cells in held.items()}, groups, channels)


def _wanted_of(asked: Context, found: ViewSums) -> ViewSums:
    """Of the categories and channels that are asked for."""
    chosen = asked.filters
    if chosen.category:
        found = found.of_groups(view_rows.named(asked.marts, "category").among(set(chosen.category))[:-1])
    if chosen.channel:
        found = found.of_channels(view_rows.named(asked.marts, "channel").among(set(chosen.channel))[:-1])
    return found


def _of_rows(asked: Context, group: Literal["category", "product_id"]) -> ViewSums:
    """From the views that match, one by one."""
    marts, rows = asked.marts, view_rows.rows(asked)
    of, channel = view_rows.named(marts, group), view_rows.named(marts, "channel")
    codes = rows.of(of.codes)
    if group == "product_id" and codes.max(initial=0) == len(of.names):
        rows = rows.where(codes < len(of.names))
    shape = (7, len(channel.names), 24, len(of.names))
    hours = np.arange(HOURS)
    cell = _place(marts, rows, group, hours // 24 * (24 * len(channel.names)) + hours % 24)
    found = _amounts(marts, rows, cell, int(np.prod(shape)))
    return ViewSums({name: held.reshape(shape) for name, held in found.items()}, of.names, channel.names)


@of_rows
def by_day(marts: Marts) -> pl.DataFrame:
    """Every view of a scope by ``local_on, category`` (labelled) and ``channel``, with its evidence, in that order."""
    days, height = marts.visits["local_on"], marts.visits.height
    if not height or not view_rows.is_by_day(marts):
        return _daily(marts, view_rows.Rows(slice(0, height), None))
    first, last = _edges(marts)
    starts = [first + dt.timedelta(days=day) for day in range(0, (last - first).days + 1, _STRETCH)]
    edges = [*(int(days.search_sorted(day, "left")) for day in starts), height]
    parts = [slice(*part) for part in itertools.pairwise(edges) if part[0] < part[1]]
    return pl.concat([_daily(marts, view_rows.Rows(part, None)) for part in parts])


def _daily(marts: Marts, rows: Rows) -> pl.DataFrame:
    """Views by day, category and channel: ``local_on, category, channel``, sums, and how many of each evidence."""
    names = {name: view_rows.named(marts, name).names for name in ("category", "channel")}
    day = view_rows.day(marts, rows)
    first = int(day.min(initial=0))
    days = np.flatnonzero(np.bincount(day - first))
    number = np.zeros(int(days.max(initial=0)) + 1, np.intp)
    number[days] = np.arange(len(days))
    shape = (len(days), *(len(of) for of in names.values()))
    cell, cells = _cell(marts, rows, "category", number[day - first]), int(np.prod(shape))
    found = _amounts(marts, rows, cell, cells) | _evidence(marts, rows, cell, cells)
    held = np.flatnonzero(found["views"])
    at, *codes = np.unravel_index(held, shape)
    columns = {
        name: pl.Series(of, dtype=pl.Enum(of)).gather(code)
        for (name, of), code in zip(names.items(), codes, strict=True)
    }
    sums = {name: sums[held].astype(np.int64) for name, sums in found.items()}
    on = pl.Series((first + days[at]).astype(np.int32)).cast(pl.Date)
    return pl.DataFrame({"local_on": on, **columns, **sums})


def _evidence(marts: Marts, rows: Rows, cell: Whole, cells: int) -> dict[str, Whole]:
    rests = view_rows.named(marts, "evidence")
    size = len(rests.names) + 1
    counts = np.bincount(cell * size + rows.of(rests.codes), minlength=cells * size).reshape(cells, size)
    nothing = np.zeros(cells, np.int64)
    place = {name: number for number, name in enumerate(rests.names)}
    kinds: dict[str, Whole] = {kind: counts[:, place[kind]] if kind in place else nothing for kind in KINDS}
    capped = marts.visits["is_capped"][rows.stretch].to_numpy()
    kinds["capped"] = np.bincount(cell[capped if rows.kept is None else capped[rows.kept]], minlength=cells)
    return kinds


@of_rows
def _looks(marts: Marts) -> pl.DataFrame:
    first = pl.when(pl.col("product_id").is_not_null()).then("at")
    return (
        marts.visits.lazy()
        .select("local_on", "visitor", "customer_key", "is_linger", at=first)
        .group_by("local_on", "visitor", "customer_key")
        .agg(pl.col("at").min(), pl.col("is_linger").max())
        .collect()
        .sort("local_on")
    )


@once
def days(asked: Context) -> pl.DataFrame:
    """The period's views as cells by at least ``local_on`` and ``channel``, with their evidence."""
    if is_added_up(asked):
        return _wanted(asked, by_day(asked.marts))
    return _daily(asked.marts, view_rows.rows(asked))


@once
def counted(asked: Context) -> tuple[int, int]:
    """How many views the period has, and of how many of them the dwell is known."""
    return sums(asked).counted


@once
def looks(asked: Context) -> pl.DataFrame:
    """Enough of the period's views to count people: of each visitor and day one row in place of all.

    Returns:
        ``Visits`` rows, or a row per visitor and day with ``local_on, visitor, customer_key``, ``is_linger`` (of any
        view) and, of the first view of a product, ``at`` and a ``product_id`` that says only that there was one.
    """
    if any(getattr(asked.filters, name) for name in (*_SINGLE, "category", "channel")):
        return narrow.visits(asked)
    rows = _of_period(asked, _looks(asked.marts))
    product = pl.when(pl.col("at").is_not_null()).then(pl.lit("any"))
    return rows.with_columns(product_id=product, category=pl.lit(None, pl.String))


def _of_period(asked: Context, rows: pl.DataFrame) -> pl.DataFrame:
    first = rows["local_on"].search_sorted(asked.from_on, "left")
    return rows.slice(first, rows["local_on"].search_sorted(asked.to_on, "right") - first)


def _wanted(asked: Context, cells: pl.DataFrame) -> pl.DataFrame:
    """Cells of the period that match the filters."""
    chosen = asked.filters
    return _of_period(asked, cells).filter(
        *(
            pl.col(column).cast(pl.String).is_in(values)
            for column, values in (("category", chosen.category), ("channel", chosen.channel))
            if values
        )
    )
