"""A drawn company of two agents who share ground: crowded cells, sparse cells, and cells of a single person."""

import datetime as dt
import random

import h3
import polars as pl

from schema.coding import spelled
from schema.marts import MARTS, Marts
from tests.answers.tiny import GOODS, PLACES, SNAPSHOT, line, marts, order, person, spell
from warehouse.mart_neighbours import neighbours_mart

AGENT_OF = {"S1": "AG1", "S2": "AG2", "S3": "AG2"}
HOMES = [(31.30 + 0.06 * step, 120.60) for step in range(6)]
"""Each in another r7 cell."""

_CROWD = (120, 90, 40, 12, 5, 1)
_FIRST = dt.date(2026, 5, 1)


def drawn(seed=11):
    """Orders, lines and people of the company."""
    rng = random.Random(seed)  # noqa: S311  (a company, not a secret)
    people, orders = [], []
    homes = [home for home, count in zip(HOMES, _CROWD, strict=True) for _ in range(count)]
    for key, (lat, lng) in enumerate(homes, start=1):
        store = rng.choices(["S1", "S2", "S3"], [4, 4, 1])[0]
        people.append(person(key, lat, lng, store, 500.0))
        for _ in range(rng.choice([1, 1, 2, 4])):
            day = _FIRST + dt.timedelta(days=rng.randrange(197))
            sold_at = store if rng.random() < 0.8 else rng.choice(["S1", "S2", "S3"])
            owner = store if rng.random() < 0.9 else rng.choice(["S1", "S2", "S3"])
            channel = "pos" if rng.random() < 0.9 else "app"
            orders.append(
                order(len(orders) + 1, key, f"{day}", rng.randrange(100, 9_000), store=sold_at, owner=owner,
                      channel=channel)
            )  # fmt: skip
    return orders, people


def company(orders, people, before=None):
    """The marts of these rows, with what is published of neighbours."""
    lines = [line(row, "P1", size="M") for row in orders]
    bindings = [spell(row["customer_key"], row["customer_key"], row["owner_store_id"], "2026-01-10") for row in people]
    found = marts(orders=orders, lines=lines, people=people, places=PLACES, goods=GOODS, bindings=bindings)
    published = neighbours_mart(
        spelled(found.orders), found.people, found.places, before=before, as_of=SNAPSHOT.as_of, is_bound=True
    )
    return with_neighbours(found, published)


def with_neighbours(rows, published):
    """The same marts with other neighbours."""
    schema = MARTS["neighbours"].create_empty().schema
    kept = published.select([pl.col(name).cast(kind) for name, kind in schema.items()])
    return Marts(**{name: getattr(rows, name) for name in MARTS if name != "neighbours"}, neighbours=kept)


def cell_of_home(row):
    """The r7 cell of a person's home, by another way than the product's."""
    return h3.str_to_int(h3.latlng_to_cell(row["home_lat"], row["home_lng"], 7))
