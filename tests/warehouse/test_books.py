import datetime as dt
import os
import signal
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from schema.errors import BusyError, ContractError, UsageError
from schema.marts import MARTS
from schema.scope import LOCAL_OWNER
from tests.warehouse.typed import at, customer, in_one_file_each, marts, order, store, table, take
from warehouse import api
from warehouse.behaviour import BEHAVIOUR
from warehouse.books import ownership_of
from warehouse.layout import BOOKS, STORED
from warehouse.sales import SALES
from warehouse.storage import writer_lock

pytestmark = pytest.mark.usefixtures("data_folder")

ROOT = Path(__file__).parents[2]
STORES = table("stores", store("S1", 31.1, 121.0), store("S2", 31.01, 121.0, row=2))


def book(name, *rows):
    return pl.DataFrame(list(rows), schema=STORED[BOOKS[name]])


def spell(key, store_id, since, until=None, **more):
    return {
        "binding_id": f"B{key}-{since}", "customer_key": key, "store_id": store_id,
        "agent_id": store_id and f"A{store_id}", "status": "exact" if store_id else "unassigned", "method": "geo",
        "cause": "registered", "tie_break": "", "registered_at": at(since), "bound_at": at(since),
        "valid_from": at(since), "valid_to": until and at(until), "policy_version": 1, "recorded_at": at(since), **more,
    }  # fmt: skip


def share(seq, **more):
    return {
        "seq": seq, "kind": "accrual", "receiver_kind": "store", "receiver_id": "S1", "store_id": "S1",
        "agent_id": "AS1", "amount_minor": 30, "currency": "CNY", "at": at("2026-03-02 04:00"),
        "local_on": dt.date(2026, 3, 2), "month": "2026-03", **more,
    }  # fmt: skip


def publish(*, sequence=None, **books):
    return api.publish_books("real", books, sequence=sequence or {"bindings": 1})


def test_published_books_are_marts_and_the_snapshot_says_how_far_the_ledger_was():
    take(STORES, table("orders", order("O1", row=1)))
    before = api.open_snapshot("real")
    bound = book("bindings", spell(7, "S1", "2026-03-01 00:00"))
    assert (before.ledger, publish(bindings=bound, shares=book("shares", share(1)), sequence={"entries": 1})) == ({}, 2)
    now = api.open_snapshot("real")
    assert (now.number, now.ledger, now.currencies, now.zone) == (2, {"entries": 1}, ("CNY",), "Asia/Shanghai")
    assert now.read("ownership").rows() == [(7, "S1", "AS1", at("2026-03-01 00:00"), None)]
    found = marts()
    assert (found.bindings.equals(bound), found.shares["amount_minor"].to_list()) == (True, [30])
    assert (found.attempts.height, found.statements.height, found.orders.height) == (0, 0, 1)


def test_publishing_the_same_again_publishes_nothing():
    take(STORES)
    rows = [spell(7, "S1", "2026-03-01 00:00"), spell(3, None, "2026-03-01 00:00")]
    assert publish(bindings=book("bindings", *rows)) == 2
    assert publish(bindings=book("bindings", *reversed(rows))) is None
    assert api.open_snapshot("real").number == 2


def test_a_table_that_is_not_named_stays():
    take(STORES)
    publish(bindings=book("bindings", spell(7, "S1", "2026-03-01 00:00")))
    assert publish(shares=book("shares", share(1)), sequence={"bindings": 1, "entries": 1}) == 3
    assert (marts().bindings.height, marts().shares.height) == (1, 1)


def test_before_the_first_import_there_is_nothing_to_publish_to():
    assert publish(bindings=book("bindings", spell(7, "S1", "2026-03-01 00:00"))) is None


def test_books_survive_imports_and_rebuilding():
    take(STORES)
    publish(bindings=book("bindings", spell(7, "S1", "2026-03-01 00:00")), sequence={"bindings": 9})
    take(table("customers", customer("C1")))
    assert api.rebuild("real") == 4
    assert (api.open_snapshot("real").ledger, marts().bindings.height) == ({"bindings": 9}, 1)


def test_a_table_that_the_ledger_does_not_have_or_without_a_column_is_refused():
    take(STORES)
    with pytest.raises(
        UsageError, match=r"^wages: no table of the ledger; there are bindings, attempts, shares, statements\.$"
    ):
        publish(wages=pl.DataFrame())
    with pytest.raises(ContractError, match=r"^shares: lacks seq; a copy"):
        publish(shares=book("shares").drop("seq"))
    with writer_lock("real"), pytest.raises(BusyError):
        publish(shares=book("shares"))


def test_adjoining_spells_of_one_owner_are_one_ownership():
    days = [f"2026-03-0{n} 00:00" for n in range(1, 6)]
    spells = [spell(7, who, a, b) for who, a, b in zip(("S1", "S1", None, "S2"), days, days[1:], strict=False)]
    later = spell(7, "S2", "2026-03-06 00:00")
    rows = ownership_of(book("bindings", *spells, later)).select("store_id", "valid_from", "valid_to").rows()
    assert rows == [
        ("S1", at(days[0]), at(days[2])),
        (None, at(days[2]), at(days[3])),
        ("S2", at(days[3]), at(days[4])),
        ("S2", at("2026-03-06 00:00"), None),
    ]


def test_a_snapshot_of_an_older_format_opens_without_books(data_folder, monkeypatch):
    monkeypatch.setattr("warehouse.snapshots.MART_FORMAT", 1)
    take(STORES)
    in_one_file_each(data_folder / "real/warehouse/marts/1")
    for name in ("bindings", "attempts", "shares", "statements", "territories", "travel"):
        (data_folder / "real/warehouse/marts/1" / f"{name}.parquet").unlink()
    assert (marts().bindings.height, marts().places.height) == (0, 2)


WRITER = """
import os, signal, sys
from tests.warehouse.test_books import book, share, spell
from warehouse import api, commits
step = sys.argv[1]
def stop(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
if step == "after tables":
    commits.build_marts = commits.link_marts = stop
elif step == "after marts":
    commits.publish = stop
found = {"shares": book("shares", share(1), share(2))}
if sys.argv[2] == "owners too":
    found["bindings"] = book("bindings", spell(7, "S2", "2026-03-01 00:00"))
api.publish_books("real", found, sequence={"entries": 2})
"""


@pytest.mark.parametrize("step", ["after tables", "after marts"])
@pytest.mark.parametrize("what", ["owners too", "money alone"])
def test_killed_before_the_publication_the_old_snapshot_stands(step, what):
    take(STORES, table("orders", order("O1", row=1)))
    publish(shares=book("shares", share(1)), sequence={"entries": 1})
    done = subprocess.run([sys.executable, "-c", WRITER, step, what], cwd=ROOT, env=os.environ, check=False)
    assert done.returncode == -signal.SIGKILL
    now = api.open_snapshot("real")
    assert (now.number, now.ledger, api.load_marts(now, LOCAL_OWNER).shares.height) == (2, {"entries": 1}, 1)
    take(table("customers", customer("C1")))
    assert (marts().bindings.height, marts().shares.height) == (0, 1)
    assert publish(shares=book("shares", share(1), share(2)), sequence={"entries": 2}) == 4
    assert marts().shares["seq"].to_list() == [1, 2]


def test_when_no_owner_changes_the_other_marts_are_those_of_before(data_folder):
    take(STORES, table("orders", order("O1", row=1)))
    publish(bindings=book("bindings", spell(7, "S1", "2026-03-01 00:00")))
    publish(shares=book("shares", share(1)), sequence={"bindings": 1, "entries": 1})
    folder = data_folder / "real/warehouse/marts"
    whole = [*(name for name in MARTS if name not in {*BEHAVIOUR, *SALES}), "orders/2026-03"]
    same = [name for name in whole if (folder / f"2/{name}.parquet").samefile(folder / f"3/{name}.parquet")]
    assert same == [name for name in whole if name != "shares"]
    linked = marts()
    assert api.rebuild("real") == 4
    assert all(getattr(linked, name).equals(getattr(marts(), name)) for name in MARTS)


def test_a_binding_of_the_same_owner_seen_anew_changes_no_owner(data_folder):
    take(STORES, table("orders", order("O1", row=1)))
    publish(bindings=book("bindings", spell(7, "S1", "2026-03-01 00:00")))
    version = api.open_snapshot("real").versions["ownership"]
    assert publish(bindings=book("bindings", spell(7, "S1", "2026-03-01 00:00", status="contested"))) == 3
    assert (api.open_snapshot("real").versions["ownership"], marts().bindings["status"].to_list()) == (
        version,
        ["contested"],
    )


def test_a_disk_without_second_names_gets_copies(data_folder, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    take(STORES, table("orders", order("O1", row=1)))
    assert publish(shares=book("shares", share(1))) == 2
    assert (marts().orders.height, marts().shares.height) == (1, 1)
