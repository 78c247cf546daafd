"""Numbers are written one way, and unknown is never zero."""

import pytest

from charts import numbers


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (512_000_000, "CNY", "¥5.12 M"),
        (129_700, "CNY", "¥1,297"),
        (99_999_600, "CNY", "¥1.00 M"),
        (48_210_00, "USD", "$48.2 k"),
        (-6_396, "CNY", "−¥64.0"),
        (1_299, "JPY", "¥1,299"),
        (1_500_000_000_00, "EUR", "€1.50 B"),
        (0, "CNY", "¥0"),
        (None, "CNY", "—"),
    ],
)
def test_compact_money_has_three_significant_digits(minor, currency, text):
    assert numbers.money_compact(minor, currency) == text


@pytest.mark.parametrize(
    ("minor", "currency", "text"),
    [
        (128_499, "CNY", "¥1,284.99"),
        (-354_000, "CNY", "−¥3,540.00"),
        (1_299, "JPY", "¥1,299"),
        (1_234_567, "KWD", "KWD 1,234.567"),
        (1_299, "XYZ", "XYZ 12.99"),
        (None, "CNY", "—"),
    ],
)
def test_money_is_written_to_the_last_minor_unit_of_its_currency(minor, currency, text):
    assert numbers.money(minor, currency) == text


def test_a_rate_is_percent_with_one_decimal():
    assert numbers.percent(0.2134) == "21.3 %"
    assert numbers.percent(1.0) == "100.0 %"
    assert numbers.percent(None) == "—"


def test_a_change_always_has_its_sign_and_a_real_minus():
    assert numbers.signed_percent(0.112) == "+11.2 %"
    assert numbers.signed_percent(-0.03) == "−3.0 %"
    assert numbers.points(-0.004) == "−0.4 pp"
    assert numbers.points(0.019) == "+1.9 pp"
    assert numbers.signed_count(214) == "+214"


def test_a_change_that_rounds_to_nothing_has_no_sign():
    assert numbers.points(-0.0004) == "0.0 pp"
    assert numbers.signed_percent(0.0) == "0.0 %"


def test_not_a_number_is_unknown():
    assert numbers.percent(float("nan")) == "—"
    assert numbers.money_compact(float("nan"), "CNY") == "—"
    assert numbers.count(float("inf")) == "—"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (512_000_000, "CNY", "¥5.12 M"),
        (0.075, "rate", "7.5 %"),
        (83, "s", "83 s"),
        (750, "s", "12.5 min"),
        (164.7, "index", "165"),
        (48_210, "count", "48.2 k"),
        (3.5, "days", "3.50 days"),
    ],
)
def test_a_value_is_shown_in_its_unit(value, unit, text):
    assert numbers.show(value, unit) == text


def test_an_interval_does_not_repeat_the_percent_sign():
    assert numbers.interval(0.022, 0.038) == "[2.2, 3.8]"
    assert numbers.interval(None, 0.038) == ""
