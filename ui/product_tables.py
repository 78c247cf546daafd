"""What the charts of the Products page draw of an answer: made once as long as the answer is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import headlines
from answers.memo import of_answer, of_rows
from charts.numbers import money_compact
from schema.language import later, say

if TYPE_CHECKING:
    from schema.marts import Marts

_DAY_BANDS: Final = (
    (0, 0, later("same day")),
    (1, 1, later("1 day")),
    (2, 3, "2–3"),
    (4, 7, "4–7"),
    (8, 14, "8–14"),
    (15, 30, "15–30"),
    (31, 9_999, "31+"),
)


@of_answer
def hours(table: pl.DataFrame, column: str) -> pl.DataFrame:
    """What happened in each hour of the day, of all days."""
    hour = (pl.col("hour_of_week") % 24).cast(pl.Int64).alias("hour")
    return table.group_by(hour).agg(pl.col(column).sum()).sort("hour")


@of_answer
def price_bands(table: pl.DataFrame, currency: str) -> pl.DataFrame:
    """Units of each band of prices, in words."""
    start, end = pl.col("price_minor"), pl.col("price_minor") + pl.col("band_minor")
    words = [
        f"{money_compact(a, currency)} – {money_compact(b, currency)}"
        for a, b in table.select(start, end.alias("end")).iter_rows()
    ]
    return table.select("units", pl.Series("band", words, dtype=pl.String))


@of_answer
def distances(table: pl.DataFrame) -> pl.DataFrame:
    """Buyers of each band of kilometres; none where nobody's home is known."""
    return table.select("band", "customers").filter(table["customers"].sum() > 0)


@of_answer
def sizes(table: pl.DataFrame) -> pl.DataFrame:
    """Units sold of each size, and how often it was missing."""
    return table.select("size", "units", stock_out=table["missing"].cast(pl.Float64))


@of_answer
def purchases(table: pl.DataFrame) -> pl.DataFrame:
    """How many bought it once, twice, and more often."""
    return table.select(pl.col("purchases").cast(pl.Int64), pl.col("customers").alias("buyers"))


@of_answer
def day_bands(table: pl.DataFrame) -> pl.DataFrame:
    """Buyers by the days between looking and ordering."""
    if table.is_empty():
        return pl.DataFrame(schema={"band": pl.String, "customers": pl.Int64})
    rows = [
        (say(words), int(table.filter(pl.col("days").is_between(a, b))["customers"].sum()))
        for a, b, words in _DAY_BANDS
    ]
    return pl.DataFrame(rows, schema={"band": pl.String, "customers": pl.Int64}, orient="row")


@of_answer
def rates(table: pl.DataFrame) -> pl.DataFrame:
    """The rate of each group with its interval."""
    return headlines.with_channel_names(
        table.select(
            pl.col("group").fill_null("—"),
            pl.col("return_rate").alias("rate"),
            pl.col("low"),
            pl.col("high"),
            pl.col("lines").alias("n"),
        ),
        "group",
    ).drop_nulls("rate")


@of_rows
def goods(marts: Marts) -> dict[str, str]:
    """What each product is called, in the order of their ids."""
    return dict(marts.goods.sort("product_id").select("product_id", "name").iter_rows())
