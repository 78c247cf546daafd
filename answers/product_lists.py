"""Lists of the rows of each product, made once a server and scope of the scope's own rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import polars as pl

from answers import view_rows
from answers.memo import of_rows
from metrics.row_lists import RowLists

if TYPE_CHECKING:
    from schema.marts import Marts

Mart = Literal["lines", "visits"]


@of_rows
def product_lists(marts: Marts, mart: Mart) -> tuple[dict[str, int], RowLists]:
    """Numbers of the products of a mart, and the rows of each."""
    if mart == "visits":
        product = view_rows.named(marts, "product_id")
        return {name: number for number, name in enumerate(product.names)}, RowLists.of(
            product.codes, len(product.names)
        )
    texts = marts.lines["product_id"]
    kind = texts.dtype if isinstance(texts.dtype, pl.Enum) else pl.Enum(texts.drop_nulls().unique().sort())
    names = kind.categories.to_list()
    numbers = texts.cast(kind).to_physical()
    if numbers.null_count():
        numbers = numbers.cast(pl.UInt32).fill_null(len(names))
    return {name: number for number, name in enumerate(names)}, RowLists.of(numbers.to_numpy(), len(names))
