"""What is published of neighbours is published once, and only once anybody is bound."""

import polars as pl
import pytest

from schema.scope import Scope
from tests.warehouse.test_books import book, publish, spell
from tests.warehouse.typed import customer, in_one_file_each, line, marts, orders_file, store, table, take
from warehouse import api
from warehouse.frames import load_marts

pytestmark = pytest.mark.usefixtures("data_folder")


def stores():
    return table("stores", store("S1", 31.1, 121.0), store("S2", 31.01, 121.0, row=2))


def bought(numbers, *, when="2026-03-02 04:00", file="orders.csv", store_id="S1"):
    header = {"when": when, "selling_store_id": store_id}
    rows = [line(f"O{n}-{when[:7]}", "1") | {"header": header | {"customer": f"C{n}"}} for n in numbers]
    return orders_file(file, *rows)


def members(count):
    lives = {"home_lat": 31.1, "home_lng": 121.0, "home_src": "address", "home_precision_m": 50.0}
    return table("customers", *[customer(f"C{n}", row=n, **lives) for n in range(count)])


def start(count=12):
    """So many customers near S1, bound to it."""
    take(stores(), members(count))
    keys = marts().people["customer_key"].to_list()
    publish(bindings=book("bindings", *[spell(key, "S1", "2026-01-01 00:00") for key in keys]))


def counts(rows=None):
    return (rows or marts()).neighbours["customer_months"].to_list()


def test_nothing_is_published_before_anybody_is_bound():
    take(stores(), members(12), bought(range(12)))
    take(bought([1], when="2026-04-02 04:00", file="april.csv"))
    assert counts() == []


def test_a_month_is_published_when_it_is_over():
    start()
    take(bought(range(12)))
    assert counts() == []  # the data end on 2 March
    take(bought([1], when="2026-04-02 04:00", file="april.csv"))
    assert marts().neighbours.select("agent_id", "agent_name", "customer_months", "persons", "is_published").rows() == [
        ("AS1", "AS1", 12, 12, True)
    ]


def test_what_was_published_outlives_late_orders_and_a_rebuild():
    start(21)
    take(bought(range(10)), bought([1], when="2026-04-02 04:00", file="april.csv"))
    assert counts() == [10]
    take(bought([10], file="late.csv"))
    assert counts() == [10]
    api.rebuild("real")
    assert counts() == [10]
    take(bought(range(11, 21), file="later.csv"))
    assert counts() == [21]


def test_an_agent_reads_the_groups_of_others_and_none_of_their_customers():
    start()
    take(bought(range(12)), bought([1], when="2026-04-02 04:00", file="april.csv"))
    theirs = load_marts(api.open_snapshot("real"), Scope("agent", "li", "AS2"))
    assert (counts(theirs), theirs.people.height, theirs.orders.height) == ([12], 0, 0)
    assert theirs.neighbours.select(pl.col("persons", "apart").null_count()).row(0) == (1, 1)


def test_a_snapshot_of_an_older_format_opens_without_neighbours(data_folder, monkeypatch):
    monkeypatch.setattr("warehouse.snapshots.MART_FORMAT", 2)
    take(stores())
    (data_folder / "real/warehouse/marts/1/neighbours.parquet").unlink()
    in_one_file_each(data_folder / "real/warehouse/marts/1")
    assert marts().neighbours.is_empty()
    take(bought([1]))
    in_one_file_each(data_folder / "real/warehouse/marts/2")
    assert marts().neighbours.is_empty()
