"""A small company whose every word is somebody's attempt: names, ids, places, categories and files."""

from __future__ import annotations

import csv
import datetime as dt
import io
from typing import TYPE_CHECKING

from ledger import api as ledger
from schema.scope import LOCAL_OWNER
from schema.sharing import standard_rules
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

FIRST = dt.datetime(2026, 1, 5, 10)  # noqa: DTZ001  (files hold stamps without a zone)
STORES, PRODUCTS, CUSTOMERS, ORDERS = 12, 12, 36, 240


def _table(rows: Sequence[Mapping[str, object]]) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def _stamp(hours: float) -> str:
    return f"{FIRST + dt.timedelta(hours=hours):%Y-%m-%d %H:%M:%S}"


def tables(word: Callable[[str, int], str]) -> dict[str, str]:
    """CSV files by name; ``word(what, number)`` makes each name and id."""

    def near(number: int) -> tuple[float, float]:
        return 31.2 + 0.02 * (number % STORES), 121.4 + 0.015 * (number * 5 % STORES)

    stores = [
        {
            "store_id": word("store", i), "store_name": word("shop", i), "type": "franchise",
            "agent_id": word("agent", i % 4), "city": word("city", i % 3), "district": word("district", i),
            "lat": near(i)[0], "lng": near(i)[1], "datum": "WGS-84", "opened_on": "2024-01-01",
        }
        for i in range(STORES)
    ]  # fmt: skip
    agents = [{"agent_id": word("agent", i), "name": word("trader", i)} for i in range(4)]
    guides = [{"guide_id": word("guide", i), "store_id": word("store", i)} for i in range(STORES)]
    products = [
        {
            "product_id": word("product", i),
            "product_name": word("goods", i),
            "category": word("category", i % 6),
            "list_price": 100 + i,
        }
        for i in range(PRODUCTS)
    ]
    customers = [
        {
            "customer_id": word("customer", i), "registered_at": _stamp(i), "city": word("city", i % 3),
            "home_lat": near(i)[0] + 0.0004 * (i % 7), "home_lng": near(i)[1] + 0.0005 * (i % 5), "datum": "WGS-84",
            "home_src": "address",
        }
        for i in range(CUSTOMERS)
    ]  # fmt: skip
    orders = [
        {
            "order_id": word("order", i), "customer_id": word("customer", i % CUSTOMERS), "order_date": _stamp(40 + 19 * i),
            "product_id": word("product", i % PRODUCTS), "quantity": 1, "amount": f"{50 + i % 17}.00",
            "channel": "pos", "store_id": word("store", (i + i // CUSTOMERS) % STORES), "size": word("size", i % 3),
        }
        for i in range(ORDERS)
    ]  # fmt: skip
    events = [
        {
            "event_id": f"E{i}", "event_time": _stamp(40 + 19 * (i // 2) + i % 2 * 0.01), "anon_id": f"V{i % CUSTOMERS}",
            "customer_id": word("customer", i % CUSTOMERS), "event_type": "view", "product_id": word("product", i % PRODUCTS),
            "channel": "app", "foreground_ms": 4000 + 37 * i,
        }
        for i in range(2 * ORDERS)
    ]  # fmt: skip
    territories = [
        {
            "territory_id": word("territory", i), "agent_id": word("agent", i % 4), "store_id": word("store", i),
            "kind": "radius_m", "value": "2000", "protects": "opening", "valid_from": "2024-01-01",
        }
        for i in range(4)
    ]  # fmt: skip
    found: dict[str, Sequence[Mapping[str, object]]] = {
        "agents": agents, "stores": stores, "guides": guides, "products": products, "customers": customers,
        "orders": orders, "events": events, "territories": territories,
    }  # fmt: skip
    return {f"{name}.csv": _table(rows) for name, rows in found.items()}


def load(home: Path, word: Callable[[str, int], str]) -> None:
    """Import the company as the owner's own data, bind its customers and book its shares."""
    folder = home / "files"
    folder.mkdir()
    for name, text in tables(word).items():
        (folder / name).write_text(text, encoding="utf-8")
        report = warehouse.import_files(
            [folder / name], mode="real", zone="Asia/Shanghai", currency="CNY", trusted=True
        )
        assert report.snapshot is not None, report
        assert sum(source.quarantined for source in report.sources) == 0, report
    ledger.save_rules("real", standard_rules(dt.date(2026, 1, 1)), by=LOCAL_OWNER)
    ledger.run("real", by=LOCAL_OWNER)
