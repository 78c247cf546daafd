"""Sync, afterwards: what came back by channel and agent, and products that are not the same everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl

from answers import narrow
from answers.periods import MATURE_RETURN_DAYS, mature
from answers.registry import Result, address
from answers.sharing_rows import end, midnight
from metrics import mismatches as metrics
from metrics.after_sales import after_sales
from metrics.complaints import complaint_groups
from schema.language import later, say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

NO_COMPLAINTS: Final = later("No complaints are loaded: a table of them has complaint, customer, opened, closed.")


@address(
    "sync/after_sales",
    "group, orders, refunded_orders, goods_minor, refunded_minor, refund_rate, refunded_share, median_days, reason, "
    "reason_share",
    meaning=later("What came back, how soon and why, by channel or by the agent of the store that sold it."),
    definition=later(
        "Orders of the latest days of the period's length that are at least 30 days old, so that most refunds have arrived. "
        "Refund rate: goods refunded of goods sold, in money; days from payment to refund are the median; the reason is the "
        "most frequent of the refunds that give one."
    ),
    options={"by": ("channel", "agent")},
)
def refunded(asked: Context, by: str = "channel") -> Result:
    """How is it afterwards? One row per channel or agent, most orders first."""
    column = "channel" if by == "channel" else "agent_id"
    old = mature(asked, MATURE_RETURN_DAYS)
    orders = narrow.orders(old, "order_key", column, "goods_net_minor", "refunded_minor")
    refunds = narrow.refunds(old, "order_key", "local_on", "order_local_on", "reason")
    table = after_sales(orders, refunds, column).rename({column: "group"})
    note = say("Orders of {days} days that ended 30 days before the data do.", days=old.days)
    return Result(table, n=int(table["orders"].sum()), n_label=say("orders"), notes=(note,) if orders.height else ())


@address(
    "sync/complaints",
    "group, complaints, open, settled, median_days, orders, complaint_rate, kind",
    meaning=later("Complaints made, settled and open, by channel or by the agent of the store that they are about."),
    definition=later(
        "complaints: made in the period. open: not settled at its end, whenever made. settled: in the period, whenever made; "
        "the days from making to settling are their median. A complaint without a channel or store has those of its order. "
        "Complaint rate: made ÷ orders of the period. An agent reads of the customers who are their own now. Place and channel "
        "filters mean the store and the channel of the complaint; filters of products and segments do not apply to it."
    ),
    options={"by": ("channel", "agent")},
)
def complaints(asked: Context, by: str = "channel") -> Result:
    """What do customers complain of, and is it settled? One row per channel or agent, most complaints first."""
    column = "channel" if by == "channel" else "agent_id"
    rows = _complaints(asked)
    days = midnight(asked, asked.from_on), end(asked)
    orders = narrow.orders(asked, column)
    table = complaint_groups(rows, orders, column, days).rename({column: "group"})
    known = warehouse.has_complaints(asked.snapshot)
    n = int(table["complaints"].sum())
    return Result(table, n=n, n_label=say("complaints"), notes=() if known else (say(NO_COMPLAINTS),))


def _complaints(asked: Context) -> pl.DataFrame:
    """Complaints of the filters' places and channels."""
    rows = warehouse.complaints(asked.snapshot, asked.scope, asked.marts)
    if asked.unknown:
        return rows.clear()
    chosen = asked.filters
    places = asked.marts.places.select("store_id", pl.col("city").cast(pl.String))
    rows = rows.join(places, on="store_id", how="left", maintain_order="left")
    named = (("city", chosen.city), ("agent_id", chosen.agent), ("store_id", chosen.store), ("channel", chosen.channel))
    wanted = [pl.col(column).is_in(values) for column, values in named if values]
    return rows.filter(*wanted)


@address(
    "sync/mismatches",
    "kind, product_id, name, other_id, channel, other_channel, low_minor, high_minor, gap_share, lines",
    meaning=later("Products that cost more on one channel than on another, or seem to have two ids."),
    definition=later(
        "price: the median price of one piece before discounts is 5 % and more higher on one channel than on another, each "
        "with five order lines and more. name: two ids of the same name that are never sold on the same channel, perhaps "
        "one product. Stock is not compared: no source tells it by channel and day."
    ),
)
def mismatched(asked: Context) -> Result:
    """Is a product the same on every channel? Prices first, the widest gap first."""
    lines = narrow.lines(asked, "product_id", "channel", "qty", "gross_minor")
    goods = asked.marts.goods.select("product_id", "name")
    found = pl.concat([metrics.price_mismatches(lines), metrics.name_mismatches(goods, lines)])
    table = found.join(goods, on="product_id", how="left", maintain_order="left")
    checked = lines["product_id"].drop_nulls().n_unique()
    return Result(table, n=checked, n_label=say("products checked"))
