"""After-sales and mismatches between channels, typed by hand."""

from __future__ import annotations

import datetime as dt
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.after_sales import after_sales
from metrics.mismatches import name_mismatches, price_mismatches

DAY = dt.date(2026, 3, 2)
ORDERS: dict[str, Any] = {
    "order_key": pl.Int64, "channel": pl.String, "goods_net_minor": pl.Int64, "refunded_minor": pl.Int64,
}  # fmt: skip
REFUNDS: dict[str, Any] = {
    "order_key": pl.Int64, "local_on": pl.Date, "order_local_on": pl.Date, "reason": pl.String,
}  # fmt: skip
LINES: dict[str, Any] = {"product_id": pl.String, "channel": pl.String, "qty": pl.Float64, "gross_minor": pl.Int64}


def table(schema: dict[str, Any], rows: list[tuple[object, ...]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=schema, orient="row")


def after(days: int) -> dt.date:
    return DAY + dt.timedelta(days)


def test_rate_time_and_reason_by_channel() -> None:
    orders = [
        (1, "live", 10_000, 10_000), (2, "live", 10_000, 0), (3, "live", 20_000, 5_000), (4, "pos", 10_000, 0),
        (5, None, 900, 900),
    ]  # fmt: skip
    refunds = [
        (1, after(4), DAY, "size"), (3, after(8), DAY, "size"), (3, after(12), DAY, "colour"), (3, after(2), DAY, None),
        (5, after(1), DAY, "late"), (9, after(1), DAY, "late"),
    ]  # fmt: skip
    found = after_sales(table(ORDERS, orders), table(REFUNDS, refunds), "channel")
    assert found.rows() == [
        ("live", 3, 2, 40_000, 15_000, 0.375, pytest.approx(2 / 3), 6.0, "size", pytest.approx(2 / 3)),
        ("pos", 1, 0, 10_000, 0, 0.0, 0.0, None, None, None),
    ]


def test_nothing_sold_gives_no_rate_and_no_orders_no_row() -> None:
    free = table(ORDERS, [(1, "pos", 0, 0)])
    assert after_sales(free, table(REFUNDS, []), "channel")["refund_rate"].to_list() == [None]
    assert after_sales(free.clear(), table(REFUNDS, []), "channel").is_empty()


@given(st.lists(st.tuples(st.sampled_from(["a", "b"]), st.integers(0, 1000), st.integers(0, 1000)), max_size=20))
def test_groups_add_up_to_all(rows: list[tuple[str, int, int]]) -> None:
    orders = table(ORDERS, [(n, name, goods, min(goods, back)) for n, (name, goods, back) in enumerate(rows)])
    found = after_sales(orders, table(REFUNDS, []), "channel")
    assert found["orders"].sum() == orders.height
    assert found["refunded_minor"].sum() == orders["refunded_minor"].sum()


def sold(product: str, channel: str, price: int, times: int = 5, qty: float = 1.0) -> list[tuple[object, ...]]:
    return [(product, channel, qty, round(price * qty))] * times


def test_a_product_that_is_dearer_on_one_channel_is_told_and_a_coupon_or_four_lines_are_not() -> None:
    lines = [
        *sold("P1", "pos", 10_000, 5), *sold("P1", "live", 10_000, 4), *sold("P1", "live", 5_000, 2),
        *sold("P2", "pos", 10_000, 6), *sold("P2", "wechat_mini", 11_000, 7, qty=2.0),
        *sold("P3", "pos", 10_000), *sold("P3", "live", 20_000, 4), *sold("P4", "pos", 10_000), *sold("P4", "live", 10_499),
        (None, "pos", 1.0, 5), ("P1", "pos", 0.0, 0),
    ]  # fmt: skip
    found = price_mismatches(table(LINES, lines))
    assert found.rows() == [
        ("price", "P2", None, "wechat_mini", "pos", 10_000, 11_000, pytest.approx(0.1), 13),
    ]


def test_one_name_under_two_ids_on_different_channels_is_perhaps_one_product() -> None:
    goods = pl.DataFrame({
        "product_id": ["A1", "B1", "C1", "D1", "e1", "E1"],
        "name": ["Wool coat", " wool COAT ", "Scarf", "Scarf", "e1", "E1"],
    })  # fmt: skip
    lines = [
        *sold("A1", "pos", 100, 3), *sold("B1", "live", 100, 2), *sold("B1", "app", 100, 1), *sold("C1", "pos", 100),
        *sold("D1", "pos", 100), *sold("e1", "pos", 1), *sold("E1", "app", 1),
    ]  # fmt: skip
    assert name_mismatches(goods, table(LINES, lines)).rows() == [
        ("name", "A1", "B1", "pos", "app live", None, None, None, 6)
    ]


def test_no_lines_give_no_mismatch() -> None:
    goods = pl.DataFrame({"product_id": ["A"], "name": ["x"]})
    assert price_mismatches(table(LINES, [])).is_empty()
    assert name_mismatches(goods, table(LINES, [])).is_empty()
