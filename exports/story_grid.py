"""Any answer as a table that a room can read: what has no picture of its own."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from charts.numbers import count, money, number, percent
from exports.labels import column_label
from exports.story_found import Grid
from schema.days import day_year
from schema.language import say

if TYPE_CHECKING:
    from answers.answer import Answer
    from exports.story_found import Found

MOST_ROWS: Final = 8
MOST_COLUMNS: Final = 5
_RATES: Final = (
    "_rate",
    "_share",
    "coverage",
    "retention",
    "penetration",
    "share",
    "leakage",
    "inflow",
    "overlap_index",
)


def grid(found: Found) -> Grid:
    """The first rows and columns of the answer, in words; names instead of ids where they are known."""
    answer, names = found.main, found.names
    columns = _shown(answer)
    rows = tuple(
        tuple(_told(row[name], name, answer.currency, names) for name in columns)
        for row in answer.table.head(MOST_ROWS).iter_rows(named=True)
    )
    heads = tuple(column_label(name, answer.currency) for name in columns)
    numeric = tuple(answer.table.schema[name].is_numeric() for name in columns)
    return Grid(heads, rows, numeric, max(0, answer.table.height - MOST_ROWS))


def _shown(answer: Answer) -> list[str]:
    """Columns that say something: not empty, no list, no hash."""
    table = answer.table
    useful = [
        name
        for name, kind in table.schema.items()
        if not kind.is_nested() and table[name].null_count() < table.height and not name.endswith(("hash", "digest"))
    ]
    return useful[:MOST_COLUMNS]


def _told(value: Any, name: str, currency: str, names: dict[str, str]) -> str:
    if value is None or isinstance(value, bool):
        return "—" if value is None else say("yes") if value else say("no")
    if isinstance(value, dt.date | dt.datetime):
        return day_year(value)
    if isinstance(value, str):
        return names.get(value, value)
    if name.endswith("_minor"):
        return money(value, currency)
    is_rate = isinstance(value, float) and name.endswith(_RATES)
    return percent(value) if is_rate else count(value) if isinstance(value, int) else number(value)
