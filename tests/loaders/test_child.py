from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from loaders import child
from loaders.child import run_in_child, stop_children
from loaders.worker import no_memory, to_wire
from schema.errors import NeedsAnswerError, SourceError, StorageError, UsageError


@pytest.fixture(autouse=True)
def _no_children_left():
    yield
    stop_children()


def orders(folder, rows=3):
    path = folder / "orders.csv"
    path.write_bytes(b"id,name\n" + b"0012,someone with a long name\n" * rows)
    return path


def test_a_child_reads_a_file_and_is_used_again(tmp_path):
    path = orders(tmp_path)
    answer = run_in_child("peek", {"path": str(path)}, seconds=30)
    assert answer["tables"] == [
        {
            "source": "orders.csv",
            "columns": ["id", "name"],
            "rows": 3,
            "bad_rows": 0,
            "encoding": "utf-8",
            "header": True,
            "notes": [],
        }
    ]
    first = child._idle[0].process.pid
    run_in_child("peek", {"path": str(path), "name": "other.csv"}, seconds=30)
    assert [c.process.pid for c in child._idle] == [first]


def test_an_error_comes_across_as_it_was_raised(tmp_path):
    path = tmp_path / "x.csv"
    path.write_bytes(b"%PDF-1.7")
    with pytest.raises(SourceError, match=r"^shop\.csv: is a PDF; Catchlight reads CSV, "):
        run_in_child("peek", {"path": str(path), "name": "shop.csv"}, seconds=30)


def test_an_unknown_task_is_refused():
    with pytest.raises(UsageError, match=r"^Unknown task 'rm'; tasks are inspect, load, peek, cut\.$"):
        run_in_child("rm", {}, seconds=30)


def test_a_question_keeps_its_key_and_choices():
    question = NeedsAnswerError("d/m or m/d?", key="date_order", choices=("dmy", "mdy"), source="o.csv")
    again = child._from_wire(to_wire(question))
    assert isinstance(again, NeedsAnswerError)
    assert (str(again), again.key, again.choices, again.source) == (
        "d/m or m/d?",
        "date_order",
        ("dmy", "mdy"),
        "o.csv",
    )
    assert type(child._from_wire(to_wire(StorageError("full")))) is StorageError


def test_a_file_that_takes_too_long_is_stopped(tmp_path):
    path = orders(tmp_path, 2_000_000)
    with pytest.raises(SourceError) as caught:
        run_in_child("peek", {"path": str(path)}, seconds=0.05)
    assert str(caught.value) == (
        "orders.csv: was not read within 0.05 seconds and was stopped; split it into smaller files."
    )


def test_a_file_that_needs_too_much_memory_costs_one_message(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_PARSE_MEMORY_MIB", "512")
    path = orders(tmp_path, 12_000_000)
    with pytest.raises(SourceError) as caught:
        run_in_child("peek", {"path": str(path)}, seconds=60)
    assert str(caught.value) == (
        "orders.csv: needs more than 512.0 MiB of memory to be read; split it into smaller files."
    )
    assert run_in_child("peek", {"path": str(path), "limit": 5}, seconds=30)["tables"][0]["rows"] == 5


@pytest.mark.parametrize("written", ["12", "much", "-600"])
def test_a_memory_setting_that_makes_no_sense_is_refused(monkeypatch, written):
    monkeypatch.setenv("CATCHLIGHT_PARSE_MEMORY_MIB", written)
    with pytest.raises(UsageError) as caught:
        run_in_child("peek", {"path": "x.csv"}, seconds=30)
    assert str(caught.value) == (
        f"CATCHLIGHT_PARSE_MEMORY_MIB is {written!r}; it must be a whole number of at least 512."
    )


def test_a_child_that_dies_costs_one_message_and_is_replaced(tmp_path):
    small = orders(tmp_path)
    run_in_child("peek", {"path": str(small)}, seconds=30)
    pid = child._idle[0].process.pid
    large = tmp_path / "large.csv"
    large.write_bytes(b"id,name\n" + b'1,a "b\n' * 3_000_000)
    killer = threading.Timer(0.2, os.kill, (pid, signal.SIGKILL))
    killer.start()
    with pytest.raises(
        SourceError, match=r"^large\.csv: could not be read to its end \(exit code -9\); it is probably"
    ):
        run_in_child("peek", {"path": str(large)}, seconds=30)
    killer.join()
    assert run_in_child("peek", {"path": str(small)}, seconds=30)["tables"][0]["rows"] == 3


def test_a_child_that_died_while_waiting_is_replaced_unnoticed(tmp_path):
    path = orders(tmp_path)
    run_in_child("peek", {"path": str(path)}, seconds=30)
    os.kill(child._idle[0].process.pid, signal.SIGKILL)
    child._idle[0].process.wait()
    assert run_in_child("peek", {"path": str(path)}, seconds=30)["tables"][0]["rows"] == 3


def test_a_child_is_replaced_after_many_files(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "MAX_FILES", 2)
    path = orders(tmp_path)
    run_in_child("peek", {"path": str(path)}, seconds=30)
    assert len(child._idle) == 1
    run_in_child("peek", {"path": str(path)}, seconds=30)
    assert child._idle == []


def test_many_threads_share_two_children(tmp_path):
    path = orders(tmp_path)
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(run_in_child("peek", {"path": str(path)}, seconds=30)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert len(child._idle) <= 2


def test_a_small_file_that_claims_to_be_huge_is_called_damaged():
    assert no_memory("o.xls", 6 << 30, 9728) == (
        "o.xls: is damaged: it claims to need far more memory than a file of 9.5 KiB can."
    )


def test_a_child_starts_quickly(tmp_path):
    path = orders(tmp_path)
    start = time.perf_counter()
    run_in_child("peek", {"path": str(path)}, seconds=30)
    assert time.perf_counter() - start < 3
