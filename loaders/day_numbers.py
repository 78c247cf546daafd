"""Sources that count their days: a number becomes a calendar date once somebody says which date day 1 was."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.ids import clean_text
from loaders.synonyms import plain_header, synonyms
from schema.language import say

if TYPE_CHECKING:
    from loaders.work import Work

_COUNTS: Final = r"^\d{1,4}$"
_ANY_DAY: Final = dt.date(2000, 1, 1)
"""Stands in while the question is open: nothing is loaded before it is answered."""


def date_the_days(work: Work) -> None:
    """Put calendar dates in the place of day numbers, and ask which date the first one was.

    A column of numbers alone is no date: nobody but the owner can say which day the first one was. The answer is the
    mapping's ``day_one``, the date of day 1.
    """
    name = _counted(work)
    if not name:
        return
    numbers = clean_text(work.frame[name]).cast(pl.Int64, strict=False)
    if not work.mapping.day_one:
        work.ask(
            say(
                "which date was day 1? Its column {name} counts days ({first} … {last}) and names no first day.",
                name=repr(name),
                first=str(numbers.min()),
                last=str(numbers.max()),
            ),
            "day_one",
            ("2017-01-01",),
        )
    first = pl.lit(_day_one(work)) + pl.duration(days=pl.col("n") - 1)
    dates = numbers.to_frame("n").select(first.dt.to_string("%Y-%m-%d")).to_series()
    work.frame = work.frame.with_columns(dates.alias(name))
    work.mapping = replace(work.mapping, columns={**work.mapping.columns, "placed_at": name})


def _counted(work: Work) -> str:
    """The column that counts days in place of a date; empty where there is none."""
    mapped = work.mapping.columns.get("placed_at", "")
    if work.has("paid_at", "completed_at") or (mapped and not work.mapping.day_one):
        return ""
    timely = set(synonyms("orders")["placed_at"])
    for name in [mapped] if mapped in work.frame.columns else work.frame.columns:
        if name != mapped and plain_header(name) not in timely:
            continue
        days = clean_text(work.frame[name]).drop_nulls()
        if len(days) and bool(days.str.contains(_COUNTS).all()):
            return name
    return ""


def _day_one(work: Work) -> dt.date:
    try:
        return dt.date.fromisoformat(work.mapping.day_one) if work.mapping.day_one else _ANY_DAY
    except ValueError:
        work.refuse(say("day_one: {day} is no day; write it as 2017-01-31.", day=repr(work.mapping.day_one)))
