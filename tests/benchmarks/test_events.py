"""The generator writes what it was asked for, in every form, and the same each time."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from benchmarks.events import Shop, write_day, write_shop

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Shop(events=2_000, orders=300, stores=20, agents=3, products=50, categories=5, customers=100, months=3)


def _local_months(events: pl.DataFrame) -> list[str]:
    at = events["occurred_at"].str.to_datetime("%Y-%m-%dT%H:%M:%S%.3fZ", time_zone="UTC")
    return at.dt.convert_time_zone("Asia/Shanghai").dt.strftime("%Y-%m").unique().sort().to_list()


def test_a_shop_has_exactly_the_rows_that_were_asked_for_each_in_its_own_local_month(tmp_path: Path) -> None:
    write_shop(tmp_path, SMALL)
    events = {name: pl.read_csv(tmp_path / f"events-{name}.csv") for name in ("2026-08", "2026-09", "2026-10")}
    assert sum(frame.height for frame in events.values()) == 2_000
    for name, frame in events.items():
        assert _local_months(frame) == [name]
    whole = pl.concat(events.values())
    assert whole["event_id"].n_unique() == 2_000
    assert whole["occurred_at"].is_sorted()
    assert whole.filter(pl.col("customer_id").is_null() == pl.col("anon_id").is_null()).is_empty()
    assert pl.read_csv(tmp_path / "order_lines-*.csv").height == 600
    assert pl.read_csv(tmp_path / "stores.csv")["agent_id"].n_unique() == 3


def test_the_forms_hold_the_same_events(tmp_path: Path) -> None:
    for form in ("csv", "csv.gz", "parquet"):
        write_shop(tmp_path / form, SMALL, form)
    plain = pl.read_csv(tmp_path / "csv" / "events-2026-09.csv")
    assert plain.equals(pl.read_csv(tmp_path / "csv.gz" / "events-2026-09.csv.gz"))
    columns = pl.read_parquet(tmp_path / "parquet" / "events-2026-09.parquet")
    assert columns.drop("occurred_at").equals(plain.drop("occurred_at"))


def test_the_same_seed_writes_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    for folder, seed in (("a", 7), ("b", 7), ("c", 8)):
        write_shop(tmp_path / folder, dataclasses.replace(SMALL, seed=seed), "csv.gz")
    first, again, other = ((tmp_path / name / "events-2026-08.csv.gz").read_bytes() for name in ("a", "b", "c"))
    assert first == again
    assert first != other


def test_a_day_more_has_ids_of_its_own(tmp_path: Path) -> None:
    write_shop(tmp_path, SMALL)
    day = pl.read_csv(write_day(tmp_path / "day.csv", SMALL, dt.date(2026, 11, 1), 10))
    assert day["event_id"].to_list()[0] == "E00000002000"
    assert _local_months(day) == ["2026-11"]
    assert day.height == 10
