import contextlib
import datetime as dt
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import polars as pl
import pytest

from ledger import store
from ledger.rules import save_rules
from ledger.verify import verify
from records import database
from schema.scope import LOCAL_OWNER
from schema.sharing import standard_rules
from tests.ledger.killed import everything
from warehouse.api import import_files

_ROOT = Path(__file__).parents[2]
_SAMPLE = 8
_FULL = 100


def sources(folder):
    """Thirty customers around two stores, their orders of three months, some of them refunded."""
    stores = ["store_id,agent_id,lat,lng", "S1,A1,1.30,103.80", "S2,A2,1.40,103.90"]
    customers, orders, refunds = (
        ["customer_id,registered_at,home_lat,home_lng,home_src"],
        ["order_id,customer_id,paid_at,placed_at,completed_at,channel,goods_net,currency"],
        ["refund_id,order_id,refunded_at,goods"],
    )
    for n in range(30):
        customers.append(f"C{n},2026-05-01 10:00:{n:02},{1.25 + n / 300:.4f},{103.75 + n / 300:.4f},address")
        for month in (6, 7, 8):
            when = f"2026-{month:02}-{1 + n % 28:02} 12:{n:02}:00"
            orders.append(f"O{n}-{month},C{n},{when},{when},{when if n % 2 else ''},app,{100 + 7 * n}.{n:02},CNY")
        if n % 3 == 0:
            refunds.append(f"X{n},O{n}-6,2026-07-{1 + n % 28:02} 18:00:00,{50 + n}.00")
    tables = {"stores": stores, "customers": customers, "orders": orders, "refunds": refunds}
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    return [folder / f"{name}.csv" for name in tables]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """The data folder before, and the entries and statements of a run that nobody disturbed."""
    home = tmp_path_factory.mktemp("before")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("CATCHLIGHT_DATABASE", raising=False)
        patch.setenv("CATCHLIGHT_HOME", str(home))
        report = import_files(sources(tmp_path_factory.mktemp("files")), zone="Asia/Shanghai", currency="CNY",
                              key_seed=1, trusted=True)  # fmt: skip
        assert all(one.quarantined == 0 for one in report.sources)
        save_rules("real", standard_rules(dt.date(2020, 1, 1)), by=LOCAL_OWNER)
        database.dispose("real")
        whole = tmp_path_factory.mktemp("whole") / "home"
        shutil.copytree(home, whole)
        patch.setenv("CATCHLIGHT_HOME", str(whole))
        everything()
        books = kept()
        database.dispose("real")
    assert set(books[0]["kind"]) == {"accrual", "clawback", "payout"}
    return home, books


def kept():
    """All that must be the same in whatever way it came about."""
    entries = store.entries("real").drop("seq").sort(pl.all())
    statements = store.statements("real").select("statement_id", pl.selectors.ends_with("_minor"), "entries")
    return entries, statements.sort("statement_id")


@pytest.fixture
def children():
    """A process that starts a child for every data folder it is told."""
    parent = subprocess.Popen(
        [sys.executable, "-W", "error", "-m", "tests.ledger.killed"],
        cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    yield parent
    parent.communicate()


def killed_run(children, home, wait_s, *, spoken):
    """Let a child work for a while (from its first word, if ``spoken``), kill it; what it had acknowledged."""
    children.stdin.write(f"{home}\n")
    children.stdin.flush()
    pid = int(children.stdout.readline())
    told = home / "told"
    patience = time.monotonic() + 60
    while spoken and not told.exists() and time.monotonic() < patience:
        time.sleep(0.01)
    time.sleep(wait_s)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    assert children.stdout.readline() == "gone\n"
    return [row.split() for row in told.read_text(encoding="ascii").splitlines()] if told.exists() else []


def attack(undisturbed, children, tmp_path, monkeypatch, kills):
    before, books = undisturbed
    chance = random.Random(20261122)  # noqa: S311  (instants to kill at, repeatable)
    monkeypatch.delenv("CATCHLIGHT_DATABASE", raising=False)
    acknowledged = 0
    for at in range(kills):
        home = tmp_path / f"kill{at}"
        shutil.copytree(before, home)
        monkeypatch.setenv("CATCHLIGHT_HOME", str(home))
        told = killed_run(children, home, chance.uniform(0.1, 1.0), spoken=at % 2 == 1)
        everything()
        with database.reading("real") as connection:
            for table, seq, row_hash in told:
                found = connection.exec_driver_sql(f"SELECT row_hash FROM {table} WHERE seq = {int(seq)}").scalar_one()
                assert found == row_hash
        acknowledged += len(told)
        entries, statements = kept()
        assert entries.equals(books[0])
        assert statements.equals(books[1])
        assert verify("real").ok
        database.dispose("real")
        shutil.rmtree(home)
    assert acknowledged


def test_killed_at_any_instant_nothing_is_lost_or_doubled(undisturbed, children, tmp_path, monkeypatch):
    attack(undisturbed, children, tmp_path, monkeypatch, _SAMPLE)


@pytest.mark.long
def test_killed_a_hundred_times_nothing_is_lost_or_doubled(undisturbed, children, tmp_path, monkeypatch):
    attack(undisturbed, children, tmp_path, monkeypatch, _FULL)
