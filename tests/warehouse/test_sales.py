"""Marts of money are files of months: only what changed is made anew, and all equal a rebuild."""

from __future__ import annotations

import datetime as dt
import random

import polars as pl
import pytest

from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import customer, frame, line, marts, order, refund, spell_of, store, table, take
from warehouse import api
from warehouse.sales import SALES

pytestmark = pytest.mark.usefixtures("data_folder")

STORES = table("stores", store("S1", 31.2, 121.4), store("S2", 30.2, 120.2))
JAN, FEB, MAR = "2026-01-10 04:00", "2026-02-10 04:00", "2026-03-10 04:00"


def sold(*rows, file="orders.csv"):
    """Orders of one line each: (id, when) and what else the order says."""
    orders = [order(name, when=when, row=n, minor=100, **more) for n, (name, when, more) in enumerate(rows, 1)]
    lines = [line(name, "L1", net=100, row=None, _minor=0) for name, _, _ in rows]
    source = table("orders", *orders, file=file)
    source.tables["order_lines"] = frame(lines)
    return source


def back(*rows, file="refunds.csv"):
    return table("refunds", *(refund(name, of, row=n, **more) for n, (name, of, more) in enumerate(rows, 1)), file=file)


def numbers() -> dict[str, int]:
    """The inode of every money file of the newest snapshot: the same file under another name has the same."""
    folder = api.open_snapshot("real").marts_folder
    return {f"{name}/{file.stem}": file.stat().st_ino for name in SALES for file in (folder / name).glob("*.parquet")}


def remade(before: dict[str, int]) -> set[str]:
    """The months whose orders in the newest snapshot are not the file of before."""
    files = {name: inode for name, inode in numbers().items() if before.get(name) != inode}
    return {name.partition("/")[2] for name in files}


def as_rebuilt() -> None:
    """The marts are those that a rebuild from the stored tables makes."""
    now, snapshot = marts(), api.open_snapshot("real")
    api.rebuild("real")
    anew, rebuilt = marts(), api.open_snapshot("real")
    for name in ("orders", "lines", "refunds", "people", "goods", "neighbours"):
        found, wanted = getattr(now, name), getattr(anew, name)
        assert found.equals(wanted), (name, found, wanted)
    told = [(s.currencies, s.as_of, s.first_on, s.last_on) for s in (snapshot, rebuilt)]
    assert told[0] == told[1]


def test_a_month_of_payment_is_a_file_of_orders_lines_and_refunds():
    take(sold(("O1", JAN, {}), ("O2", MAR, {})), back(("R1", "O1", {"when": "2026-03-20 04:00", "goods": 40})))
    assert sorted(numbers()) == [
        "lines/2026-01", "lines/2026-03", "orders/2026-01", "orders/2026-03", "refunds/2026-01",
    ]  # fmt: skip


def test_an_order_keeps_its_key_while_other_months_grow():
    take(sold(("O1", MAR, {}), ("O2", "2026-03-11 04:00", {})))
    first = marts().orders["order_key"].to_list()
    assert first == [(2026 * 12 + 2) * 2**32, (2026 * 12 + 2) * 2**32 + 1]
    take(sold(("O3", JAN, {}), file="late.csv"))
    assert marts().orders["order_key"].to_list() == [(2026 * 12) * 2**32, *first]
    assert marts().lines["order_key"].to_list() == [(2026 * 12) * 2**32, *first]


def test_another_day_makes_its_own_month_alone():
    take(sold(("O1", JAN, {}), ("O2", FEB, {}), ("O3", MAR, {})))
    before = numbers()
    take(sold(("O4", "2026-03-11 04:00", {}), file="more.csv"))
    assert remade(before) == {"2026-03"}
    as_rebuilt()


def test_a_late_refund_reaches_the_month_of_its_order_alone():
    take(sold(("O1", JAN, {}), ("O2", FEB, {}), ("O3", MAR, {})), back(("R0", "O2", {"when": MAR, "goods": 5})))
    before = numbers()
    take(back(("R1", "O1", {"when": "2026-03-20 04:00", "goods": 30}), file="more.csv"))
    assert remade(before) == {"2026-01"}
    assert marts().orders["refunded_minor"].to_list() == [30, 5, 0]
    assert marts().lines["refunded_minor"].to_list() == [30, 5, 0]
    as_rebuilt()


def test_a_return_without_an_order_lies_in_its_own_month():
    take(STORES, sold(("O1", JAN, {}), ("O2", FEB, {})))
    before = numbers()
    take(back(("R1", None, {"when": MAR, "goods": 150, "currency": "EUR"})))
    assert remade(before) == {"2026-03"}
    assert marts().refunds.select("order_key", "local_on").row(0) == (None, dt.date(2026, 3, 10))
    assert api.open_snapshot("real").currencies == ("CNY", "EUR")
    as_rebuilt()


def test_refunds_of_all_months_lie_by_day():
    take(
        sold(("O1", JAN, {}), ("O2", FEB, {})),
        back(("R1", "O1", {"when": MAR}), ("R2", "O2", {"when": FEB}), ("R3", None, {"when": "2026-02-12 04:00"})),
    )
    assert marts().refunds["local_on"].dt.strftime("%m-%d").to_list() == ["02-10", "02-12", "03-10"]


def test_an_order_that_moves_to_another_month_takes_its_refunds_along():
    take(
        sold(("O1", JAN, {}), ("O2", FEB, {}), ("O3", MAR, {})),
        back(("R1", "O2", {"when": "2026-03-20 04:00", "goods": 30})),
    )
    before = numbers()
    take(sold(("O2", "2026-01-20 04:00", {}), file="moved.csv"))
    assert remade(before) == {"2026-01"}
    assert sorted(numbers()) == [
        "lines/2026-01", "lines/2026-03", "orders/2026-01", "orders/2026-03", "refunds/2026-01",
    ]  # fmt: skip
    assert marts().orders["refunded_minor"].to_list() == [0, 30, 0]
    as_rebuilt()


def test_a_cancelled_order_leaves_and_its_refund_with_it():
    take(sold(("O1", JAN, {}), ("O2", FEB, {})), back(("R1", "O1", {"when": MAR, "goods": 30})))
    take(sold(("O1", JAN, {"status": "cancelled"}), file="again.csv"))
    assert (marts().orders.height, marts().lines.height, marts().refunds.height) == (1, 1, 0)
    as_rebuilt()


def test_only_months_in_which_the_owner_was_another_are_made_anew():
    take(STORES, table("customers", customer("C1"), customer("C2")),
         sold(("O1", JAN, {"customer_id": "C1"}), ("O2", FEB, {"customer_id": "C1"}), ("O3", MAR, {"customer_id": "C2"})))  # fmt: skip
    keys = dict(api.open_snapshot("real").read("customer_keys").iter_rows())
    before = numbers()
    api.publish_books("real", {"bindings": spell_of(keys["C1"], "S1", "2026-02-01 00:00")}, sequence={"bindings": 1})
    assert remade(before) == {"2026-02"}
    assert marts().orders["owner_store_id"].to_list() == [None, "S1", None]
    assert marts().lines["owner_store_id"].to_list() == [None, "S1", None]
    as_rebuilt()


def test_a_return_without_an_order_follows_its_customers_owner():
    take(STORES, table("customers", customer("C1")), back(("R1", None, {"when": MAR, "customer_id": "C1"})))
    keys = dict(api.open_snapshot("real").read("customer_keys").iter_rows())
    api.publish_books("real", {"bindings": spell_of(keys["C1"], "S2", "2026-02-01 00:00")}, sequence={"bindings": 1})
    assert marts().refunds["owner_store_id"].to_list() == ["S2"]
    as_rebuilt()


def test_another_category_and_another_agent_reach_old_months():
    take(STORES, sold(("O1", JAN, {"selling_store_id": "S1"}), ("O2", FEB, {})))
    before = numbers()
    take(table("stores", store("S1", 31.2, 121.4, agent_id="AX"), file="stores2.csv"))
    assert remade(before) == {"2026-01"}
    assert marts().orders["agent_id"].to_list() == ["AX", None]
    before = numbers()
    take(table("products", {"product_id": "P1", "category": "Coats", "_row": 1, "_minor": 0}))
    assert remade(before) == {"2026-01", "2026-02"}
    assert marts().lines["category"].to_list() == ["Coats", "Coats"]
    as_rebuilt()


def test_staff_and_test_customers_are_known_in_old_months():
    take(
        sold(("O1", JAN, {"customer_id": "C1"}), ("O2", FEB, {"customer_id": "C2"}), ("O3", MAR, {"customer_id": "C3"}))
    )
    before = numbers()
    take(table("customers", customer("C1", is_staff=True)))
    assert remade(before) == {"2026-01"}
    assert marts().orders["is_staff"].to_list() == [True, False, False]
    take(table("customers", customer("C2", is_test=True), file="tests.csv"))
    assert marts().orders["local_on"].dt.month().to_list() == [1, 3]
    as_rebuilt()


def test_nothing_new_takes_every_file_over():
    take(sold(("O1", JAN, {}), ("O2", FEB, {})), back(("R1", "O1", {"when": MAR})))
    before = numbers()
    take(STORES)
    assert remade(before) == set()


def test_a_snapshot_before_months_of_money_opens_and_the_next_write_makes_it_anew(data_folder, monkeypatch):
    monkeypatch.setattr("warehouse.snapshots.MART_FORMAT", 4)
    take(sold(("O1", JAN, {}), ("O2", FEB, {})), back(("R1", "O1", {"when": MAR, "goods": 30})))
    folder = data_folder / "real/warehouse/marts/1"
    for name in SALES:
        pl.read_parquet(folder / name / "*.parquet").write_parquet(folder / f"{name}.parquet")
        for file in (folder / name).glob("*.parquet"):
            file.unlink()
        (folder / name).rmdir()
    (folder / "sales.json").unlink()
    assert (marts().orders["refunded_minor"].to_list(), marts().refunds.height) == ([30, 0], 1)
    monkeypatch.undo()
    monkeypatch.setenv("CATCHLIGHT_HOME", str(data_folder))
    take(sold(("O3", MAR, {}), file="more.csv"))
    assert marts().orders["refunded_minor"].to_list() == [30, 0, 0]
    as_rebuilt()


@pytest.mark.parametrize("seed", range(6))
def test_any_order_of_imports_gives_what_a_rebuild_gives(seed: int):
    world = random.Random(seed)  # noqa: S311  (repeatable, not secret)

    def moment() -> str:
        return f"2026-{world.randrange(1, 5):02d}-{world.randrange(1, 29):02d} {world.randrange(24):02d}:00"

    take(STORES, sold(*[(f"O{n}", moment(), {"customer_id": f"C{n % 5}"}) for n in range(12)]))
    keys = dict(api.open_snapshot("real").read("customer_keys").iter_rows())
    for turn in range(8):
        file = f"turn{turn}.csv"
        what = world.randrange(7)
        if what in (0, 1):
            status = world.choice(["paid", "paid", "cancelled"])
            more = {"customer_id": f"C{world.randrange(6)}", "status": status, "selling_store_id": "S1"}
            take(sold(*[(f"O{world.randrange(20)}", moment(), more)], file=file))
        elif what in (2, 3):
            of = [world.choice([f"O{world.randrange(20)}", None]) for _ in range(3)]
            rows = [
                (f"R{turn}-{n}", one, {"when": moment(), "goods": world.randrange(1, 60)}) for n, one in enumerate(of)
            ]
            take(back(*rows, file=file))
        elif what == 4:
            since = moment()
            who = keys[f"C{world.randrange(5)}"]
            api.publish_books("real", {"bindings": spell_of(who, "S2", since)}, sequence={"bindings": turn})
        elif what == 5:
            who = f"C{world.randrange(5)}"
            flags = {world.choice(["is_staff", "is_test"]): True}
            home = {"home_lat": 31.2, "home_lng": 121.4, "home_src": "address"} if world.random() < 0.5 else {}
            take(table("customers", customer(who, **{**flags, **home}), file=file))
        else:
            take(table("products", {"product_id": "P1", "category": f"K{turn}", "_row": 1, "_minor": 0}, file=file))
    if seed % 2:
        api.forget("real", "C1", by=LOCAL_OWNER, reason="asked")
    as_rebuilt()
