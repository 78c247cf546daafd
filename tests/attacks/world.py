"""A drawn company in two states: with and without the customers of whom an agent must learn nothing.

Row numbers are given as the product gives them, over the whole company: an agent's rows have gaps where others' lie.
"""

import dataclasses

import polars as pl

from schema.coding import spelled
from tests.answers import crowd
from tests.answers.tiny import (
    GOODS,
    PLACES,
    SNAPSHOT,
    STORES,
    attempt,
    entry,
    line,
    marts,
    order,
    settled,
    spell,
    visit,
)
from warehouse.mart_neighbours import neighbours_mart

AGENTS = ("AG1", "AG2")
K = 10
_PRODUCTS = ("P1", "P2", "P3")
_KEYS = ("order_key", "customer_key", "local_on", "goods_net_minor", "store_id", "owner_store_id", "channel")


def other_of(agent):
    return AGENTS[1 - AGENTS.index(agent)]


def drawn(seed):
    """Orders, as short tuples, and people."""
    rows, people = crowd.drawn(seed)
    return [tuple(row[name] for name in _KEYS) for row in rows], people


def company(orders, people, gone=frozenset()):
    """All marts of these rows, without some customers and everything they ever did."""
    kept = sorted((row for row in orders if row[1] not in gone), key=lambda row: (row[2], row[0]))
    sold = [
        order(number, who, f"{on}", net, store=store, owner=owner, channel=channel)
        for number, (_, who, on, net, store, owner, channel) in enumerate(kept, start=1)
    ]
    left = [row for row in people if row["customer_key"] not in gone]
    held = marts(
        orders=sold,
        lines=[line(row, _PRODUCTS[row["customer_key"] % 3], size="M") for row in sold],
        people=left,
        places=PLACES,
        goods=GOODS,
        visits=_visits(sold),
        bindings=_spells(left),
        attempts=_attempts(sold),
        shares=_entries(sold, [f"O{row[0]}" for row in kept]),
        statements=[settled("2026-09", agent, 0, 5_000, 0, 0, 5_000) for agent in AGENTS],
    )
    published = neighbours_mart(
        spelled(held.orders), held.people, held.places, before=None, as_of=SNAPSHOT.as_of, is_bound=True
    )
    return crowd.with_neighbours(held, published)


def snapshot_of(rows):
    """The snapshot as it tells how many rows there are."""
    return dataclasses.replace(SNAPSHOT, rows={"orders": 0, "customers": rows.people.height})


def _visits(sold):
    rows = []
    for number, row in enumerate(sold, start=1):
        product, seconds = _PRODUCTS[row["customer_key"] % 3], 20 + row["customer_key"] % 90
        rows.append(
            visit(row["customer_key"], f"{row['local_on']}", product, seconds, owner=row["owner_store_id"],
                  store=row["store_id"] if row["channel"] == "pos" else None, linger=seconds > 60, session=number)
        )  # fmt: skip
    return rows


def _spells(people):
    return [
        spell(number, row["customer_key"], row["owner_store_id"], "2026-01-10") for number, row in enumerate(people, 1)
    ]


def _attempts(sold):
    return [
        attempt(row["customer_key"], f"{row['local_on']}", row["store_id"], row["owner_store_id"], "rejected_protected")
        for row in sold
        if row["store_id"] != row["owner_store_id"]
    ]


def _entries(sold, order_ids):
    """To each order's owner: the store and its agent, in the order of time; the shop gave the order its id."""
    rows = []
    for row, order_id in zip(sold, order_ids, strict=True):
        store = row["owner_store_id"]
        pool = row["goods_net_minor"] // 10
        for receiver, amount in ((store, pool * 2 // 3), (STORES[store][0], pool - pool * 2 // 3)):
            rows.append(
                entry(len(rows) + 1, "accrual", receiver, amount, f"{row['local_on']}", of=row, pool=pool)
                | {"order_id": order_id}
            )
    return rows


def hidden(orders, people, world, agent):
    """Customers of the other agent alone, of whom nothing is published and nothing is the agent's to read."""
    other = other_of(agent)
    units = world.neighbours.filter(pl.col("agent_id") == other).rows(named=True)
    cell = {row["customer_key"]: crowd.cell_of_home(row) for row in people}
    stores = {store for store, (owner, *_) in STORES.items() if owner == other}
    seen = set()
    for _, who, on, _, store, owner, _ in orders:
        is_held = any(u["cell"] == cell[who] and u["from_on"] <= on < u["to_on"] for u in units)
        if is_held or store not in stores or owner not in stores:
            seen.add(who)
    return {row["customer_key"] for row in people if row["owner_store_id"] in stores} - seen
