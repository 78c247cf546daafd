"""Tables on screen: units in the heading, money in major units, nothing cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from answers.memo import of_answer
from exports.labels import column_label
from schema.money import minor_digits
from ui.view import current_view, has_view

if TYPE_CHECKING:
    from collections.abc import Sequence

_LARGE = 1_000
_SENT_AS_THEY_ARE: Final = frozenset(
    {pl.String, pl.Boolean, pl.Float64, pl.Int64, pl.Int32, pl.Int16, pl.Int8, pl.UInt32, pl.UInt16, pl.UInt8}
)


def show_table(
    table: pl.DataFrame,
    *,
    key: str,
    currency: str = "",
    columns: Sequence[str] | None = None,
    phone: Sequence[str] | None = None,
    rank: str = "",
    as_given: bool = False,
    height: int | str = "auto",
) -> None:
    """Show a metric's table.

    Args:
        table: as answered; never changed.
        key: unique on the page.
        currency: of its money columns.
        columns: which columns, in order; all by default.
        phone: which of them on a phone, where four fit at most; the others are in the table and the CSV of the card.
        as_given: the table is raw: headings and values are shown exactly as they are.
        rank: a column drawn as a bar in the finding's colour, for one ranking at a glance.
        height: as ``st.dataframe``.
    """
    if phone is not None and has_view() and current_view().is_phone:
        columns, rank = phone, ""  # a bar takes the room of two columns
    sent, config = _ready(table, currency, None if columns is None else tuple(columns), rank, as_given=as_given)
    st.dataframe(
        sent,
        hide_index=True,
        row_height=36,
        key=key,
        height=height,  # type: ignore[arg-type]
        placeholder="—",
        column_config=config,
    )


@of_answer
def _ready(
    table: pl.DataFrame, currency: str, columns: tuple[str, ...] | None, rank: str, *, as_given: bool
) -> tuple[Any, dict[str, Any] | None]:
    """A table as it is shown, and how each column is; an answer's is made ready once.

    Plain columns go to Streamlit as Arrow, which it sends as they are; of everything else it makes a pandas frame first.
    """
    shown = table.select(columns) if columns is not None else table
    shown = shown if as_given else _major(shown, currency)
    is_plain = all(kind in _SENT_AS_THEY_ARE for kind in shown.dtypes)
    config = None if as_given else {name: _column(name, shown, currency, rank) for name in shown.columns}
    return shown.to_arrow() if is_plain else shown, config


def _major(table: pl.DataFrame, currency: str) -> pl.DataFrame:
    digits = minor_digits(currency)
    money = [name for name in table.columns if name.endswith("_minor")]
    rates = [
        name for name in table.columns
        if (is_rate(name) or is_difference(name, table)) and table.schema[name].is_float()
    ]  # fmt: skip
    metres = [name for name, kind in table.schema.items() if name.endswith("_m") and kind.is_float()]
    whole = [*metres, *(name for name in _large(table) if name not in {*money, *rates, *metres})]
    return table.with_columns(pl.col(money) / 10**digits, pl.col(rates) * 100, pl.col(whole).round().cast(pl.Int64))


def _large(table: pl.DataFrame) -> list[str]:
    """Columns of large numbers, whose tenths say nothing: whole numbers get thousands marks."""
    numbers = table.select(pl.col(pl.Float64, pl.Float32))
    tops = numbers.select(pl.when(pl.all().is_finite().all()).then(pl.all().abs().max()))
    return [name for name in numbers.columns if (tops[name][0] or 0) >= _LARGE]


def is_difference(name: str, table: pl.DataFrame) -> bool:
    """Whether a column is a difference of two rates, shown in points; the lift of a basket is a ratio and none."""
    return name == "detectable_lift" or (name == "lift" and "verdict" in table.columns)


def is_rate(name: str) -> bool:
    """Whether a column is a rate of 0–1, shown in percent."""
    return name.endswith(("_rate", "_share", "coverage", "retention", "penetration", "share")) or name in {
        "overlap_index", "jaccard", "a_in_b", "b_in_a", "customers_b_in_ta_a", "shared_buyers", "leakage", "inflow",
        "low", "high", "survival", "sizes_available", "dominance", "share_a", "share_b", "share_mine", "share_theirs",
        "share_both", "change",
    }  # fmt: skip


def _column(name: str, table: pl.DataFrame, currency: str, rank: str) -> Any:
    label = column_label(name, currency)
    label = f"{label}, pp" if is_difference(name, table) else label
    if name == rank:
        top = table[name].max()
        return st.column_config.ProgressColumn(
            label, min_value=0, max_value=float(top) if isinstance(top, int | float) and top else 1.0,
            format="localized", color="orange",
        )  # fmt: skip
    kind = table.schema[name]
    if kind == pl.Date:
        return st.column_config.DateColumn(label, format="YYYY-MM-DD")
    if kind == pl.Datetime:
        return st.column_config.DatetimeColumn(label, format="YYYY-MM-DD HH:mm")
    if not kind.is_numeric():
        return st.column_config.Column(label)
    money = "accounting" if name.endswith("_minor") else "localized"
    return st.column_config.NumberColumn(label, format=money if kind.is_integer() or money == "accounting" else "%.1f")
