"""What the benchmarks measure is real: their company is settled, published and verified like any other."""

import json

import polars as pl
import pytest

from benchmarks.binding import binding_lines
from benchmarks.books import demo_books_line
from benchmarks.books_run import main
from benchmarks.company import write_company
from benchmarks.measure import Line
from warehouse.api import open_snapshot


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    monkeypatch.delenv("CATCHLIGHT_DATABASE", raising=False)
    return tmp_path


def test_the_company_has_the_orders_asked_for_and_the_refunds_of_every_month(home):
    assert write_company(home / "masters", 840, 3) == 280
    snapshot = open_snapshot("real")
    months = snapshot.read("orders").group_by("month").len().sort("month").rows()
    assert months == [("2026-08", 280), ("2026-09", 280), ("2026-10", 280)]
    lines = snapshot.read("order_lines").group_by("source", "order_id").agg(pl.col("net_minor").sum(), pl.len())
    orders = snapshot.read("orders").join(lines, on=["source", "order_id"])
    assert orders.filter(goods_net_minor=pl.col("net_minor"), len=2).height == 840
    assert snapshot.read("refunds").height == 3 * 40
    assert snapshot.read("bindings").height == 280


def test_each_step_of_its_books_does_what_it_says(home, capsys):
    def step(name):
        assert main([name, "--orders", "700"]) == 0
        return json.loads(capsys.readouterr().out.splitlines()[-1])

    assert step("make")["customers"] == 233
    assert step("bind")["rows"] == 233
    settled = step("settle")
    assert settled["months"] == 1
    assert settled["entries"] >= 700
    assert step("publish")["number"] == 3
    verified = step("verify")
    assert (verified["ok"], verified["problems"]) == (True, [])
    replayed = step("simulate")
    assert replayed["orders"] == 700
    assert min(replayed["peak_mb"], replayed["wall_s"], replayed["cpu_s"]) > 0


def test_binding_agrees_with_the_nearest_store(tmp_path):
    bound, new = binding_lines(2_000, tmp_path / "ledger")
    assert (bound.id, bound.value is None, bound.goal) == ("bind", False, 0.02)
    assert "100.00% agree" in bound.detail
    assert (new.id, new.goal, new.value is None) == ("bind_new", 1.0, False)
    assert new.detail.startswith("2,001 customers; ")
    assert not (tmp_path / "ledger").exists()


def test_the_books_part_of_the_demo_begins_with_binding():
    stamps = [(0.0, "Inventing a company"), (12.0, "Binding members to stores"), (18.0, "The demo is ready")]
    line = demo_books_line(stamps, 20.0)
    assert (line.id, line.value, line.passed) == ("demo_books", 30.0, True)
    assert demo_books_line(stamps[:1], 20.0).value is None


def test_a_line_passes_at_its_goal_and_not_beyond():
    assert [Line("x", value, 5.0, "s").passed for value in (4.0, 5.0, 5.1, None)] == [True, True, False, None]
    assert [Line("x", value, 5.0, "s", at_least=True).passed for value in (4.0, 5.0)] == [False, True]
    assert Line("x", 1.0, None, "s").passed is None
