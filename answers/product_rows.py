"""The rows of one product, found by lists of rows and not by reading all; the lists are made once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from answers import narrow, view_rows
from answers.funnel_steps import line_people
from answers.looks_sold import members_from
from answers.memo import of_rows, once
from answers.product_attention import is_ordered, views_of
from answers.product_lists import product_lists
from metrics.product_looks import ProductLooks
from metrics.products import days_from_view_to_order
from metrics.row_lists import CutColumn
from schema.coding import spelled
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]

Mart = Literal["lines", "visits"]
_LINES: Final = (
    "order_key", "customer_key", "local_on", "hour_of_week", "channel", "product_id", "category", "size",
    "qty", "gross_minor", "discount_minor", "net_minor", "refunded_minor", "is_staff",
)  # fmt: skip
"""Of a line, what pages tell of one product."""


@once
def lines(asked: Context, product: str) -> pl.DataFrame:
    """The period's lines of one product that match the filters, in the order of the mart: these of ``LineFacts``."""
    return spelled(_told(asked, product, narrow.wanted(asked, "lines"), _LINES))


def _told(asked: Context, product: str, wanted: list[pl.Expr], columns: tuple[str, ...]) -> pl.DataFrame:
    needed = {*columns, "local_on", *(name for of in wanted for name in of.meta.root_names())}
    found = _gathered(
        asked.marts, _held(asked, "lines", product), [name for name in _names(asked.marts) if name in needed]
    )
    return found.filter(*wanted, pl.col("local_on").is_between(asked.from_on, asked.to_on)).select(columns)


def _names(marts: Marts) -> list[str]:
    return marts.lines.columns


def _gathered(marts: Marts, numbers: Whole, columns: list[str]) -> pl.DataFrame:
    """These rows of the lines: numbers without gaps straight from memory, what may be null by Polars."""
    plain = [name for name in columns if _is_plain(marts, name)]
    kinds = {name: marts.lines.schema[name] for name in plain}
    found = {name: pl.Series(_cut(marts, "lines", name).of(numbers)).cast(kind) for name, kind in kinds.items()}
    others = marts.lines.select(name for name in columns if name not in found)[numbers]
    return others.with_columns(**found).select(columns)


@of_rows
def _is_plain(marts: Marts, column: str) -> bool:
    of = marts.lines[column]
    return (of.dtype.is_numeric() or of.dtype.is_temporal()) and not of.null_count()


@once
def looks(asked: Context, product: str) -> ProductLooks:
    """The period's views of one product that match the filters, as numbers, in the order of the mart."""
    marts, rows = asked.marts, _looked(asked, product)
    return ProductLooks(
        who=view_rows.visitors(marts).codes[rows],
        at=_cut(marts, "visits", "at").of(rows),
        day=_cut(marts, "visits", "local_on").of(rows),
        hour=view_rows.hour(marts)[rows],
        dwell=view_rows.dwell(marts)[rows],
        linger=view_rows.linger(marts)[rows],
        people=len(view_rows.visitors(marts).keys),
    )


def seen_as(asked: Context, product: str) -> str | None:
    """The first of the categories of these views; None where none has any."""
    category = view_rows.named(asked.marts, "category")
    occurs = np.unique(category.codes[_looked(asked, product)])
    return min((name for name in (category.names[code] for code in occurs) if name != UNMAPPED), default=None)


def days_to_order(asked: Context, product: str) -> pl.DataFrame:
    """``metrics.products.days_from_view_to_order`` of the period's views and the lines from its first day to as-of."""
    marts, later = asked.marts, replace(asked, to_on=asked.as_of)
    columns = ("customer_key", "product_id", "net_minor", "refunded_minor", "is_staff", "paid_at", "local_on")
    if not is_ordered(marts):
        views = views_of(asked, view_rows.Rows(slice(0, marts.visits.height), _looked(asked, product)))
        sold = spelled(_told(later, product, narrow.of_segment(asked), columns))
        return days_from_view_to_order(views, sold, product)
    rows = _held(later, "lines", product)
    sold = _gathered(marts, rows, [name for name in _names(marts) if name in columns])
    sold = sold.with_columns(_who=pl.Series(line_people(marts)[0][rows], dtype=pl.UInt32)).filter(
        *narrow.of_segment(asked),
        pl.col("local_on").is_between(asked.from_on, asked.as_of),
        pl.col("net_minor") > 0,
        ~pl.col("is_staff"),
        pl.col("customer_key").is_not_null(),
    )
    if not sold["local_on"].is_sorted():
        sold = sold.sort("local_on")
    who, paid_at, paid_day = (sold[name].to_physical().to_numpy() for name in ("_who", "paid_at", "local_on"))
    return looks(asked, product).days_to_order(who, paid_at, paid_day, members_from(marts))


@once
def _looked(asked: Context, product: str) -> Whole:
    """The rows of the views."""
    found = view_rows.picked(asked, _held(asked, "visits", product))
    if view_rows.is_by_day(asked.marts):
        return found
    day = _cut(asked.marts, "visits", "local_on").of(found)
    first, last = ((on - view_rows.EPOCH).days for on in (asked.from_on, asked.to_on))
    return found[(day >= first) & (day <= last)]


def _held(asked: Context, mart: Mart, product: str) -> NDArray[np.intp]:
    """The rows of a product on the days of the period, or on any where rows do not lie by day."""
    names, lists = product_lists(asked.marts, mart)
    if product not in names:
        return np.zeros(0, np.intp)
    stretch = narrow.stretch(asked, mart)
    return lists.rows(names[product], stretch.start, stretch.stop)


@of_rows
def _cut(marts: Marts, mart: Mart, column: str) -> CutColumn:
    """A column of whole numbers, in the pieces in which it lies: nothing is copied."""
    rows: pl.DataFrame = getattr(marts, mart)
    return CutColumn([part.to_physical().to_numpy() for part in rows[column].get_chunks()])
