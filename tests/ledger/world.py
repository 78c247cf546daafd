"""A tiny business: two stores of two agents, a guide, some customers, and orders typed by hand."""

import datetime as dt
from zoneinfo import ZoneInfo

import polars as pl

from ledger import store
from ledger.rules import save_rules
from ledger.store import append_bindings
from schema.scope import LOCAL_OWNER
from schema.sharing import standard_rules
from tests.ledger.rows import assertion
from tests.warehouse import typed
from warehouse.api import open_snapshot

ZONE = ZoneInfo("Asia/Shanghai")


def local(text):
    """An instant of the business zone."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=ZONE).astimezone(dt.UTC)


def order(order_id, net, paid, *, customer="C1", channel="app", completed=None, **more):
    moment = local(paid)
    done = None if completed is None else local(completed)
    return typed.order(order_id, customer=customer, net=net, minor=net, row=1, channel=channel) | {
        "placed_at": moment, "paid_at": moment, "local_on": moment.astimezone(ZONE).date(), "completed_at": done,
        "selling_store_id": None, "fulfil_store_id": None, "guide_id": None, **more,
    }  # fmt: skip


def refund(refund_id, order_id, goods, when):
    moment = local(when)
    return typed.refund(refund_id, order_id, goods=goods) | {
        "refunded_at": moment, "local_on": moment.astimezone(ZONE).date(), "line_id": None, "product_id": None,
    }  # fmt: skip


def found(*, customers=("C1", "C2", "C3")):
    """Stores, agents, guides and customers, and the five rules."""
    stores = [typed.store("S1", 31.2, 121.4, agent_id="A1"), typed.store("S2", 31.3, 121.5, agent_id="A2")]
    agents = [
        {"agent_id": one, "name": one, "level": "gold", "return_authorised": True, "_row": 1, "_minor": 0}
        for one in ("A1", "A2")
    ]
    guides = [{"guide_id": "G1", "store_id": "S1", "_row": 1, "_minor": 0}]
    typed.take(
        typed.table("stores", *stores),
        typed.table("agents", *agents),
        typed.table("guides", *guides),
        typed.table("customers", *[typed.customer(one, registered_at=local("2026-01-01")) for one in customers]),
    )
    save_rules("real", standard_rules(dt.date(2020, 1, 1)), by=LOCAL_OWNER)


def orders(*rows, file="orders.csv"):
    typed.take(typed.table("orders", *[row | {"_row": at + 1} for at, row in enumerate(rows)], file=file))


def refunds(*rows, file="refunds.csv"):
    typed.take(typed.table("refunds", *[row | {"_row": at + 1} for at, row in enumerate(rows)], file=file))


def key(customer):
    keys = open_snapshot("real").read("customer_keys")
    return keys.filter(pl.col("customer_id") == customer)["customer_key"].item()


def bind(customer, where, since="2026-01-01", **more):
    """Say that a store owns a customer from a local instant on."""
    start = local(since)
    said = assertion(key(customer), "2026-01-01", store=where) | {
        "valid_from": start, "registered_at": start, "bound_at": start,
        "agent_id": {"S1": "A1", "S2": "A2"}.get(where), **more,
    }  # fmt: skip
    append_bindings("real", [said])


def posted():
    """Every entry as (month, kind, receiver, amount), in order."""
    rows = store.entries("real")
    return list(zip(rows["month"], rows["kind"], rows["receiver_id"], rows["amount_minor"], strict=True))


def balance():
    """What each receiver is owed, zeros left out."""
    sums = store.entries("real").group_by("receiver_id", "currency").agg(pl.col("amount_minor").sum())
    return {(who, currency): minor for who, currency, minor in sums.iter_rows() if minor}


def statement(month, who):
    rows = store.statements("real").filter((pl.col("month") == month) & (pl.col("receiver_id") == who))
    return rows.row(0, named=True)


def t14(one):
    """opening, accrued, clawback, paid, adjust, closing."""
    names = ("opening", "accrued", "clawback", "paid", "adjust", "closing")
    return tuple(one[f"{name}_minor"] for name in names)
