"""Each product's attention and what came of it, from views as numbers; which views led to a purchase, once a server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from answers import look_cells, narrow, product_firsts, view_rows
from answers.looks_sold import WINDOW_DAYS, bought_it
from answers.memo import of_rows, once_a_scope
from metrics.conversion import conversion_by_product
from metrics.dwell import dwell_by_product
from metrics.product_views import ProductViews, attention, attention_of
from metrics.view_cross import cross_of, view_cross
from schema.coding import spelled
from schema.wording import UNMAPPED

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from answers.answer import Context
    from answers.view_rows import Rows
    from schema.marts import Marts

_SOLD: Final = ("viewers", "mature_viewers", "buyers", "conversion_rate", "low", "high")


def seen(asked: Context, hours: Collection[int] = (), among: Collection[str] = ()) -> Rows:
    """The views of the period, narrowed to hours of the week and to categories or products."""
    marts, rows = asked.marts, view_rows.rows(asked)
    if hours:
        rows = rows.where(np.isin(np.arange(256), list(hours))[rows.of(view_rows.hour(marts))])
    if among:
        product, category = (view_rows.named(marts, name) for name in ("product_id", "category"))
        rows = rows.where(product.among(among)[rows.of(product.codes)] | category.among(among)[rows.of(category.codes)])
    return rows


@once_a_scope
def of_period(asked: Context) -> pl.DataFrame:
    """``of_products`` of all views of the period: findings and the Dwell page rest on the same."""
    marts, of = asked.marts, category_of(asked.marts)
    if of is None or asked.filters.channel or not look_cells.is_told(asked) or not is_ordered(marts):
        return of_products(asked, view_rows.rows(asked))
    product, category = (view_rows.named(marts, name) for name in ("product_id", "category"))
    told = look_cells.told(asked, "product_id", (0.5, 0.75), by_channel=False)
    size = len(product.names)
    sums = {name: held[:size] for name, held in told.sums.items()}
    found = [held[:size] for held in told.quantiles]
    return attention_of(sums, found, product_firsts.counts(asked), (product.names, category.names, of))


def of_products(asked: Context, rows: Rows) -> pl.DataFrame:
    """Each product's attention and what came of it, as ``metrics.product_views.attention`` tells it."""
    marts = asked.marts
    if not is_ordered(marts):
        return _from_views(asked, rows)
    product, category = (view_rows.named(marts, name) for name in ("product_id", "category"))
    rows = rows.where(rows.of(product.codes) < len(product.names))
    who = view_rows.visitors(marts)
    day = view_rows.day(marts, rows)
    end = (asked.as_of - view_rows.EPOCH).days
    views = ProductViews(
        product=rows.of(product.codes),
        category=rows.of(category.codes),
        who=rows.of(who.codes),
        is_member=(who.keys >= 0)[rows.of(who.codes)],
        dwell=rows.of(view_rows.dwell(marts)),
        linger=rows.of(view_rows.linger(marts)),
        is_bought=rows.of(bought_it(marts)),
        is_early=day < end,
        is_mature=day < end - WINDOW_DAYS,
        category_of=category_of(marts),
    )
    unmapped = category.names.index(UNMAPPED) if UNMAPPED in category.names else -1
    return attention(views, product.names, category.names, unmapped)


def crossed(asked: Context, rows: Rows, group: str, column: str) -> pl.DataFrame:
    """``metrics.dwell.dwell_cross`` of these views, by ``category`` or ``product_id`` and a text column."""
    marts = asked.marts
    of, by = view_rows.named(marts, group), view_rows.named(marts, column)
    if group == "product_id":
        rows = rows.where(rows.of(of.codes) < len(of.names))
    dwell, linger = rows.of(view_rows.dwell(marts)), rows.of(view_rows.linger(marts))
    return view_cross((rows.of(of.codes), of.names), (rows.of(by.codes), [*by.names, None]), dwell, linger)


def crossed_by_channel(asked: Context, group: str) -> tuple[pl.DataFrame, int, int]:
    """The same by channel of all views of the period, from cells; how many there are, and of how many the dwell is known."""
    of, channel = view_rows.named(asked.marts, group), view_rows.named(asked.marts, "channel")
    told = look_cells.told(asked, group)
    views, known = (int(told.sums[name].sum()) for name in ("views", "known_views"))
    pairs = np.arange(len(of.names) * len(channel.names))
    sums = {name: held[: len(pairs)] for name, held in told.sums.items()}
    return cross_of(of.names, channel.names, pairs, sums, told.quantiles[0][: len(pairs)]), views, known


def known_of(asked: Context, rows: Rows) -> int:
    """Of how many of these views the dwell is known."""
    return int(np.count_nonzero(rows.of(view_rows.dwell(asked.marts)) >= 0))


def views_of(asked: Context, rows: Rows, *columns: str) -> pl.DataFrame:
    """These views as rows of text and numbers; the columns that are named, or all."""
    views = asked.marts.visits[rows.stretch]
    views = views.select(columns) if columns else views
    if rows.kept is None:
        return spelled(views)
    kept = pl.Series(rows.kept)
    return spelled(views.filter(kept) if kept.dtype == pl.Boolean else views[kept])


def _from_views(asked: Context, rows: Rows) -> pl.DataFrame:
    """The same from the views themselves, in whatever order they lie."""
    views = views_of(asked, rows)
    held = dwell_by_product(views)
    sold = conversion_by_product(views, narrow.later_lines(asked), as_of=asked.as_of, days=WINDOW_DAYS)
    return held.join(sold.select("product_id", *_SOLD), on="product_id", how="left", maintain_order="left")


@of_rows
def is_ordered(marts: Marts) -> bool:
    """Whether the first view of a visitor on any days is the first row of theirs, and members go by their own number.

    Marts lie by day, visitor and time. Where a clock is set back at midnight an instant of a later day may lie before one
    of an earlier day.
    """
    if not view_rows.is_by_day(marts):
        return False
    views = marts.visits.select("local_on", "visitor", "customer_key", "at")
    member, visitor = pl.col("customer_key"), pl.col("visitor")
    is_new_day = pl.col("local_on") != pl.col("local_on").shift(1)
    is_later = (visitor > visitor.shift(1)) | ((visitor == visitor.shift(1)) & (pl.col("at") >= pl.col("at").shift(1)))
    is_number = pl.when(member.is_null()).then(visitor < 0).otherwise((member == visitor) & (member >= 0))
    fits = views.select(((is_new_day | is_later).fill_null(value=True) & is_number).all()).item()
    days = views.group_by("local_on").agg(first=pl.col("at").min(), last=pl.col("at").max()).sort("local_on")
    return bool(fits) and bool(days.select((pl.col("first") >= pl.col("last").shift(1)).all()).item())


@of_rows
def category_of(marts: Marts) -> NDArray[np.intp] | None:
    """Number of the category of each product's views; None where a product has views of several."""
    product, category = (view_rows.named(marts, name) for name in ("product_id", "category"))
    found = np.zeros(len(product.names) + 1, np.intp)
    found[product.codes] = category.codes
    is_of = (found[product.codes] == category.codes) | (product.codes == len(product.names))
    return found[:-1] if is_of.all() else None
