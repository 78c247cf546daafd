"""A company of three stores, four members and a week of trade, typed by hand."""

import datetime as dt
from pathlib import Path

import h3
import polars as pl

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from schema.coding import CODED
from schema.filters import parse_filters
from schema.marts import MARTS, Marts
from schema.scope import LOCAL_OWNER
from warehouse.api import Snapshot
from warehouse.coded import coded

all_addresses()

STORES = {
    "S1": ("AG1", "Suzhou", 31.30, 120.60),
    "S2": ("AG2", "Suzhou", 31.32, 120.64),
    "S3": ("AG2", "Wuxi", 31.57, 120.29),
    None: (None, None, None, None),
}
CATEGORIES = {"P1": "Coats", "P2": "Scarves", "P3": None}


def day(text):
    return dt.date.fromisoformat(text)


def noon(on, hour=4):
    """Noon of a local day in Shanghai."""
    return dt.datetime.combine(on, dt.time(hour), dt.UTC)


def hour_of_week(on):
    return on.weekday() * 24 + 12


def owned(store):
    agent, city, *_ = STORES[store]
    return {"owner_store_id": store, "owner_agent_id": agent, "owner_city": city}


def sold(store):
    agent, city, *_ = STORES[store]
    return {"store_id": store, "agent_id": agent, "city": city}


def order(key, who, on, net, *, store="S1", owner="S1", back=0, channel="pos", currency="CNY", **more):
    on = day(on)
    return {
        "order_key": key, "customer_key": who, "paid_at": noon(on), "local_on": on, "hour_of_week": hour_of_week(on),
        "channel": channel, "model": "B2C", "currency": currency, **sold(store), **owned(owner),
        "goods_net_minor": net, "refunded_minor": back, "net_minor": net - back, "is_purchase": net > 0,
        "is_kept": net > back, "is_staff": False, **more,
    }  # fmt: skip


def line(bought, product, net=None, *, back=None, qty=1.0, **more):
    kept = ("order_key", "customer_key", "paid_at", "local_on", "hour_of_week", "channel", "model", "currency",
            "store_id", "agent_id", "city", "owner_store_id", "owner_agent_id", "owner_city", "is_staff")  # fmt: skip
    net = bought["goods_net_minor"] if net is None else net
    back = bought["refunded_minor"] if back is None else back
    return {
        **{name: bought[name] for name in kept}, "product_id": product, "category": CATEGORIES[product], "qty": qty,
        "gross_minor": net, "discount_minor": 0, "net_minor": net, "refunded_minor": back, **more,
    }  # fmt: skip


def visit(who, on, product, dwell_s, *, owner="S1", store=None, channel="app", linger=None, visitor=None, **more):
    on = day(on)
    return {
        "visitor": visitor or who, "customer_key": who, "at": noon(on, 3), "local_on": on,
        "hour_of_week": hour_of_week(on), "channel": channel, "session": 1, "product_id": product,
        "category": CATEGORIES[product], "store_id": store, **owned(owner),
        "dwell_ms": None if dwell_s is None else int(dwell_s * 1000),
        "evidence": "unknown" if dwell_s is None else "measured", "is_capped": False, "is_linger": linger,
        "before_sign_in": False, **more,
    }  # fmt: skip


def person(key, lat, lng, store, metres, *, joined="2026-01-10", src="address", **more):
    return {
        "customer_key": key, "is_described": True, "registered_at": noon(day(joined)), "registered_on": day(joined),
        "reg_channel": "pos", "city": STORES[store][1],
        "home_cell": None if lat is None else int(h3.latlng_to_cell(lat, lng, 9), 16),
        "home_lat": lat, "home_lng": lng, "home_src": None if lat is None else src, "home_precision_m": 50.0,
        **owned(store), "nearest_store_id": store, "nearest_m": metres, "is_staff": False, **more,
    }  # fmt: skip


def place(store, **more):
    agent, city, lat, lng = STORES[store]
    return {
        "store_id": store, "name": f"Shop {store}", "type": "franchise", "agent_id": agent,
        "agent_name": f"Agent {agent}", "city": city, "lat": lat, "lng": lng,
        "cell": int(h3.latlng_to_cell(lat, lng, 9), 16), "opened_on": day("2024-01-01"), "is_datum_suspect": False,
        **more,
    }  # fmt: skip


def goods(product):
    return {
        "product_id": product, "name": f"Thing {product}", "category": CATEGORIES[product], "list_minor": 10_000,
        "is_described": True,
    }  # fmt: skip


def spell(number, who, store, start, end=None, *, wait_s=20.0, arrived_s=1.0, **more):
    """A spell that begins at noon of a local day with the registration, unless ``registered_at`` says otherwise."""
    at = noon(day(start))
    joined = more.get("registered_at", at)
    status = more.get("status", "exact" if store else "unassigned")
    return {
        "binding_id": f"B-{number}", "customer_key": who, "store_id": store, "agent_id": STORES[store][0],
        "status": status, "method": "geo" if store else None, "cause": "registered", "tie_break": "",
        "registered_at": joined, "arrived_at": joined + dt.timedelta(seconds=arrived_s),
        "bound_at": joined + dt.timedelta(seconds=wait_s), "valid_from": at,
        "valid_to": None if end is None else noon(day(end)), "end_reason": None if end is None else "takeover",
        "protected_until": at + dt.timedelta(days=90), "expires_at": at + dt.timedelta(days=365), "dist_m": 146.0,
        "confidence": 0.97, "accuracy_m": 50.0, "policy_version": 1, "recorded_at": at,
        "cell": int(h3.latlng_to_cell(*STORES[store][2:], 9), 16) if store else None, **more,
    }  # fmt: skip


def attempt(who, on, claimed, owner, outcome, **more):
    return {
        "customer_key": who, "at": noon(day(on)), "claimed_store_id": claimed, "claimed_agent_id": STORES[claimed][0],
        "owner_store_id": owner, "owner_agent_id": STORES[owner][0], "method": "scan", "outcome": outcome, **more,
    }  # fmt: skip


def account(receiver):
    """Kind, store and agent of a receiver's account: ``S1``, ``AG1``, ``G1@S1`` or ``HQ``."""
    if receiver == "HQ":
        return {"receiver_kind": "fund", "receiver_id": "HQ", "store_id": None, "agent_id": None}
    if receiver in STORES:
        return {"receiver_kind": "store", "receiver_id": receiver, "store_id": receiver,
                "agent_id": STORES[receiver][0]}  # fmt: skip
    if "@" in receiver:
        guide, store = receiver.split("@")
        return {"receiver_kind": "guide", "receiver_id": guide, "store_id": store, "agent_id": STORES[store][0]}
    return {"receiver_kind": "agent", "receiver_id": receiver, "store_id": None, "agent_id": receiver}


def entry(seq, kind, receiver, amount, on, *, of=None, pool=None, base=None, **more):
    """A ledger entry; ``of`` is the order it is about."""
    on = day(on)
    about = {}
    if of is not None:
        about = {
            "source": "shop", "order_id": f"O{of['order_key']}", "customer_key": of["customer_key"],
            "order_on": of["local_on"], "channel": of["channel"], "bound_store_id": of["owner_store_id"],
            "selling_store_id": of["store_id"], "rule_id": "R1", "rule_version": 1,
            "base_minor": of["goods_net_minor"] if base is None else base, "pool_minor": pool,
        }  # fmt: skip
    return {
        "seq": seq, "kind": kind, **account(receiver), "amount_minor": amount, "currency": "CNY", "at": noon(on),
        "local_on": on, "month": f"{on:%Y-%m}", "eligible_on": on + dt.timedelta(days=15),
        "role": None if kind == "payout" else account(receiver)["receiver_kind"], **about, **more,
    }  # fmt: skip


def settled(month, receiver, opening, accrued, clawback, paid, closing, **more):
    kept = account(receiver)
    return {
        "statement_id": f"{month}-{kept['receiver_id']}-CNY", "month": month, **kept, "currency": "CNY",
        "opening_minor": opening, "accrued_minor": accrued, "clawback_minor": clawback, "paid_minor": paid,
        "adjust_minor": closing - opening - accrued - clawback - paid, "closing_minor": closing, "held_minor": 0,
        "payable_minor": max(0, closing), "entries": 1, "digest": "d" * 64, "chain_head": "c" * 64,
        "settled_at": noon(day(f"{month}-28")), **more,
    }  # fmt: skip


def marts(**rows):
    """Marts of the rows given, as they lie in memory; every other table is empty. Each table keeps its contract."""
    found = {name: contract.validate(table(name, rows.get(name, []))) for name, contract in MARTS.items()}
    return Marts(**found | coded({name: found[name] for name in CODED}))


def table(name, rows):
    schema = MARTS[name].create_empty().schema
    full = [{column: row.get(column) for column in schema} for row in rows]
    return pl.DataFrame(full, schema=schema)


ORDERS = [
    order(1, 1, "2026-09-20", 3_000),
    order(2, 1, "2026-11-02", 10_000),
    order(3, None, "2026-11-03", 4_000, owner=None),
    order(4, 2, "2026-11-05", 20_000, store="S2", back=20_000),
    order(5, 2, "2026-11-06", 999, store="S2", currency="USD"),
    order(6, 1, "2026-11-10", 5_000),
    order(7, 3, "2026-11-12", 8_000, store="S3", owner="S3", back=2_000, channel="wechat_mini", model="O2O"),
]
LINES = [
    line(ORDERS[0], "P2", size="M"),
    line(ORDERS[1], "P1", size="M"),
    line(ORDERS[2], "P3"),
    line(ORDERS[3], "P1", size="L"),
    line(ORDERS[4], "P2"),
    line(ORDERS[5], "P2", size="S"),
    line(ORDERS[6], "P1", 5_000, back=0, size="L"),
    line(ORDERS[6], "P2", 3_000, back=2_000),
]
REFUNDS = [
    {**ORDERS[3], "local_on": day("2026-11-08"), "order_local_on": day("2026-11-05"), "product_id": "P1",
     "category": "Coats", "goods_minor": 20_000, "shipping_minor": 0, "reason": "size"},
    {**ORDERS[6], "local_on": day("2026-11-13"), "order_local_on": day("2026-11-12"), "product_id": "P2",
     "category": "Scarves", "goods_minor": 2_000, "shipping_minor": 0, "reason": None},
]  # fmt: skip
VISITS = [
    visit(1, "2026-11-01", "P1", 30, linger=True),
    visit(3, "2026-11-04", "P2", 5, owner="S3", channel="wechat_mini", linger=False),
    visit(None, "2026-11-06", "P1", None, owner=None, visitor=-5),
    visit(2, "2026-11-07", "P1", 61, store="S2", linger=True),
]
ACTIONS = [{**VISITS[0], "type": "cart"}]
PEOPLE = [
    person(1, 31.301, 120.601, "S1", 146.0, joined="2026-11-01"),
    person(2, 31.303, 120.603, "S1", 438.0),
    person(3, 31.571, 120.291, "S3", 146.0),
    person(4, None, None, "S3", None),
]
PLACES = [place("S1"), place("S2"), place("S3")]
GOODS = [goods("P1"), goods("P2"), goods("P3")]
STOCK_OUTS = [{"product_id": "P1", "size": "L", "from_on": day("2026-11-01"), "to_on": day("2026-12-01")}]

BINDINGS = [
    spell(1, 1, "S1", "2026-11-01"),
    spell(2, 2, "S2", "2026-01-10", "2026-11-01", protected_until=None),
    spell(3, 2, "S1", "2026-11-01", cause="takeover", method="scan", status="contested",
          registered_at=noon(day("2026-01-10"))),
    spell(4, 3, "S3", "2026-01-10", runner_store_id="S2", runner_dist_m=9_000.0),
    spell(5, 4, None, "2026-01-10"),
]  # fmt: skip
ATTEMPTS = [
    attempt(2, "2026-03-01", "S1", "S2", "rejected_protected"),
    attempt(2, "2026-11-01", "S1", "S2", "accepted"),
]
SHARES = [
    entry(1, "accrual", "S1", 800, "2026-11-02", of=ORDERS[1], pool=1_200),
    entry(2, "accrual", "AG1", 400, "2026-11-02", of=ORDERS[1], pool=1_200),
    entry(3, "accrual", "S3", 360, "2026-11-12", of=ORDERS[6], pool=540),
    entry(4, "accrual", "AG2", 180, "2026-11-12", of=ORDERS[6], pool=540),
    entry(5, "clawback", "S3", -90, "2026-11-13", of=ORDERS[6], pool=540, refund_id="F2"),
    entry(6, "clawback", "AG2", -45, "2026-11-13", of=ORDERS[6], pool=540, refund_id="F2"),
]
STATEMENTS = [settled("2026-10", "AG1", 0, 50, 0, 0, 50)]

COMPANY = marts(
    orders=ORDERS, lines=LINES, refunds=REFUNDS, visits=VISITS, actions=ACTIONS, people=PEOPLE, places=PLACES,
    goods=GOODS, stock_outs=STOCK_OUTS, bindings=BINDINGS, attempts=ATTEMPTS, shares=SHARES, statements=STATEMENTS,
)  # fmt: skip
NOTHING = marts()

SNAPSHOT = Snapshot(
    number=7, mode="real", published_at=dt.datetime(2026, 11, 15, tzinfo=dt.UTC), zone="Asia/Shanghai",
    currency="CNY", currencies=("CNY", "USD"), as_of=day("2026-11-15"), first_on=day("2026-09-20"),
    last_on=day("2026-11-13"), rows={}, versions={}, folder=Path("/nonexistent"),
)  # fmt: skip


def asked(query="", *, page="overview", rows=COMPANY, scope=LOCAL_OWNER, all_data=False, snapshot=SNAPSHOT):
    return context(parse_filters(query), scope, snapshot, rows, page=page, all_data=all_data)


def answer(name, query="", *, rows=COMPANY, scope=LOCAL_OWNER, **options):
    """The answer at an address, over the page's default period unless the query names one."""
    return ask(name, asked(query, page=name.split("/")[0], rows=rows, scope=scope), **options)
