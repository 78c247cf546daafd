"""Orders and lines added up by day, selling place, channel and category, so that a sum reads cells in place of rows.

Made once a server and scope, of the scope's own rows: an agent's are made of what the agent may see. There are as many
cells as places and categories make, however many orders there are; what asks of single customers or products goes
through the rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import polars as pl

from answers import narrow
from answers.memo import of_rows, once
from metrics.sales_days import SalesDays

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]

Mart = Literal["orders", "lines"]
_PLACE: Final = ("store_id", "agent_id", "city", "channel", "model")
_MEASURES: Final = {
    "orders": ("net_minor", "goods_net_minor", "refunded_minor"),
    "lines": ("net_minor", "refunded_minor"),
}
_MANY: Final = 50_000_000
"""Up to so many combinations that could occur, those that do are numbered by a list of all."""
_FEW: Final = 200_000
_MOST: Final = 30_000_000
"""Cells of all days."""


@dataclass(frozen=True, eq=False)
class _Cells:
    """Sums by day and cell; ``rows`` are the cells: where, and of lines what was sold."""

    rows: pl.DataFrame
    days: SalesDays


@once
def cells(asked: Context, mart: Mart) -> pl.DataFrame:
    """The period's orders or lines that match the filters, added up.

    Returns:
        Sums by some of ``store_id, agent_id, city, channel, model`` and, of lines, ``category``, with ``rows``, how many
        were added up; or a row each where cells cannot tell them. ``net_minor`` of lines is after refunds.
    """
    chosen, held = asked.filters, _cells(asked.marts, mart, asked.currency)
    if held is None or chosen.product or chosen.segment or (chosen.category and mart == "orders"):
        found = narrow.numbered(asked, mart).with_columns(rows=pl.lit(1, pl.Int64))
    else:
        sums = held.days.between(asked.from_on, asked.to_on)
        some = np.flatnonzero(sums["rows"])
        found = held.rows[some].with_columns(**{name: pl.Series(of[some]) for name, of in sums.items()})
        wanted = narrow.of_sales(asked, mart)
        found = found.filter(*wanted) if wanted else found
    return found.with_columns(pl.col("net_minor") - pl.col("refunded_minor")) if mart == "lines" else found


@of_rows
def _cells(marts: Marts, mart: Mart, currency: str) -> _Cells | None:
    """None where there would be more cells than what they save."""
    rows: pl.DataFrame = getattr(marts, mart)
    columns = (*_PLACE, "category") if mart == "lines" else _PLACE
    mine = rows["currency"] == currency
    if not mine.all():
        rows = rows.filter(mine)
    if rows.is_empty():
        return None
    codes, first = numbered([rows[name] for name in columns])
    day = rows["local_on"].to_physical().to_numpy()
    count = int(day.max()) - int(day.min()) + 2
    if len(first) * count > min(_MOST, max(2 * rows.height, _FEW)):
        return None
    measures: dict[str, NDArray[np.int64] | None] = {name: rows[name].to_numpy() for name in _MEASURES[mart]}
    return _Cells(rows[first].select(columns), SalesDays.of(day, codes, len(first), measures | {"rows": None}))


def numbered(columns: list[pl.Series]) -> tuple[Whole, Whole]:
    """A number for each combination of texts that occurs, by row; and a row of each combination."""
    codes: Whole = np.zeros(len(columns[0]), np.uint32)
    for column in columns:
        kind = column.dtype if isinstance(column.dtype, pl.Enum) else pl.Enum(column.drop_nulls().unique())
        own = column.cast(kind).to_physical().cast(pl.UInt32).fill_null(len(kind.categories)).to_numpy()
        codes = _dense(codes.astype(np.int64) * (len(kind.categories) + 1) + own)
    first = np.empty(int(codes.max()) + 1, np.int64)
    first[codes[::-1]] = np.arange(len(codes) - 1, -1, -1)
    return codes, first


def _dense(numbers: Whole) -> Whole:
    """The same numbers from 0 on, without gaps."""
    most = int(numbers.max())
    if most >= _MANY:
        return (pl.Series(numbers).rank("dense") - 1).cast(pl.UInt32).to_numpy()
    occurs = np.zeros(most + 1, np.bool_)
    occurs[numbers] = True
    place = np.cumsum(occurs, dtype=np.uint32)
    place -= np.uint32(1)
    return place[numbers]
