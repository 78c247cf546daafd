"""DuckDB is asked for the same dwells that we tell."""

from __future__ import annotations

import datetime as dt
import sys
from functools import partial

import polars as pl
import pytest

from benchmarks import sessions
from benchmarks.sessions import duckdb_line
from metrics.sessions import sessionise

NOON = dt.datetime(2026, 11, 15, 12, tzinfo=dt.UTC)
HAPPENED = [
    (1, 0, None, "view", None),
    (1, 45, None, "view", None),
    (1, 405, None, "cart", None),
    (1, 420, None, "view", None),
    (1, 3_000, None, "view", 700_000),
    (2, 10, 2, "view", None),
    (2, 10, 1, "leave", None),
    (2, 15, None, "ping", None),
    (2, 25, None, "ping", None),
    (2, 30, None, "hide", None),
    (2, 31, None, "ping", None),
    (3, 5, None, "ping", None),
    (3, 9, None, "view", None),
    (3, 9, None, "hide", None),
]


@pytest.fixture
def events() -> pl.DataFrame:
    rows = [(number, *row[:1], NOON + dt.timedelta(seconds=row[1]), *row[2:]) for number, row in enumerate(HAPPENED)]
    return pl.DataFrame(
        rows,
        schema={
            "event_id": pl.UInt32,
            "visitor": pl.Int64,
            "occurred_at": pl.Datetime("us", "UTC"),
            "seq": pl.Int64,
            "type": pl.String,
            "fg_ms": pl.Int64,
        },
        orient="row",
    ).with_columns(product_id=pl.lit("P1"))


def test_duckdb_tells_the_same_dwells(events: pl.DataFrame) -> None:
    pytest.importorskip("duckdb")
    line = duckdb_line(events)
    assert line.value is not None
    assert "the same 4 dwells" in line.detail  # 45 s, 195 s, 600 s, and 25 s of pings


def test_other_dwells_are_not_compared(events: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("duckdb")
    monkeypatch.setattr(sessions, "sessionise", partial(sessionise, cap_gap_s=60))
    line = duckdb_line(events)
    assert line.value is None
    assert line.detail.startswith("not comparable: DuckDB counts (6, 4, ")


def test_without_duckdb_nothing_is_measured(events: pl.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    line = duckdb_line(events)
    assert line.value is None
    assert line.detail.startswith("not measured: duckdb is not installed")
