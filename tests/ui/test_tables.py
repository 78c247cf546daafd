"""A table on screen: whole metres, money in whole units, and on a phone no more than fits."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest
import streamlit as st

from ui import tables

ROWS = pl.DataFrame({
    "store_id": ["S1", "S2"], "orders": [3, 1], "net_minor": [12_850, None], "leakage": [0.25, None],
    "median_detour_m": [6_421.8, None],
})  # fmt: skip


@pytest.fixture
def bars() -> list[dict[str, Any]]:
    """How each table was to be drawn."""
    return []


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch, bars: list[dict[str, Any]]) -> list[pl.DataFrame]:
    """What was handed to the screen, on a browser that is no phone."""
    found: list[pl.DataFrame] = []

    def draw(shown: Any, **looks: Any) -> None:
        found.append(pl.DataFrame(shown))
        bars.append(looks)

    monkeypatch.setattr(st, "dataframe", draw)
    monkeypatch.setattr(st.column_config, "ProgressColumn", lambda *_, **__: "bar")
    on(monkeypatch, is_phone=False)
    return found


def test_a_rank_is_a_bar_where_there_is_room_for_one(
    drawn: list[pl.DataFrame], bars: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: dict[str, Any] = {"columns": ["store_id", "orders"], "phone": ("store_id", "orders"), "rank": "orders"}
    tables.show_table(ROWS, key="a", **wanted)
    on(monkeypatch, is_phone=True)
    tables.show_table(ROWS, key="b", **wanted)
    assert len(drawn) == 2
    assert [looks["column_config"]["orders"] == "bar" for looks in bars] == [True, False]


def on(monkeypatch: pytest.MonkeyPatch, *, is_phone: bool) -> None:
    monkeypatch.setattr(tables, "has_view", lambda: True)
    monkeypatch.setattr(tables, "current_view", lambda: SimpleNamespace(is_phone=is_phone))


def test_money_rates_and_distances_are_said_in_units_of_people(drawn: list[pl.DataFrame]) -> None:
    tables.show_table(ROWS, key="a", currency="CNY")
    assert drawn[0].rows() == [("S1", 3, 128.5, 25.0, 6_422), ("S2", 1, None, None, None)]
    assert drawn[0].schema["median_detour_m"] == pl.Int64  # so that thousands are marked


def test_tenths_of_thousands_are_not_shown(drawn: list[pl.DataFrame]) -> None:
    rows = pl.DataFrame({"interest": [31_851.12, 2.5], "effect": [999.94, -2.5], "odds": [float("inf"), 5_000.5]})
    tables.show_table(rows, key="a")
    assert drawn[0].rows() == [(31_851, 999.94, float("inf")), (2, -2.5, 5_000.5)]
    assert drawn[0].schema["interest"] == pl.Int64


def test_a_raw_table_is_shown_as_it_is(drawn: list[pl.DataFrame]) -> None:
    tables.show_table(ROWS, key="a", as_given=True)
    assert drawn[0].equals(ROWS)


def test_a_phone_gets_the_columns_that_fit_and_a_wide_screen_all(
    drawn: list[pl.DataFrame], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted: dict[str, Any] = {"columns": ["store_id", "orders", "leakage"], "phone": ("store_id", "leakage")}
    tables.show_table(ROWS, key="a", **wanted)
    on(monkeypatch, is_phone=True)
    tables.show_table(ROWS, key="b", **wanted)
    tables.show_table(ROWS, key="c")
    assert [one.columns for one in drawn] == [
        ["store_id", "orders", "leakage"], ["store_id", "leakage"], ROWS.columns,
    ]  # fmt: skip


def test_a_table_is_made_ready_once_and_columns_that_arrow_says_otherwise_go_the_long_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(st, "dataframe", lambda shown, **_: sent.append(shown))
    monkeypatch.setattr(tables, "has_view", lambda: False)
    for _ in range(2):
        tables.show_table(ROWS, key="a", currency="CNY")
    tables.show_table(ROWS, key="b", currency="CNY", columns=["orders"])
    tables.show_table(ROWS.with_columns(at=pl.datetime(2026, 11, 23)), key="c")
    assert sent[0] is sent[1]
    assert sent[0].column_names == ROWS.columns
    assert sent[2].column_names == ["orders"]
    assert isinstance(sent[3], pl.DataFrame)
