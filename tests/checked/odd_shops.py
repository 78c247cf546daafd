"""Invented shops of odd dimensions, written as the files that a shop would export."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

if TYPE_CHECKING:
    from pathlib import Path

CHANNELS: Final = ("app", "web", "pos", "live")
_DAY_US: Final = 86_400_000_000
_TYPES: Final = ("view", "cart", "leave", "hide", "share", "scan", "activity")
_TYPE_SHARES: Final = (0.78, 0.06, 0.05, 0.03, 0.02, 0.02, 0.04)


@dataclass(frozen=True)
class Odd:
    """A shop.

    Attributes:
        days: local days from ``first_on`` on, in ``zone``.
        members: share of sessions and orders that name a customer.
        homes: share of customers whose home is known.
        staff: share of customers who work there, and as many who are tests.
    """

    seed: int = 1
    stores: int = 20
    agents: int = 4
    products: int = 60
    categories: int = 5
    customers: int = 400
    events: int = 4_000
    orders: int = 900
    days: int = 90
    first_on: dt.date = dt.date(2024, 1, 20)
    zone: str = "Asia/Shanghai"
    currencies: tuple[str, ...] = ("CNY",)
    members: float = 0.7
    homes: float = 0.8
    staff: float = 0.02


def write(shop: Odd, folder: Path) -> dict[str, pl.DataFrame]:
    """Write a shop's files, and give them back as they were written."""
    random = np.random.default_rng([shop.seed, shop.stores, shop.days])
    tables = _parties(shop, random) | _sales(shop, random) | {"events": _events(shop, random)}
    folder.mkdir(parents=True)
    for name, table in tables.items():
        if table.height:
            table.write_csv(folder / f"{name}.csv")
    return tables


def _start_us(shop: Odd) -> int:
    day = pl.Series([shop.first_on]).cast(pl.Datetime("us")).dt.replace_time_zone(shop.zone)
    return int(day.dt.epoch("us")[0])


def _iso(at: Any) -> pl.Series:
    return pl.Series(at // 1000 * 1000).cast(pl.Datetime("us")).dt.to_string("%Y-%m-%dT%H:%M:%S%.3fZ")


def _pick(names: list[str], which: Any, where: Any = None) -> pl.Series:
    found = pl.Series(names, dtype=pl.String).gather(which)
    return found if where is None else found.set(pl.Series(~where), None)


def _ids(letter: str, count: int) -> list[str]:
    return [f"{letter}{number:05d}" for number in range(count)]


def _parties(shop: Odd, random: np.random.Generator) -> dict[str, pl.DataFrame]:
    stores, people = shop.stores, shop.customers
    opened = [shop.first_on + dt.timedelta(days=int(n)) for n in random.integers(-900, shop.days, stores)]
    if stores:
        opened[0] = shop.first_on - dt.timedelta(days=999)
    shut = [
        day + dt.timedelta(days=int(random.integers(200, 1200))) if number and random.random() < 0.3 else None
        for number, day in enumerate(opened)
    ]
    agent = _pick(_ids("A", shop.agents), random.integers(0, shop.agents, stores), random.random(stores) < 0.9)
    home = random.random(people) < shop.homes
    is_staff = random.random(people) < shop.staff
    registered = _start_us(shop) + random.integers(-200 * _DAY_US, shop.days * _DAY_US, people)
    place = {"lat": random.normal(48, 0.15, people).round(5), "lng": random.normal(9, 0.2, people).round(5)}
    labels = _pick(_ids("K", shop.categories), random.integers(0, shop.categories, shop.products))
    return {
        "agents": pl.DataFrame({"agent_id": _ids("A", shop.agents), "level": "gold"}),
        "stores": pl.DataFrame({
            "store_id": _ids("S", stores), "name": _ids("Store ", stores), "agent_id": agent,
            "city": _pick(["Ulm", "Bonn", "Kiel"], random.integers(0, 3, stores)),
            "lat": random.normal(48, 0.15, stores).round(5), "lng": random.normal(9, 0.2, stores).round(5),
            "datum": "WGS-84", "opened_on": opened, "closed_on": shut,
        }, strict=False),
        "products": pl.DataFrame({
            "product_id": _ids("P", shop.products), "name": _ids("Thing ", shop.products),
            "category": labels.set(pl.Series(random.random(shop.products) < 0.05), None),
        }),
        "customers": pl.DataFrame({
            "customer_id": _ids("C", people), "registered_at": _iso(registered), "is_staff": is_staff,
            "is_test": ~is_staff & (random.random(people) < shop.staff),
            "home_lat": pl.Series(place["lat"]).set(pl.Series(~home), None),
            "home_lng": pl.Series(place["lng"]).set(pl.Series(~home), None), "datum": "WGS-84",
        }),
    }  # fmt: skip


def _sales(shop: Odd, random: np.random.Generator) -> dict[str, pl.DataFrame]:
    n = shop.orders
    at = np.sort(_start_us(shop) + random.integers(0, shop.days * _DAY_US, n))
    channel = random.integers(0, len(CHANNELS), n)
    is_pos = channel == CHANNELS.index("pos")
    state = random.choice(3, n, p=[0.9, 0.05, 0.05])
    who = (random.random(n) ** 2 * shop.customers).astype(int)
    money = _pick(list(shop.currencies), (random.random(n) ** 3 * len(shop.currencies)).astype(int))
    orders = pl.DataFrame({
        "order_id": _ids("O", n), "customer_id": _pick(_ids("C", shop.customers), who, random.random(n) < shop.members),
        "channel": _pick(list(CHANNELS), channel), "placed_at": _iso(at), "paid_at": _iso(at).set(pl.Series(state == 1), None),
        "status": _pick(["completed", "placed", "cancelled"], state), "currency": money,
        "selling_store_id": _pick(_ids("S", shop.stores), random.integers(0, shop.stores, n), is_pos),
        "fulfil_store_id": _pick(_ids("S", shop.stores), random.integers(0, shop.stores, n), ~is_pos & (random.random(n) < 0.2)),
    })  # fmt: skip
    count = random.integers(1, 4, n)
    of = np.repeat(np.arange(n), count)
    rows = len(of)
    net = random.integers(100, 200_000, rows) * (random.random(rows) > 0.04)
    product = (random.random(rows) ** 2 * (shop.products + 1)).astype(int)  # one product that no table describes
    first = np.r_[0, np.cumsum(count)[:-1]]
    lines = pl.DataFrame({
        "order_id": orders["order_id"].gather(of), "line_id": pl.Series(np.arange(rows) - first[of] + 1).cast(pl.String),
        "product_id": _pick(_ids("P", shop.products + 1), product), "qty": random.integers(1, 4, rows), "net_amount": net / 100,
    })  # fmt: skip
    back = np.flatnonzero((random.random(rows) < 0.08) & (net > 0) & (state[of] == 0))
    part = np.where(random.random(len(back)) < 0.5, net[back], net[back] // 3 + 1)
    refunds = pl.DataFrame({
        "refund_id": _ids("R", len(back)), "order_id": lines["order_id"].gather(back), "line_id": lines["line_id"].gather(back),
        "refund_date": _iso(at[of[back]] + random.integers(_DAY_US, 20 * _DAY_US, len(back))), "refund_amount": part / 100,
        "currency": money.gather(of[back]),
    })  # fmt: skip
    return {"orders": orders, "order_lines": lines, "refunds": refunds}


def _events(shop: Odd, random: np.random.Generator) -> pl.DataFrame:
    n = shop.events
    sessions = max(n // 6, 1)
    of = np.sort(random.integers(0, sessions, n))
    start = _start_us(shop) + random.integers(0, shop.days * _DAY_US - 3_600_000_000, sessions)
    fresh = np.r_[True, of[1:] != of[:-1]][:n]
    gaps = random.choice([3, 20, 45, 179, 181, 400, 1799, 1801], n) * 1_000_000 + random.integers(0, 999, n) * 1000
    steps = np.cumsum(np.where(fresh, 0, gaps))
    at = start[of] + steps - np.maximum.accumulate(np.where(fresh, steps, 0))
    at = np.minimum(at, _start_us(shop) + shop.days * _DAY_US - 1_000)
    who, known = (
        (random.random(sessions) ** 2 * shop.customers).astype(int)[of],
        (random.random(sessions) < shop.members)[of],
    )
    channel = random.integers(0, len(CHANNELS), sessions)[of]
    kind = random.choice(len(_TYPES), n, p=_TYPE_SHARES)
    measured = (kind == 0) & (random.random(n) < 0.2)
    told = pl.DataFrame({
        "event_id": _ids("E", n), "occurred_at": _iso(at),
        "customer_id": _pick(_ids("C", shop.customers), who, known), "anon_id": _pick(_ids("V", shop.customers), who, ~known),
        "type": _pick(list(_TYPES), kind), "channel": _pick(list(CHANNELS), channel),
        "product_id": _pick(_ids("P", shop.products), (random.random(n) ** 2 * shop.products).astype(int), random.random(n) > 0.04),
        "store_id": _pick(_ids("S", shop.stores), random.integers(0, shop.stores, sessions)[of], channel == CHANNELS.index("pos")),
        "seq": np.arange(n), "fg_ms": pl.Series(random.integers(0, 900_000, n)).set(pl.Series(~measured), None),
    })  # fmt: skip
    return pl.concat([told, told.head(n // 100)])  # some of them twice
