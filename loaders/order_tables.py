"""From checked sales rows to the tables of orders, lines, refunds, products and delivery places."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.checks import canonical
from loaders.ids import row_ids
from schema.language import later
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.money import Money
    from loaders.places import Places
    from loaders.shape_orders import Sales
    from loaders.work import Work

_PAID: Final = ("paid", "completed", "refunded")
_FIRST: Final = (
    "channel", "model", "currency", "paid_at", "completed_at", "refunded_at", "status", "selling_store_id",
    "fulfil_store_id", "guide_id", "shipping", "paid", "refunded", "rail", "transaction_id",
)  # fmt: skip
_PRODUCT_TEXT: Final = ("style_id", "category", "season", "size", "colour")


def order_tables(work: Work, money: Money, sales: Sales) -> dict[str, pl.DataFrame]:
    """The canonical tables of a sales source; only one of them holds the counted rows besides refunds."""
    columns = {**sales.columns, "_row": work.row, "_return": sales.is_return}
    derived = {**_products(work, money, columns), **_places(work, columns, sales.places)}
    rows = pl.DataFrame([part.alias(name) for name, part in columns.items()]).filter(work.kept)
    sold = rows.filter(~pl.col("_return"))
    orders = _paid_at(work, _headers(work, sold, sales), has_status=work.has("status"))
    orders = _locals(work, orders)
    tables = {
        "orders": _orders(work, orders, sales),
        "order_lines": _lines(work, sold, sales),
        "refunds": pl.concat([_returned(work, rows, sold), _refunded(work, orders)]),
    }
    free = int((sold["net"] == 0).sum())
    if free:
        work.warnings["W09"] += free
    return {name: table for name, table in {**tables, **derived}.items() if table.height or name in tables}


def _headers(work: Work, sold: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    """One row an order: earliest time, first known customer, first known value of everything else."""
    first = [name for name in _FIRST if name in sold.columns]
    if sales.one_row_an_order or sales.generated:
        return sold.select("order_id", "customer_id", "placed_at", "updated_at", "is_test", "_row", *first, goods="net")
    used = [name for name in first if sold[name].null_count() < sold.height]
    orders = sold.group_by("order_id", maintain_order=True).agg(
        pl.col("customer_id").drop_nulls().first(),
        pl.col("placed_at").min(),
        pl.col("updated_at").max(),
        pl.col("is_test").any(),
        *[pl.col(name).drop_nulls().first() if sold[name].null_count() else pl.col(name).first() for name in used],
        pl.col("net").sum().alias("goods"),
        torn=(pl.col("placed_at").min() != pl.col("placed_at").max())
        | (pl.col("customer_id").min() != pl.col("customer_id").max()),
        _row=pl.lit(None, dtype=pl.Int64),
    )
    torn = int(orders["torn"].sum())
    if torn:
        work.warnings["W07"] += torn
    missing = [pl.lit(None, dtype=sold.schema[name]).alias(name) for name in first if name not in used]
    return orders.with_columns(missing)


def _paid_at(work: Work, orders: pl.DataFrame, *, has_status: bool) -> pl.DataFrame:
    """Whether and when each order was paid, from its status and its payment time."""
    if has_status:
        status = pl.col("status").fill_null(
            pl.when(pl.col("paid_at").is_null()).then(pl.lit("placed")).otherwise(pl.lit("paid"))
        )
        orders = orders.with_columns(status=status)
        paid = pl.when(pl.col("status").is_in(_PAID)).then(pl.col("placed_at"))
        return orders.with_columns(paid_at=pl.col("paid_at").fill_null(paid))
    if work.has("paid_at"):
        paid_status = pl.when(pl.col("paid_at").is_null()).then(pl.lit("placed")).otherwise(pl.lit("paid"))
        return orders.with_columns(status=paid_status)
    work.notes.append(stored(later("No payment time and no status: every order counts as paid when it was placed.")))
    return orders.with_columns(paid_at=pl.col("placed_at"), status=pl.lit("paid"))


def _locals(work: Work, orders: pl.DataFrame) -> pl.DataFrame:
    days, hours = work.local(orders["paid_at"].fill_null(orders["placed_at"]), orders["selling_store_id"])
    return orders.with_columns(days.alias("local_on"), hours.alias("hour_of_week"))


def _orders(work: Work, orders: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    shipping = pl.col("shipping").fill_null(0) if "shipping" in orders.columns else pl.lit(0)
    total = pl.col("goods") + shipping
    plain = ("order_id", "customer_id", "channel", "model", "currency", "local_on", "hour_of_week", "placed_at", "paid_at",
             "completed_at", "status", "selling_store_id", "fulfil_store_id", "guide_id", "rail", "transaction_id",
             "is_test", "updated_at")  # fmt: skip
    counted = sales.one_row_an_order
    return canonical(
        "orders",
        {
            **{name: pl.col(name) for name in plain if name in orders.columns},
            "source": pl.lit(work.shop),
            "goods_net_minor": pl.col("goods"),
            "shipping_minor": shipping,
            "paid_minor": pl.col("paid").fill_null(total) if "paid" in orders.columns else total,
            "_row": pl.col("_row") if counted else pl.lit(None),
            "_minor": pl.col("goods") if counted else pl.lit(0),
        },
        orders,
    )


def _lines(work: Work, sold: pl.DataFrame, sales: Sales) -> pl.DataFrame:
    counted = not sales.one_row_an_order
    return canonical(
        "order_lines",
        {
            **{name: pl.col(name) for name in ("order_id", "line_id", "product_id", "qty", "size")},
            "source": pl.lit(work.shop),
            "gross_minor": pl.col("gross"),
            "discount_minor": pl.col("discount"),
            "net_minor": pl.col("net"),
            "_row": pl.col("_row") if counted else pl.lit(None),
            "_minor": pl.col("net") if counted else pl.lit(0),
        },
        sold,
    )


def _returned(work: Work, rows: pl.DataFrame, sold: pl.DataFrame) -> pl.DataFrame:
    """Rows that are returns; linked where the file holds the order they name, else unlinked (W08)."""
    back = rows.filter("_return")
    if back.is_empty():
        return canonical("refunds", {}, back)
    linked = pl.col("order_id").is_in(sold["order_id"].unique().implode())
    if work.mapping.shape == "orders":
        linked = pl.lit(value=False)
    back = back.with_columns(linked=linked, days=work.local(back["placed_at"])[0])
    unlinked = back.height - int(back["linked"].sum())
    if unlinked:
        work.warnings["W08"] += unlinked
    return canonical(
        "refunds",
        {
            "source": pl.lit(work.shop),
            "refund_id": pl.col("refund_id") if "refund_id" in back.columns else pl.col("order_id"),
            "order_id": pl.when("linked").then("order_id"),
            **{name: pl.col(name) for name in ("customer_id", "channel", "currency", "product_id", "_row")},
            "refunded_at": pl.col("placed_at"),
            "local_on": pl.col("days"),
            "goods_minor": pl.col("net").abs(),
            "shipping_minor": pl.lit(0),
            "_minor": -pl.col("net").abs(),
        },
        back,
    )


def _refunded(work: Work, orders: pl.DataFrame) -> pl.DataFrame:
    """Refunds that orders carry as an amount, or as the status ``refunded`` alone (then all of the goods)."""
    given = pl.col("refunded").fill_null(0) if "refunded" in orders.columns else pl.lit(0)
    whole = (pl.col("status") == "refunded") & (given == 0)
    shipping = pl.col("shipping").fill_null(0) if "shipping" in orders.columns else pl.lit(0)
    back = orders.with_columns(
        given=pl.when(whole).then(pl.col("goods")).otherwise(given),
        at=pl.coalesce("refunded_at", "updated_at", "completed_at", "paid_at", "placed_at"),
        room=shipping,
    ).filter(pl.col("given") > 0)
    if back.is_empty():
        return canonical("refunds", {}, back)
    if not work.has("refunded_at"):
        work.notes.append(stored(later("Refunds name no date: each counts at the order's last known time.")))
    goods = pl.min_horizontal("given", "goods")
    ids = row_ids([work.shop, "refund of order", back["order_id"]])
    back = back.with_columns(ids.alias("refund_id"), work.local(back["at"])[0].alias("days"))
    return canonical(
        "refunds",
        {
            "source": pl.lit(work.shop),
            **{name: pl.col(name) for name in ("refund_id", "order_id", "customer_id", "channel", "currency")},
            "refunded_at": pl.col("at"),
            "local_on": pl.col("days"),
            "goods_minor": goods,
            "shipping_minor": pl.min_horizontal(pl.col("given") - goods, pl.col("room")),
        },
        back,
    )


def _products(work: Work, money: Money, columns: dict[str, pl.Series]) -> dict[str, pl.DataFrame]:
    """Products that lines describe: the first known name, category and so on of each."""
    if not work.has("product_name", "category", "style_id"):
        return {}
    texts = {name: work.text(name) for name in _PRODUCT_TEXT if name != "size"}
    price = money.amount("list_price")
    frame = pl.DataFrame({"product_id": columns["product_id"], "name": columns["product_name"], **texts})
    frame = frame.with_columns(
        pl.Series("list_minor", price) if price is not None else pl.lit(None, pl.Int64).alias("list_minor")
    )
    found = frame.filter(work.kept & columns["product_id"].is_not_null()).group_by("product_id", maintain_order=True)
    described = found.agg(pl.all().drop_nulls().first())
    return {"products": canonical("products", {name: pl.col(name) for name in described.columns}, described)}


def _places(work: Work, columns: dict[str, pl.Series], place: Places | None) -> dict[str, pl.DataFrame]:
    """Where orders were delivered, as fixes of their customers; and cities of customers without a position."""
    people = columns["customer_id"]
    tables: dict[str, pl.DataFrame] = {}
    if place is not None:
        frame = pl.DataFrame(
            {"customer_id": people, "fixed_at": columns["placed_at"], "lat": place.lat, "lng": place.lng,
             "datum_raw": place.datum}
        )  # fmt: skip
        frame = frame.filter(work.kept & people.is_not_null() & place.lat.is_not_null())
        frame = frame.unique(["customer_id", "lat", "lng"], keep="first", maintain_order=True)
        frame = frame.with_columns(
            row_ids([work.shop, "delivery", *(frame[n] for n in ("customer_id", "lat", "lng"))]).alias("fix_id")
        )
        named = {name: pl.col(name) for name in frame.columns}
        tables["location_fixes"] = canonical("location_fixes", {**named, "src": pl.lit("address")}, frame)
    if work.has("city"):
        towns = pl.DataFrame({"customer_id": people, "city": columns["city"]}).filter(work.kept).drop_nulls()
        towns = towns.unique("customer_id", keep="last", maintain_order=True)
        flags = {"is_staff": pl.lit(value=False), "is_test": pl.lit(value=False)}
        tables["customers"] = canonical(
            "customers", {"customer_id": pl.col("customer_id"), "city": pl.col("city"), **flags}, towns
        )
    return tables
