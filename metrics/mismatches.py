"""Is a product the same on every channel: its price before discounts, and its name?"""

from __future__ import annotations

from typing import Final

import polars as pl

LEAST_LINES: Final = 5
"""Order lines of a product on a channel before its price there is told."""
LEAST_GAP: Final = 0.05
"""How far prices are apart, as a share of the lower one, before it is told."""

_SCHEMA: Final = {
    "kind": pl.String, "product_id": pl.String, "other_id": pl.String, "channel": pl.String, "other_channel": pl.String,
    "low_minor": pl.Int64, "high_minor": pl.Int64, "gap_share": pl.Float64, "lines": pl.Int64,
}  # fmt: skip


def price_mismatches(lines: pl.DataFrame) -> pl.DataFrame:
    """Which products cost more on one channel than on another?

    The price of a channel is the median of its lines' price of one piece before discounts, so that a coupon or a sale
    of a few days is no mismatch.

    Args:
        lines: ``product_id, channel, qty, gross_minor``; one currency, minor units.

    Returns:
        One row per product, the widest gap first: ``kind`` (price), ``product_id, channel`` (the dearest),
        ``other_channel`` (the cheapest), ``low_minor, high_minor, gap_share`` (of the lower), ``lines`` of both;
        ``other_id`` is null.
    """
    sold = lines.drop_nulls("product_id").filter((pl.col("qty") > 0) & (pl.col("gross_minor") > 0))
    each = sold.group_by("product_id", "channel").agg(
        price=(pl.col("gross_minor") / pl.col("qty")).median().round().cast(pl.Int64), lines=pl.len().cast(pl.Int64)
    )
    ranked = each.filter(pl.col("lines") >= LEAST_LINES).sort("price", "channel")
    pairs = ranked.group_by("product_id", maintain_order=True).agg(
        other_channel=pl.col("channel").first(), channel=pl.col("channel").last(), low_minor=pl.col("price").first(),
        high_minor=pl.col("price").last(), lines=pl.col("lines").first() + pl.col("lines").last(), channels=pl.len(),
    )  # fmt: skip
    gap = pl.col("high_minor") / pl.col("low_minor") - 1
    found = pairs.filter(pl.col("channels") > 1).with_columns(gap_share=gap).filter(pl.col("gap_share") >= LEAST_GAP)
    return _shaped(found.with_columns(kind=pl.lit("price"))).sort("gap_share", "product_id", descending=[True, False])


def name_mismatches(goods: pl.DataFrame, lines: pl.DataFrame) -> pl.DataFrame:
    """Which two ids have one name and are never sold on the same channel: perhaps one product?

    Args:
        goods: ``product_id, name``; names are compared without case and blanks around them.
        lines: ``product_id, channel``.

    Returns:
        One row per pair of ids, most lines first: ``kind`` (name), ``product_id, other_id, channel, other_channel``
        (where each is sold, channels separated by blanks) and ``lines`` of both; prices are null.
    """
    sold = lines.drop_nulls("product_id").group_by("product_id").agg(
        pl.col("channel").unique().sort(), lines=pl.len().cast(pl.Int64)
    )  # fmt: skip
    named = goods.select("product_id", said=pl.col("name").str.strip_chars().str.to_lowercase()).filter(
        pl.col("said") != pl.col("product_id").str.to_lowercase()
    )
    rows = sold.join(named, on="product_id").filter(pl.col("said").is_duplicated())
    pairs = rows.join(rows, on="said", suffix="_other").filter(pl.col("product_id") < pl.col("product_id_other"))
    apart = pairs.filter(pl.col("channel").list.set_intersection("channel_other").list.len() == 0)
    found = apart.select(
        "product_id", kind=pl.lit("name"), other_id="product_id_other", channel=pl.col("channel").list.join(" "),
        other_channel=pl.col("channel_other").list.join(" "), lines=pl.col("lines") + pl.col("lines_other"),
    )  # fmt: skip
    return _shaped(found).sort("lines", "product_id", "other_id", descending=[True, False, False])


def _shaped(found: pl.DataFrame) -> pl.DataFrame:
    missing = [pl.lit(None, kind).alias(name) for name, kind in _SCHEMA.items() if name not in found.columns]
    return found.with_columns(missing).select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
