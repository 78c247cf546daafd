"""Numbers and money as people write them."""

from __future__ import annotations

import polars as pl
import pytest

from loaders.numbers import currencies_in, decide_decimal, minor_digits, parse_numbers, product_minor, to_minor


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1,234.50", 1234.5),
        ("(5.00)", -5.0),
        ("￥１２.５", 12.5),
        ("€ 9.99", 9.99),
        ("12-", -12.0),
        ("-$4.50", -4.5),
        ("USD 5", 5.0),
        ("1,23,456.5", 123456.5),
        ("1'234.5", 1234.5),
        ("−3", -3.0),
        ("1e3", 1000.0),
    ],
)
def test_a_written_number_is_read(text: str, number: float) -> None:
    assert parse_numbers(pl.Series([text]), ".").to_list() == [number]


@pytest.mark.parametrize("text", ["abc", "12 345,6", "nan", "inf", "1e999", "--5", "1.2.3", "12 apples", "0x10", "5,0"])
def test_what_is_no_number_becomes_null(text: str) -> None:
    assert parse_numbers(pl.Series([text]), ".").to_list() == [None]


@pytest.mark.parametrize(
    ("text", "number"), [("1.234,50", 1234.5), ("12 345,6", 12345.6), ("0,5", 0.5), ("1.234", 1234.0)]
)
def test_a_decimal_comma_is_read(text: str, number: float) -> None:
    assert parse_numbers(pl.Series([text]), ",").to_list() == [number]


@pytest.mark.parametrize(
    ("texts", "mark"),
    [
        (["1,234"], ""),
        (["1.500"], ""),
        (["1,234", "5.50"], "."),
        (["1.234,50"], ","),
        (["1,5"], ","),
        (["1,234,567"], "."),
        (["0.250", "1.500"], "."),
        (["12", "7"], "."),
        (["1,5", "1.5"], ""),
    ],
)
def test_the_values_decide_the_decimal_mark_or_nobody_does(texts: list[str], mark: str) -> None:
    assert decide_decimal(pl.Series(texts)) == mark


def test_money_is_rounded_half_up_away_from_zero() -> None:
    assert to_minor(pl.Series([1.005, 2.675, -1.005, 0.5]), 2).to_list() == [101, 268, -101, 50]


def test_a_line_is_rounded_once_from_quantity_times_price() -> None:
    quantity, price = pl.Series([3.0, 0.5, -2.0]), pl.Series([2.555, 1.01, 0.0025])
    assert product_minor(quantity, price, 2).to_list() == [767, 51, -1]


def test_each_currency_has_its_own_number_of_decimals() -> None:
    assert [minor_digits(code) for code in ("CNY", "JPY", "KWD")] == [2, 0, 3]
    assert to_minor(pl.Series([1234.5, 1234.5]), pl.Series([0, 3])).to_list() == [1235, 1234500]


def test_signs_beside_amounts_name_the_currency() -> None:
    found = currencies_in(pl.Series(["$5", "5 EUR", "￥3", "12", "5元", "£7"]))
    assert found.to_list() == ["$", "EUR", "¥", None, "CNY", "GBP"]
