import collections
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from ledger import store
from ledger.verify import verify
from records import database
from tests.ledger.rows import assertion, entry

ROOT = Path(__file__).parents[2]


def _killed_once(first, draw):
    """Start a writer, kill it at a random moment; returns the last batch it had acknowledged."""
    command = [sys.executable, "-m", "tests.ledger.appending", str(first)]
    child = subprocess.Popen(command, cwd=ROOT, env=dict(os.environ), stdout=subprocess.PIPE, text=True)
    last = int(child.stdout.readline())
    time.sleep(draw.uniform(0, 0.15))
    child.send_signal(signal.SIGKILL)
    said = child.stdout.read().split("\n")
    child.stdout.close()
    child.wait()
    whole = [line for line in said[:-1] if line]  # the last one may be cut
    return int(whole[-1]) if whole else last


def _kill(times, seed):
    draw = random.Random(seed)  # noqa: S311  (repeatable, not secret)
    done = -1
    for _ in range(times):
        done = _killed_once(done + 1, draw)
        posted = collections.Counter(key.split("-")[0] for key in _keys())
        lost = [batch for batch in range(done + 1) if posted[f"k{batch}"] != 20]
        assert lost == []
        report = verify("real")
        assert all(v.ok for v in report.tables), report.tables
        again = done + 1  # the parent does not know whether this one was committed
        store.append_entries("real", [entry(f"k{again}-{n}", 1) for n in range(20)])
        store.append_bindings("real", [assertion(again, "2026-01-10 20:00:00")], based_on=0)
        done = again
    keys = _keys()
    assert len(keys) == len(set(keys)) == 20 * (done + 1)
    assert store.entries("real")["amount_minor"].sum() == 20 * (done + 1)
    assert store.binding_log("real")["customer_key"].to_list() == list(range(done + 1))


def _keys():
    with database.reading("real") as connection:
        return list(connection.exec_driver_sql("SELECT entry_key FROM entries ORDER BY seq").scalars())


def test_ten_kills_lose_nothing_and_double_nothing(database_url):
    _kill(10 if database_url is None else 3, 1)


@pytest.mark.long
def test_a_hundred_kills_lose_nothing_and_double_nothing(database_url):
    _kill(100, 2)
