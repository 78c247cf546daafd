"""What holds attention, and does it sell? By product, from views as numbers.

The same as ``dwell.dwell_by_product`` joined with ``conversion.conversion_by_product``, for views that lie in the order of
their visitors' time: then a visitor's first view of a product is the first row of the two.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from metrics.intervals import wilson_low_high
from metrics.packed import firsts, quantiles
from metrics.rules import share
from metrics.view_sums import amounts

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]
    Mask = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class ProductViews:
    """Views as numbers, a row each; a visitor's in the order of their time.

    Attributes:
        product: number of the product.
        category: number of its category.
        who: number of the visitor.
        is_member: whether that is a member.
        dwell: milliseconds, −1 where unknown.
        linger: 1 where it lingered, 0 where not, −1 where nobody knows.
        is_bought: whether the member bought the product soon enough after it.
        is_early: whether it lies before as-of.
        is_mature: whether it lies long enough before as-of.
        category_of: number of the category of each product, where no product has views of several; else None.
    """

    product: Whole
    category: Whole
    who: Whole
    is_member: Mask
    dwell: Whole
    linger: Whole
    is_bought: Mask
    is_early: Mask
    is_mature: Mask
    category_of: Whole | None = None


def attention(views: ProductViews, products: Sequence[str], categories: Sequence[str], unmapped: int) -> pl.DataFrame:
    """Each product's attention and what came of it.

    Args:
        views: the views; those of no product left out.
        products: names by number.
        categories: names by number.
        unmapped: number of the category that stands for none.

    Returns:
        One row per product seen, most dwell first: the columns of ``dwell_by_product``, then ``viewers, mature_viewers,
        buyers, conversion_rate, low, high`` of ``conversion_by_product``, null where no member saw it.
    """
    size = len(products)
    sums = amounts(views.product, views.dwell, views.linger, size)
    known = views.dwell >= 0
    found = quantiles(views.product[known], size, views.dwell[known], (0.5, 0.75))
    first = firsts((views.product, size), (views.who, int(views.who.max(initial=0))))
    counts = {"customers": first} | _viewers(views, first)
    people = {name: np.bincount(views.product[rows], minlength=size) for name, rows in counts.items()}
    return attention_of(sums, found, people, (products, categories, _categories(views, size, unmapped)))


def attention_of(
    sums: Mapping[str, Whole],
    quantiles_of: Sequence[Floats],
    people: Mapping[str, Whole],
    names: tuple[Sequence[str], Sequence[str], Whole],
) -> pl.DataFrame:
    """The same of views that are summed up already.

    Args:
        sums: ``views, known_views, dwell_ms, judged, lingers`` by product.
        quantiles_of: median and upper quartile of the known dwell by product, milliseconds.
        people: ``customers, viewers, mature_viewers, buyers`` by product.
        names: of products and of categories, and the number of each product's category.
    """
    seen = np.flatnonzero(sums["views"])
    table = pl.DataFrame(
        {
            "product_id": pl.Series(names[0], dtype=pl.String).gather(seen),
            "category": pl.Series(names[1], dtype=pl.String).gather(names[2][seen]),
            **{name: held[seen] for name, held in (*sums.items(), *people.items())},
            "median_dwell_s": quantiles_of[0][seen] / 1000,
            "p75_dwell_s": quantiles_of[1][seen] / 1000,
        }
    )
    return _told(table)


def _viewers(views: ProductViews, first: Whole) -> dict[str, Whole]:
    """Members' first views of each product: all, those old enough, and of them those who bought."""
    viewers = first[views.is_member[first] & views.is_early[first]]
    mature = viewers[views.is_mature[viewers]]
    return {"viewers": viewers, "mature_viewers": mature, "buyers": mature[views.is_bought[mature]]}


def _categories(views: ProductViews, size: int, unmapped: int) -> Whole:
    """Number of each product's category: of several the first by name, *Unmapped* only where there is no other."""
    if views.category_of is not None:
        return views.category_of
    last = int(views.category.max(initial=0)) + 1
    category = np.where(views.category == unmapped, last, views.category)
    pairs = firsts((views.product, size), (category, last))
    found = np.zeros(size, np.intp)
    # in the order of pairs, so the smallest is written last
    found[views.product[pairs[::-1]]] = views.category[pairs[::-1]]
    return found


def _told(table: pl.DataFrame) -> pl.DataFrame:
    is_viewed = pl.col("viewers") > 0
    known = pl.col("known_views") > 0
    sold = ("viewers", "mature_viewers", "buyers", "conversion_rate", "low", "high")
    return (
        table.with_columns(
            *(pl.when(known).then(name).alias(name) for name in ("median_dwell_s", "p75_dwell_s")),
            total_dwell_s=pl.when(known).then(pl.col("dwell_ms") / 1000),
            linger_rate=pl.when(pl.col("judged") > 0).then(pl.col("lingers") / pl.col("judged")),
            conversion_rate=share(pl.col("buyers"), pl.col("mature_viewers")),
        )
        .with_columns(*wilson_low_high("buyers", "mature_viewers"))
        .select(
            "product_id",
            "category",
            "views",
            "known_views",
            "customers",
            "median_dwell_s",
            "p75_dwell_s",
            "total_dwell_s",
            "linger_rate",
            *(pl.when(is_viewed).then(pl.col(name)).alias(name) for name in sold),
        )
        .sort("total_dwell_s", "views", "product_id", descending=[True, True, False], nulls_last=True)
    )
