"""A table's cells as words for people: money in whole units, rates in percent, days, and a dash for what is unknown."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any, Final

from exports.labels import column_label
from schema.language import from_python, say, whole
from schema.money import minor_digits

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import polars as pl

UNKNOWN: Final = "—"
_RATES: Final = ("_rate", "_share", "coverage", "retention", "penetration", "share")
_MORE_RATES: Final = frozenset({
    "overlap_index", "jaccard", "a_in_b", "b_in_a", "customers_b_in_ta_a", "shared_buyers", "leakage", "inflow", "low",
    "high", "survival", "sizes_available", "dominance", "share_a", "share_b", "share_mine", "share_theirs", "share_both",
    "change",
})  # fmt: skip


def is_rate(name: str, kind: pl.DataType | None = None) -> bool:
    """Whether a column is a rate of 0–1, shown in percent."""
    return (kind is None or kind.is_float()) and (name.endswith(_RATES) or name in _MORE_RATES)


def heads_of(table: pl.DataFrame, currency: str) -> list[str]:
    """What the columns are called for people."""
    return [column_label(name, currency) for name in table.columns]


def rows_of(table: pl.DataFrame, currency: str, *, most: int | None = None) -> list[list[str]]:
    """The first rows in words."""
    shown = table if most is None else table.head(most)
    digits = minor_digits(currency)
    kinds = shown.schema
    return [
        [said(value, name, kinds[name], digits) for name, value in zip(shown.columns, row, strict=True)]
        for row in shown.iter_rows()
    ]


def numeric(table: pl.DataFrame) -> list[bool]:
    """Which columns are numbers, and so stand to the right."""
    return [kind.is_numeric() for kind in table.schema.values()]


def said(value: Any, name: str, kind: pl.DataType, digits: int) -> str:  # noqa: PLR0911  (one line a kind of value)
    """One cell in words."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return say("yes") if value else say("no")
    if name.endswith("_minor") and isinstance(value, int | float):
        return _minus(from_python(f"{value / 10**digits:,.{digits}f}"))
    if is_rate(name, kind):
        return _minus(from_python(f"{value * 100:,.1f}"))
    if isinstance(value, float):
        written = f"{value:,.1f}" if abs(value) >= 1 else f"{value:,.3f}"
        return UNKNOWN if math.isnan(value) else _minus(from_python(written))
    if isinstance(value, int):
        return whole(value)
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)


def spoken(labels: Mapping[str, str]) -> dict[str, str]:
    """What codes are called, in the language of the moment."""
    return {code: say(label) for code, label in labels.items()}


def _minus(text: str) -> str:
    return text.replace("-", "−")


def pick(table: pl.DataFrame, most: int, keep: Sequence[str] = ()) -> pl.DataFrame:
    """The columns that fit a page: those promised first, at most so many."""
    wanted = [name for name in keep if name in table.columns] or table.columns
    return table.select(wanted[:most])
