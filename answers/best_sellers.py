"""Which product sold for most: money by day and product, added up once a server and scope.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.memo import of_rows, once
from answers.takings import numbered
from metrics.sales_days import SalesDays
from schema.coding import spelled
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from answers.answer import Context
    from schema.marts import Marts

_BY: Final = ("product_id", "category", "channel")
_FEW: Final = 200_000


@once
def best_seller(asked: Context) -> str:
    """The product whose lines of the period brought most, before refunds; empty without any."""
    chosen = asked.filters
    held = None
    if not (chosen.store or chosen.agent or chosen.city or chosen.model or chosen.segment):
        held = _cells(asked.marts, asked.currency)
    if held is None:
        rows = narrow.numbered(asked, "lines").select("product_id", "net_minor").drop_nulls("product_id")
    else:
        cells, days = held
        sums = days.between(asked.from_on, asked.to_on)
        rows = cells.with_columns(net_minor=pl.Series(sums["net_minor"])).filter(
            pl.Series(sums["rows"] > 0), pl.col("product_id").is_not_null(), *_wanted(asked)
        )
    sold = spelled(rows.group_by("product_id").agg(pl.col("net_minor").sum()))
    ranked = sold.sort("net_minor", "product_id", descending=[True, False])
    return str(ranked["product_id"][0]) if ranked.height else ""


def _wanted(asked: Context) -> list[pl.Expr]:
    chosen, category = asked.filters, pl.col("category").fill_null(UNMAPPED)
    pairs = ((category, chosen.category), (pl.col("product_id"), chosen.product), (pl.col("channel"), chosen.channel))
    return [column.is_in(values) for column, values in pairs if values]


@of_rows
def _cells(marts: Marts, currency: str) -> tuple[pl.DataFrame, SalesDays] | None:
    """Products, categories and channels that occur together, and money by day of each; None where lines are fewer."""
    rows = marts.lines
    mine = rows["currency"] == currency
    rows = rows if mine.all() else rows.filter(mine)
    if rows.is_empty():
        return None
    codes, first = numbered([rows[name] for name in _BY])
    day = rows["local_on"].to_physical().to_numpy()
    if len(first) * (int(day.max()) - int(day.min()) + 2) > max(2 * rows.height, _FEW):
        return None
    measures = {"net_minor": rows["net_minor"].to_numpy(), "rows": None}
    return rows[first].select(_BY), SalesDays.of(day, codes, len(first), measures)
