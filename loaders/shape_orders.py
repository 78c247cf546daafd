"""Sales: one row an order line (``order_lines``) or one row an order (``orders``), and the returns among them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from loaders.checks import settle_repeats
from loaders.day_numbers import date_the_days
from loaders.ids import row_ids
from loaders.money import Money, apportion
from loaders.order_tables import order_tables
from loaders.places import read_places
from loaders.sale_words import channels, known_customers, models, statuses
from schema.language import later, say
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.places import Places
    from loaders.work import Work

_AMOUNTS: Final = ("net", "unit_price", "goods_net", "paid", "gross", "refunded", "goods")
_SUMS: Final = ("net", "unit_price", "goods_net", "paid", "gross")
_HEADER: Final = (
    "customer_id", "placed_at", "paid_at", "completed_at", "updated_at", "selling_store_id", "fulfil_store_id",
    "guide_id", "rail", "transaction_id", "currency", "channel", "status", "model", "is_test", "city",
)  # fmt: skip


@dataclass(frozen=True)
class Sales:
    """What the rows of a sales source say, column by column, before they become tables."""

    columns: dict[str, pl.Series]
    is_return: pl.Series
    places: Places | None
    generated: bool
    one_row_an_order: bool


def build_orders(work: Work) -> dict[str, pl.DataFrame]:
    """Which orders, lines, refunds and products does this source tell of?

    Counted rows: order lines and refunds where one row is a line; orders where one row is an order. The other tables
    are derived from them (``_row`` null).
    """
    single = work.mapping.shape == "orders"
    date_the_days(work)
    columns = _texts(work)
    columns |= _times(work, columns, single=single)
    columns |= {"channel": channels(work), "status": statuses(work)}
    columns["model"] = models(work, columns)
    columns["is_test"] = work.flags("is_test")
    places = read_places(work) if work.has("lat", "latlng", "geohash") else None
    money = Money(work, _AMOUNTS)
    columns["currency"] = money.currency
    columns |= _amounts(work, money, single=single)
    is_return = _returns(work, columns)
    generated = not work.has("order_id")
    _flag(work, columns, is_return, generated=generated)
    work.minor = _signed(columns, is_return)
    generated = _name_rows(work, columns, is_return, generated=generated, single=single)
    if not single:
        columns = _shared(work, columns, is_return)
    tables = order_tables(work, money, Sales(columns, is_return, places, generated, single))
    if lines_alone(work):
        work.notes.append(stored(later("No time here: these are lines of orders that another file describes.")))
        return {"order_lines": tables["order_lines"]}
    if headers_alone(work):
        work.warnings["W09"] = 0
        return {**tables, "order_lines": tables["order_lines"].clear()}
    return tables


def _texts(work: Work) -> dict[str, pl.Series]:
    names = ("order_id", "line_id", "product_id", "selling_store_id", "fulfil_store_id", "guide_id",
             "transaction_id")  # fmt: skip
    columns = {name: work.ident(name) for name in names} | {"customer_id": known_customers(work)}
    columns |= {name: work.text(name) for name in ("size", "rail", "product_name", "category", "city")}
    if not work.has("product_id") and work.has("product_name"):
        columns["product_id"] = columns["product_name"]
    return columns


def _times(work: Work, columns: dict[str, pl.Series], *, single: bool) -> dict[str, pl.Series]:
    times = {"placed_at": work.stamp("placed_at", "time_of_day")}
    times |= {name: work.stamp(name) for name in ("paid_at", "completed_at", "updated_at", "refunded_at")}
    times["placed_at"] = times["placed_at"].fill_null(times["paid_at"]).fill_null(times["completed_at"])
    if not single and times["placed_at"].null_count() and work.has("order_id"):
        times["placed_at"] = times["placed_at"].fill_null(_first_of(times["placed_at"], columns["order_id"]))
    return times


def _first_of(values: pl.Series, groups: pl.Series) -> pl.Series:
    """The first known value of each row's group (null for rows without one)."""
    frame = pl.DataFrame({"v": values, "g": groups})
    return frame.select(pl.when(pl.col("g").is_not_null()).then(pl.col("v").drop_nulls().first().over("g"))).to_series()


def _amounts(work: Work, money: Money, *, single: bool) -> dict[str, pl.Series]:
    qty = work.number("qty") if work.has("qty") else pl.repeat(1.0, work.rows, dtype=pl.Float64, eager=True)
    if single:
        qty = qty.fill_null(1.0)
    amounts = {name: money.amount(name) for name in ("net", "gross", "discount", "goods_net", "shipping", "paid", "tax",
                                                     "order_discount", "refunded")}  # fmt: skip
    given = {name: values for name, values in amounts.items() if values is not None}
    zero = pl.zeros(work.rows, dtype=pl.Int64, eager=True)
    discount = given.get("discount", zero).fill_null(0).abs()
    gross = given.get("gross")
    if gross is None:
        gross = money.times(qty, "unit_price")
    net = given.get("net")
    if net is None and single:
        net = _order_goods(given, gross, discount)
    elif net is None and gross is not None:
        net = gross - discount
    elif net is not None and "net" in given and gross is not None and "discount" not in given:
        discount = (gross - net).clip(0)
    if net is None and headers_alone(work):
        work.notes.append(
            stored(later("No amounts here: each order's sum comes from its lines, which another file holds."))
        )
        net = zero
    if net is None:
        net = _per_line(work, given, qty)
    gross = (net + discount) if gross is None or single else gross
    work.flag(qty.is_null(), "E02", "qty", later("{column} is empty."))
    work.flag(net.is_null(), "E02", _amount_name(work), later("{column} is empty: the row has no amount."))
    return {**given, "qty": qty, "net": net, "gross": gross.fill_null(net), "discount": discount}


def lines_alone(work: Work) -> bool:
    """Whether rows are lines of orders that another file describes: they name an order and a product but no time."""
    timed = work.has("placed_at", "paid_at", "completed_at")
    return work.mapping.shape == "order_lines" and work.has("order_id") and work.has("product_id") and not timed


def headers_alone(work: Work) -> bool:
    """Whether rows are orders whose amounts stand in another file: no amount, and no column that could be one."""
    if (
        work.mapping.shape != "orders"
        or not work.has("order_id")
        or work.has(*_SUMS, *(f"{name}_minor" for name in _SUMS))
    ):
        return False
    used = set(work.mapping.columns.values())
    return not any(_like_money(work.frame[name]) for name in work.frame.columns if name not in used)


def _like_money(values: pl.Series) -> bool:
    if values.dtype.is_float() or values.dtype == pl.Decimal:
        return True
    return values.dtype == pl.String and bool(values.str.contains(r"^\D{0,3}\d+[.,]\d{2}\D{0,3}$").any())


def _order_goods(given: dict[str, pl.Series], gross: pl.Series | None, discount: pl.Series) -> pl.Series | None:
    """What an order's goods cost: said outright, else the total without shipping, else quantity × price."""
    if "goods_net" in given:
        return given["goods_net"]
    if "paid" in given:
        none = pl.zeros(len(given["paid"]), dtype=pl.Int64, eager=True)
        return given["paid"] - given.get("shipping", none).fill_null(0)
    return None if gross is None else gross - discount


def _per_line(work: Work, given: dict[str, pl.Series], qty: pl.Series) -> pl.Series:
    """Lines without a price of their own share their order's amount by quantity."""
    total = _order_goods(given, None, qty)
    if total is None:
        message = say(
            'which column holds the amount of a line? None is a price or an amount. If there is none, constants.net = "0" with zero_price_is_purchase = true counts purchases without money.'
        )
        work.ask(message, "columns.net", tuple(work.frame.columns))
        return pl.zeros(work.rows, dtype=pl.Int64, eager=True)
    orders = work.ident("order_id")
    whole = _first_of(total, orders).fill_null(total)
    weights = (qty.fill_null(0).clip(0, 1e9) * 1_000).cast(pl.Int64)
    work.notes.append(stored(later("Lines name no price: each order's amount is shared among its lines by quantity.")))
    return apportion(whole, weights, orders.fill_null(work.row.cast(pl.String)))


def _amount_name(work: Work) -> str:
    return next((name for name in _AMOUNTS if work.has(name)), "net")


def _returns(work: Work, columns: dict[str, pl.Series]) -> pl.Series:
    rule = "" if lines_alone(work) else work.mapping.returns
    if rule.startswith("prefix:"):
        return columns["order_id"].str.starts_with(rule.removeprefix("prefix:")).fill_null(value=False)
    if rule == "negative_qty":
        return (columns["qty"] < 0).fill_null(value=False)
    if rule:
        work.refuse(
            say("returns: {rule} is not known; it is negative_qty or prefix:TEXT, such as prefix:C.", rule=repr(rule))
        )
    return pl.repeat(value=False, n=work.rows, dtype=pl.Boolean, eager=True)


def _flag(work: Work, columns: dict[str, pl.Series], is_return: pl.Series, *, generated: bool) -> None:
    if not generated:
        work.require(columns["order_id"], "order_id")
    if not work.has("placed_at", "paid_at", "completed_at") and not lines_alone(work):
        message = say("which column says when an order was placed?")
        work.ask(message, "columns.placed_at", tuple(work.frame.columns))
    if not lines_alone(work):
        work.require(columns["placed_at"], "placed_at" if work.has("placed_at") else "paid_at")
    negative = ~is_return & ((columns["net"] < 0) | (columns["qty"] < 0))
    amount = _amount_name(work) if work.has("net", "unit_price", "goods_net", "paid") else "qty"
    work.flag(negative & (columns["qty"] < 0), "E05", "qty", later("{column} is negative, but the row is no return."))
    work.flag(negative, "E05", amount, later("{column} is negative, but the row is no return."))
    for name in ("shipping", "refunded", "gross"):
        if name in columns:
            work.flag(~is_return & (columns[name] < 0), "E05", name, later("{column} is negative."))
    if "refunded" in columns:
        room = (
            columns["net"]
            + columns.get("shipping", columns["net"] * 0).fill_null(0)
            + columns.get("tax", columns["net"] * 0).fill_null(0)
        )
        room = pl.select(pl.max_horizontal(room, columns.get("paid", room).fill_null(0))).to_series()
        if work.mapping.shape == "orders":
            work.flag(columns["refunded"] > room, "E05", "refunded", later("{column} is more than was paid."))


def _signed(columns: dict[str, pl.Series], is_return: pl.Series) -> pl.Series:
    net = columns["net"].fill_null(0)
    return (-net.abs()).zip_with(is_return, net)


def _name_rows(
    work: Work, columns: dict[str, pl.Series], is_return: pl.Series, *, generated: bool, single: bool
) -> bool:
    """Give ids to rows without one, and settle rows that come twice; tells whether every row is its own order."""
    placed = columns["placed_at"]
    if generated and not single and work.has("customer_id"):
        basket = [columns[n] for n in ("customer_id", "selling_store_id")]
        columns["order_id"] = row_ids([work.shop, "basket", placed, *basket], one_each=False)
        work.notes.append(stored(later("No order number: lines of one customer at one time are one order.")))
        generated = False
    elif generated:
        natural = [columns[n] for n in ("customer_id", "product_id", "size", "selling_store_id", "qty", "net")]
        columns["order_id"] = row_ids([work.shop, "order", placed, *natural])
        columns["line_id"] = row_ids([work.shop, "line", columns["order_id"]])
        columns["refund_id"] = row_ids([work.shop, "refund", columns["order_id"]])
        return True
    if single:
        columns["line_id"] = pl.repeat("1", work.rows, dtype=pl.String, eager=True)
    elif work.has("line_id"):
        pass
    else:
        natural = [columns[n] for n in ("order_id", "product_id", "size", "qty", "gross", "net")]
        columns["line_id"] = row_ids([work.shop, "line", *natural])
        columns["refund_id"] = (
            row_ids([work.shop, "refund", *natural, placed]) if is_return.any() else columns["line_id"]
        )
        return False
    keys = {"order_id": columns["order_id"]} if single else {n: columns[n] for n in ("order_id", "line_id")}
    work.require(columns["line_id"], "line_id")
    body = [v for n, v in columns.items() if n not in keys and (single or n not in _HEADER)]
    settle_repeats(work, keys, body, updated_at=columns["updated_at"])
    columns["refund_id"] = row_ids([work.shop, "refund", columns["order_id"], columns["line_id"]])
    return False


def _shared(work: Work, columns: dict[str, pl.Series], is_return: pl.Series) -> dict[str, pl.Series]:
    """Take each line's share of its order's discount off, to the last minor unit."""
    if "order_discount" not in columns:
        return columns
    lines = work.kept & ~is_return
    whole = _first_of(columns["order_discount"].abs().set(~work.kept, None), columns["order_id"]).fill_null(0)
    weights = columns["net"].set(~lines, 0)
    groups = columns["order_id"].fill_null(work.row.cast(pl.String))
    room = pl.DataFrame({"w": weights, "g": groups}).select(pl.col("w").sum().over("g")).to_series()
    whole = pl.select(pl.min_horizontal(whole, room)).to_series()
    share = apportion(whole, weights, groups).set(~lines, 0)
    net = columns["net"] - share
    work.minor = net.zip_with(lines, work.minor)
    return {**columns, "net": net, "discount": columns["discount"] + share}
