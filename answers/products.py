"""Products: for a product, the time, frequency, amount and place of its customers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from answers import narrow, product_rows
from answers.best_sellers import best_seller
from answers.buyers import is_filtered
from answers.grid import RESOLUTION, level
from answers.memo import of_rows, once
from answers.registry import Result, address
from metrics import products as metrics
from metrics.baskets import Baskets
from metrics.catchment import distance_bands
from metrics.cells import cell_hex, parent
from metrics.intervals import wilson_low_high
from schema.coding import spelled
from schema.language import later, say

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

_PRODUCT: dict[str, tuple[str, ...] | None] = {"product": None}


def chosen(asked: Context, product: str | None) -> str:
    """The product a question is about: the option, else the filter, else the best seller of the period; empty without any."""
    if product:
        return product if product in set(asked.marts.goods["product_id"]) else ""
    return asked.filters.product[0] if asked.filters.product else best_seller(asked)


def _about(asked: Context, table: pl.DataFrame, product: str) -> Result:
    rows = product_rows.lines(asked, product)
    known = rows["customer_key"].count()
    return Result(
        table,
        n=rows["customer_key"].drop_nulls().n_unique(),
        n_label=say("buyers"),
        coverage=known / rows.height if rows.height else None,
        coverage_label=say("of order lines have a member"),
    )


@address(
    "products/summary",
    "product_id, name, category, orders, buyers, units, net_minor, return_rate, views, median_dwell_s",
    meaning=later("One product's key figures."),
    options=_PRODUCT,
)
def summary(asked: Context, product: str | None = None) -> Result:
    """How does this product do? One row; empty when nobody viewed or bought it."""
    which = chosen(asked, product)
    seen = product_rows.looks(asked, which).attention()
    table = metrics.summary_of(product_rows.lines(asked, which), seen, product_rows.seen_as(asked, which), which)
    names = asked.marts.goods.select("product_id", "name", "category")
    extra = [c for c in names.columns if c == "product_id" or c not in table.columns]
    return _about(asked, table.join(names.select(extra), on="product_id", how="left"), which)


@address(
    "products/hours",
    "hour_of_week, orders",
    meaning=later("When a product is ordered, by local hour of the week."),
    options=_PRODUCT,
)
def hours(asked: Context, product: str | None = None) -> Result:
    """When is it bought? One row per hour of the week with an order."""
    which = chosen(asked, product)
    return _about(asked, metrics.product_hours(product_rows.lines(asked, which), which), which)


@address(
    "products/views",
    "hour_of_week, views",
    meaning=later("When a product is viewed, by local hour of the week."),
    options=_PRODUCT,
)
def views(asked: Context, product: str | None = None) -> Result:
    """When is it looked at? One row per hour of the week with a view."""
    which = chosen(asked, product)
    return _about(asked, product_rows.looks(asked, which).by_hour(), which)


@address(
    "products/frequency",
    "purchases, customers",
    meaning=later("Buyers of a product by how often they bought it."),
    options=_PRODUCT,
)
def frequency(asked: Context, product: str | None = None) -> Result:
    """Do they buy it again? One row per number of purchases."""
    which = chosen(asked, product)
    return _about(asked, metrics.buyers_by_purchases(product_rows.lines(asked, which), which), which)


@address(
    "products/days",
    "days, customers",
    meaning=later("Days from a member's first view of a product to their order of it."),
    options=_PRODUCT,
)
def days(asked: Context, product: str | None = None) -> Result:
    """How long do they think about it? One row per number of days."""
    which = chosen(asked, product)
    return _about(asked, product_rows.days_to_order(asked, which), which)


@address(
    "products/amount",
    "price_minor, units",
    meaning=later("What was paid for one unit of a product."),
    options=_PRODUCT,
)
def amount(asked: Context, product: str | None = None) -> Result:
    """What do they pay? One row per price band, cheapest first."""
    which = chosen(asked, product)
    return _about(asked, metrics.price_bands(product_rows.lines(asked, which), which), which)


@address(
    "products/returns",
    "group, lines, gross_minor, refunded_minor, return_rate",
    meaning=later("Return rate of a product by channel or size."),
    options={"product": None, "by": ("channel", "size")},
)
def returns(asked: Context, product: str | None = None, by: str = "channel") -> Result:
    """Where does it come back? One row per channel or size."""
    which = chosen(asked, product)
    table = metrics.returns_by(product_rows.lines(asked, which), which, by).rename({by: "group"})
    low, high = wilson_low_high("_returned", "lines")
    returned = (pl.col("return_rate") * pl.col("lines")).round().cast(pl.Int64).alias("_returned")
    table = table.with_columns(returned).with_columns(low.alias("low"), high.alias("high")).drop("_returned")
    return _about(asked, table, which)


@address(
    "products/sizes",
    "size, units, missing",
    meaning=later("Units sold by size, and whether the size is out of stock somewhere."),
    options=_PRODUCT,
)
def sizes(asked: Context, product: str | None = None) -> Result:
    """Which sizes sell, which are missing? One row per size."""
    which = chosen(asked, product)
    sold = (
        product_rows.lines(asked, which)
        .filter(pl.col("size").is_not_null())
        .group_by("size")
        .agg(pl.col("qty").sum().alias("units"))
    )
    out = asked.marts.stock_outs.filter(
        pl.col("product_id") == which,
        pl.col("from_on") <= asked.to_on,
        pl.col("to_on").is_null() | (pl.col("to_on") > asked.to_on),
    )["size"].unique()
    order = pl.col("size").replace_strict(_SIZES, default=len(_SIZES), return_dtype=pl.Int64)
    return _about(
        asked, sold.with_columns(pl.col("size").is_in(out.implode()).alias("missing")).sort(order, "size"), which
    )


@address(
    "products/attach",
    "product_id, name, together, lift",
    meaning=later("What buyers of a product also bought, by lift."),
    definition=later("Lift = P(both) ÷ (P(this) × P(that)) over buyers; pairs with fewer than 20 buyers are left out."),
    options=_PRODUCT,
)
def attach(asked: Context, product: str | None = None) -> Result:
    """What goes with it? One row per other product, highest lift first."""
    which = chosen(asked, product)
    channels = asked.filters.channel
    is_told = not is_filtered(replace(asked, filters=replace(asked.filters, channel=())))
    if which and is_told and len(channels) <= 1:
        held = bought(asked.marts, asked.currency, *channels)
        table = metrics.attached(*held, which, (asked.from_on, asked.to_on))
    else:
        table = spelled(metrics.attach_products(narrow.numbered(asked, "lines"), which))
    names = asked.marts.goods.select("product_id", "name")
    return _about(asked, table.join(names, on="product_id", how="left", maintain_order="left"), which)


@address(
    "products/buyers",
    "cell, customers",
    meaning=later("Home cells of a product's buyers (H3)."),
    options={**_PRODUCT, **RESOLUTION},
)
def buyers(asked: Context, product: str | None = None, resolution: int | str = 8) -> Result:
    """Where do its buyers live? One row per cell, most buyers first; unknown and city-only homes left out."""
    which = chosen(asked, product)
    rows = _buyers(asked, which)
    located = rows.drop_nulls("home_cell").filter(pl.col("home_src") != "city")
    table = (
        located.group_by(parent(pl.col("home_cell"), level(resolution)).alias("cell"))
        .agg(pl.len().cast(pl.Int64).alias("customers"))
        .sort("customers", "cell", descending=[True, False])
        .with_columns(cell_hex(pl.col("cell")).alias("cell"))
    )
    share = located.height / rows.height if rows.height else None
    return Result(table, rows.height, say("buyers"), share, say("of buyers have a known home"))


@address(
    "products/distance",
    "band, customers",
    meaning=later("How far a product's buyers live from their nearest store."),
    options=_PRODUCT,
)
def distance(asked: Context, product: str | None = None) -> Result:
    """How far do they live? One row per distance band, nearest first; great-circle distance."""
    rows = _buyers(asked, chosen(asked, product))
    located = rows.drop_nulls("nearest_m")
    share = located.height / rows.height if rows.height else None
    return Result(distance_bands(located), rows.height, say("buyers"), share, say("of buyers have a known home"))


@of_rows
def bought(marts: Marts, currency: str, channel: str | None = None) -> tuple[Baskets, pl.Series]:
    """Who paid for which product on which days (of a channel), staff left out; and the products by number."""
    known = pl.col("customer_key").is_not_null() & pl.col("product_id").is_not_null() & ~pl.col("is_staff")
    here = [] if channel is None else [pl.col("channel") == channel]
    names = marts.goods["product_id"].unique().sort()
    rows = marts.lines.lazy().filter((pl.col("currency") == currency) & known & (pl.col("net_minor") > 0), *here)
    number = pl.col("product_id").cast(pl.Enum(names)).to_physical().alias("what")
    return Baskets.of(rows.select("customer_key", "local_on", number).collect(), len(names)), names


_SIZES = {size: rank for rank, size in enumerate(("XXS", "XS", "S", "M", "L", "XL", "XXL", "3XL"))}


@once
def _buyers(asked: Context, product: str) -> pl.DataFrame:
    """Where each member lives who has a line of the product: ``home_cell, home_src, nearest_m``, null if unknown."""
    keys = product_rows.lines(asked, product)["customer_key"].drop_nulls().unique().to_numpy()
    homes: pl.DataFrame = asked.marts.people.select("home_cell", "home_src", "nearest_m")
    known, places = _people_by_key(asked.marts)
    at = np.searchsorted(known, keys)
    found = places[np.minimum(at, max(len(known) - 1, 0))] if len(known) else at
    is_known = known[np.minimum(at, len(known) - 1)] == keys if len(known) else np.zeros(len(keys), np.bool_)
    rows = homes[found[is_known]]
    found_homes: pl.DataFrame = pl.concat([rows, homes.clear(len(keys) - rows.height)])
    return found_homes


@of_rows
def _people_by_key(marts: Marts) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """The keys of all customers, smallest first, and the row of each."""
    keys = marts.people["customer_key"].to_numpy()
    order = np.argsort(keys)
    return keys[order], order
