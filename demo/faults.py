"""Faults placed exactly: empty cells, empty keys, swapped coordinates, clocks that run in the future (P14, P8)."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from demo.behaviour import VIEW, Events
from demo.clock import DAY_S, Ints, day_index, rng
from demo.trade import POS, Lines, Orders

OPTIONAL_NULLS: Final = 0.013
KEY_NULLS: Final = 0.003
SWAPPED: Final = 0.004
FUTURE_EVENTS: Final = 9
_FUTURE: Final = dt.datetime(2099, 12, 31, 15, 59, 59, tzinfo=dt.UTC)
"""What a device with a dead clock battery reports; no calendar reaches it by waiting."""
DOUBLE_LINES: Final = 214
DOUBLE_DAY: Final = dt.date(2026, 9, 9)
DOUBLE_FILE: Final = "pos_2026-09-09.csv"
AGAIN_FILE: Final = "pos_2026-09-09_resent.csv"
UNKNOWN_AREA: Final = ("S-022",)


def choose_event_faults(seed: int, events: Events) -> tuple[Ints, Ints, Ints]:
    """Rows of the events that lose their time, run in the future, or lose their foreground time.

    Only views with measured dwell and outside every planted pattern, so that no other view's dwell changes.
    """
    draw = rng(seed, "event faults")
    measured = np.flatnonzero(events.is_plain & (events.fg_ms >= 0) & (events.kind == VIEW))
    timeless = round(KEY_NULLS * len(events.at_ms))
    dwellless = round(OPTIONAL_NULLS * int((events.fg_ms >= 0).sum()))
    rows = draw.permutation(measured)
    ends = np.cumsum([timeless, FUTURE_EVENTS, dwellless])
    return rows[: ends[0]], rows[ends[0] : ends[1]], rows[ends[1] : ends[2]]


def with_event_faults(table: pl.DataFrame, timeless: Ints, future: Ints, dwellless: Ints) -> pl.DataFrame:
    """One channel's export with the faults at the given rows."""
    if not len(timeless) + len(future) + len(dwellless):
        return table
    at = table["occurred_at"].scatter(timeless, None).scatter(future, _FUTURE)
    return table.with_columns(at, table["fg_ms"].scatter(dwellless, None))


def with_keyless_customers(seed: int, table: pl.DataFrame) -> pl.DataFrame:
    """The members' table with rows that name nobody (E01), at places of their own."""
    draw = rng(seed, "customer faults")
    extra = round(KEY_NULLS * table.height)
    rows = np.sort(draw.choice(table.height, extra, replace=False))
    nameless = table[rows].with_columns(customer_id=pl.lit(None, pl.String))
    order = np.argsort(np.concatenate([np.arange(table.height), rows + 0.5]), kind="stable")
    return pl.concat([table, nameless])[order]


def with_swapped_fixes(seed: int, table: pl.DataFrame) -> tuple[pl.DataFrame, int]:
    """Fixes of which a few have latitude and longitude swapped (E07: every city lies east of 103°)."""
    draw = rng(seed, "fix faults")
    count = round(SWAPPED * table.height)
    rows = np.sort(draw.choice(table.height, count, replace=False))
    lat, lng = table["lat"], table["lng"]
    return table.with_columns(lat.scatter(rows, lng[rows]), lng.scatter(rows, lat[rows])), count


def with_guideless_orders(seed: int, orders: Orders) -> Ints:
    """The guides of the orders, 1.3 % of them forgotten at the till."""
    draw = rng(seed, "guide faults")
    named = np.flatnonzero(orders.guide >= 0)
    guide = orders.guide.copy()
    guide[draw.choice(named, round(OPTIONAL_NULLS * len(named)), replace=False)] = -1
    return guide


def doubled_orders(orders: Orders, lines: Lines) -> Ints:
    """The last shop orders up to the evening of 9 September that have exactly 214 lines between them (P8)."""
    until = (day_index(DOUBLE_DAY) + 1) * DAY_S
    count = np.bincount(lines.order, minlength=len(orders))
    pool = np.flatnonzero((orders.channel == POS) & (orders.placed_s < until))[::-1]
    chosen: list[int] = []
    left = DOUBLE_LINES
    for n in pool.tolist():
        if count[n] <= left:
            chosen.append(n)
            left -= int(count[n])
        if left == 0:
            break
    return np.array(chosen[::-1], dtype=np.int64)
