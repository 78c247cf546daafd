"""A few weeks of a small shop with everything that makes dwell hard."""

import datetime as dt
import random

from tests.warehouse.typed import customer, event, order, store, table, take

START = dt.datetime(2026, 1, 24, 10, tzinfo=dt.UTC)
KINDS = ("view", "view", "view", "ping", "ping", "activity", "hide", "leave", "cart")


def stamp(moment):
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def walks(chance, visitors=60):
    """Events of visitors who come back over three months, with pauses around every limit, ties and pings."""
    rows = []
    for visitor in range(visitors):
        moment = START + dt.timedelta(minutes=chance.randrange(60 * 24 * 60))
        for n in range(20):
            moment += dt.timedelta(seconds=chance.choice((0, 0.25, 4, 10, 31, 179, 180, 181, 1799, 1800, 1801, 90_000)))
            rows.append(event(
                f"e{visitor}-{n:02d}", when=stamp(moment), kind=chance.choice(KINDS), anon=f"d{visitor}",
                customer=f"C{visitor % 20}" if visitor % 3 else None,
                product=chance.choice(("P1", "P2", "P3", "P9", None)), row=len(rows) + 1,
                fg_ms=chance.choice((None, None, None, 0, 12_345, 700_000)),
                seq=chance.choice((None, 1, 2)), channel=chance.choice(("web", "app")),
            ))  # fmt: skip
    return rows


def signing_in(chance, devices=25):
    """Events of devices on which one or two customers sign in and out, in visits around midnight and across days."""
    rows = []
    for device in range(devices):
        moment = START + dt.timedelta(minutes=chance.randrange(60 * 24 * 60))
        users = (None, None, None, f"C{device % 20}", f"C{device % 20}", f"C{(device * 7 + 3) % 20}")
        for n in range(24):
            moment += dt.timedelta(seconds=chance.choice((0, 7, 60, 60, 900, 1800, 1801, 9_000, 30_000)))
            rows.append(event(
                f"s{device}-{n:02d}", when=stamp(moment), kind=chance.choice(KINDS), anon=f"s{device}",
                customer=chance.choice(users if device % 2 else users[:5]), product=chance.choice(("P1", "P2", None)),
                row=len(rows) + 1, seq=chance.choice((None, 1)),
            ))  # fmt: skip
    return rows


def take_company():
    chance = random.Random(5)  # noqa: S311  (a repeatable shop, not a secret)
    products = [{"product_id": f"P{n}", "category": c, "_row": n, "_minor": 0} for n, c in ((1, "Coats"), (2, "Caps"))]
    people = [customer(f"C{n}", row=n + 1, is_staff=n == 7, is_test=n == 8) for n in range(20)]
    by_hour = [
        event(f"h{n}", when=stamp(START + dt.timedelta(hours=n // 2)), anon=f"x{n % 5}", row=n + 1) for n in range(60)
    ]
    orders = [
        order(
            f"o{n}", customer=f"C{n % 20}", net=100 + n, minor=100 + n, row=n + 1,
            when=stamp(START + dt.timedelta(hours=17 * n)), selling_store_id=chance.choice(("S1", "S2", None)),
            status="cancelled" if n % 11 == 0 else "paid", is_test=n % 13 == 0,
        )
        for n in range(120)
    ]  # fmt: skip
    take(
        table("stores", store("S1", 31.2, 121.4), store("S2", 30.2, 120.2, row=2)),
        table("products", *products),
        table("customers", *people),
        table("orders", *orders),
        table("events", *walks(chance)),
        table("events", *by_hour, file="hourly.csv"),
        table("events", *signing_in(random.Random(8)), file="signing_in.csv"),  # noqa: S311  (as above)
    )
