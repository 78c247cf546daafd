"""The demo went through the true import: every row is accounted for, every planted fault was found, and no other."""

from __future__ import annotations

import fcntl
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from demo.__main__ import main
from demo.build import build
from schema.errors import BusyError, StorageError
from schema.scope import LOCAL_OWNER
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from schema.marts import Marts

Truth = dict[str, Any]


@pytest.fixture(scope="module")
def runs(snapshot: warehouse.Snapshot) -> pl.DataFrame:
    return warehouse.source_runs(snapshot)


def test_rows_in_are_accepted_duplicate_or_set_aside(runs: pl.DataFrame) -> None:
    for unit in ("", "_minor"):
        told = pl.col(f"accepted{unit}") + pl.col(f"duplicate{unit}") + pl.col(f"quarantined{unit}")
        name = f"rows_in{unit}"
        assert runs.filter(pl.col(name) != told).is_empty()


def test_p8_the_file_sent_twice_adds_exactly_214_duplicates_and_no_money(runs: pl.DataFrame) -> None:
    twice = runs.filter(pl.col("duplicate") > 0)
    assert twice.select("source", "rows_in", "accepted", "duplicate").rows() == [
        ("pos_2026-09-09_resent.csv", 214, 0, 214)
    ]
    once = runs.filter(pl.col("source") == "pos_2026-09-09.csv")
    assert once["accepted_minor"][0] == twice["duplicate_minor"][0] > 0


def test_p14_exactly_the_planted_rows_are_set_aside(snapshot: warehouse.Snapshot, truth: Truth) -> None:
    told = truth["P14"]
    found = warehouse.quarantine("demo", LOCAL_OWNER, snapshot)
    assert found.height == told["quarantined"]
    by_code = dict(found.group_by("code").len().iter_rows())
    planted = told["quarantine"]
    assert by_code == {
        "E01": planted["events"]["E01"] + planted["customers"]["E01"],
        "E06": 9,
        "E07": planted["location_fixes"]["E07"],
    }


def test_p14_stays_below_the_banner_of_one_percent(runs: pl.DataFrame) -> None:
    by_shape = runs.group_by("shape").agg(pl.col("quarantined").sum() / pl.col("rows_in").sum())
    assert by_shape.filter(pl.col("quarantined") >= 0.01).is_empty()


def test_the_stored_tables_hold_what_was_generated(snapshot: warehouse.Snapshot, truth: Truth) -> None:
    told, faults = truth["about"], truth["P14"]["quarantine"]
    assert snapshot.rows["stores"] == 60
    assert snapshot.rows["products"] == 120
    assert snapshot.rows["customers"] == 40_000
    assert snapshot.rows["orders"] == told["orders"]
    assert snapshot.rows["order_lines"] == told["lines"]
    assert snapshot.rows["refunds"] == told["refunds"]
    assert snapshot.rows["events"] == told["events"] - faults["events"]["E01"] - faults["events"]["E06"]
    assert snapshot.as_of.isoformat() == told["as_of"]
    assert (snapshot.zone, snapshot.currency) == ("Asia/Shanghai", "CNY")


def test_money_agrees_to_the_last_fen(marts: Marts, truth: Truth) -> None:
    assert marts.orders.height == truth["about"]["valid_orders"]
    assert marts.orders["goods_net_minor"].sum() == truth["about"]["goods_minor"]
    assert marts.refunds["goods_minor"].sum() == truth["about"]["refunded_minor"]


def test_the_folder_holds_the_demo_and_no_leftovers(demo_home: Path) -> None:
    # the company's log, on which other tests of this run are kept, lies beside it
    assert {path.name for path in demo_home.iterdir()} - {"real", "hash.key"} == {"demo", "demo.lock"}
    assert (demo_home / "demo" / "truth.json").exists()


def test_a_second_builder_is_told_to_wait(tmp_path: Path) -> None:
    with (tmp_path / "demo.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="another process is building the demo"):
            build(tmp_path)


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way")
    with pytest.raises(StorageError, match="cannot be written"):
        build(blocked)
    assert main(["--out", str(blocked)]) == 5
    assert "Check space and permissions" in capsys.readouterr().err
