"""Difference in differences, with the sums of the specification."""

from __future__ import annotations

import datetime as dt

import polars as pl
import pytest

from metrics.cannibalisation import cannibalisation, control_changes, impact
from metrics.openings import Opening, openings
from metrics.switchers import exposure, switchers

KM = 1 / 111.195
OPENED = dt.date(2026, 3, 1)
FIRST, AS_OF = dt.date(2024, 6, 1), dt.date(2026, 9, 1)
PRE, POST = dt.date(2025, 4, 1), dt.date(2026, 4, 1)


def places(*rows: tuple[str, float, dict[str, object]]) -> pl.DataFrame:
    base: dict[str, object] = {"type": "franchise", "city": "A", "opened_on": None, "closed_on": None}
    return pl.DataFrame(
        [{"store_id": name, "lat": 30.0 + km * KM, "lng": 104.0, **base, **more} for name, km, more in rows],
        schema={"store_id": pl.String, "lat": pl.Float64, "lng": pl.Float64, "type": pl.String, "city": pl.String,
                "opened_on": pl.Date, "closed_on": pl.Date},
    )  # fmt: skip


NEW: tuple[str, float, dict[str, object]] = ("new", 0, {"opened_on": OPENED})
STORES = places(NEW, ("own", 2, {}), ("c1", 40, {}), ("c2", 60, {}), ("direct", 80, {"type": "direct"}))


def orders(*rows: tuple[str, dt.date, int, int | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {"order_key": key, "store_id": store, "local_on": on, "net_minor": net, "customer_key": who}
            for key, (store, on, net, who) in enumerate(rows)
        ],
        schema={"order_key": pl.Int64, "store_id": pl.String, "local_on": pl.Date, "net_minor": pl.Int64,
                "customer_key": pl.Int64},
    ).with_columns(currency=pl.lit("CNY"), is_staff=pl.lit(value=False))  # fmt: skip


PARAGRAPH = orders(
    ("own", PRE, 100_000_000, 1), ("own", POST, 78_000_000, 2), ("new", POST, 60_000_000, 1),
    ("c1", PRE, 250_000_000, 3), ("c2", PRE, 150_000_000, None), ("c1", POST, 270_000_000, 4),
    ("c2", POST, 150_000_000, 5), ("direct", POST, 999_000_000, 6),
)  # fmt: skip


def test_the_paragraphs_example_is_forty_five_percent() -> None:
    found = impact(1.00, 0.78, 4.0, 4.2, 0.60)
    assert found.expected == pytest.approx(1.05)
    assert found.loss == pytest.approx(0.27)
    assert found.rate == pytest.approx(0.45)
    assert found.incremental == pytest.approx(0.33)


def test_without_controls_or_new_sales_there_is_no_rate() -> None:
    assert impact(1.0, 1.0, 0.0, 1.0, 1.0).rate is None
    assert impact(1.0, 1.0, 1.0, 1.0, 0.0).rate is None


def test_the_same_example_from_orders() -> None:
    row = cannibalisation(PARAGRAPH, openings(STORES, FIRST, AS_OF)).row(0, named=True)
    assert (row["new_store"], row["store_id"], row["controls"]) == ("new", "own", 2)
    assert row["rate"] == pytest.approx(0.45)
    assert (row["pre_minor"], row["expected_minor"], row["actual_minor"]) == (100_000_000, 105_000_000, 78_000_000)
    assert (row["loss_minor"], row["new_minor"], row["incremental_minor"]) == (27_000_000, 60_000_000, 33_000_000)
    assert row["rate_orders"] == pytest.approx(0.0)  # 1 · 2/2 − 1 = 0
    assert (row["pre_days"], row["post_days"]) == (184, 184)
    assert row["switchers"] == 1


def test_neighbours_are_near_and_controls_are_alike_far_and_undisturbed() -> None:
    stores = places(
        NEW, ("own", 2, {}), ("c1", 40, {}), ("middling", 9, {}), ("kind", 50, {"type": "direct"}),
        ("young", 55, {"opened_on": dt.date(2025, 6, 1)}), ("gone", 60, {"closed_on": dt.date(2026, 5, 1)}),
        ("other-new", 70, {"opened_on": dt.date(2026, 1, 10)}), ("disturbed", 72, {}),
    )  # fmt: skip
    found = {(case.new_store, case.store_id): case for case in openings(stores, FIRST, AS_OF)}
    assert found["new", "own"].controls == ("c1",)
    assert found["new", "own"].distance_m == pytest.approx(2_000, rel=1e-3)
    assert ("new", "middling") not in found
    assert ("other-new", "disturbed") in found


def test_a_city_of_another_tier_is_no_control() -> None:
    stores = places(NEW, ("own", 2, {}), ("c1", 40, {"city": "B"}), ("c2", 60, {"city": "C"}))
    found = openings(stores, FIRST, AS_OF, city_tiers={"A": "1", "B": "1", "C": "2"})
    assert [case.controls for case in found] == [("c1",)]


def test_the_days_compared_are_those_that_both_years_hold() -> None:
    (case,) = openings(STORES, dt.date(2025, 5, 1), AS_OF)
    assert (case.pre_from, case.pre_to) == (dt.date(2025, 5, 1), dt.date(2025, 9, 1))
    assert (case.post_from, case.post_to) == (dt.date(2026, 5, 1), AS_OF)
    assert openings(STORES, dt.date(2025, 8, 10), AS_OF) == []  # fewer than 28 days in common
    assert openings(STORES, dt.date(2026, 3, 1), AS_OF) == []


def test_at_most_a_year_after_the_opening_counts() -> None:
    (case,) = openings(STORES, FIRST, dt.date(2029, 1, 1))
    assert (case.post_from, case.post_to) == (OPENED, dt.date(2027, 3, 1))


def test_the_interval_is_the_same_on_every_run_and_holds_the_rate() -> None:
    many = [
        (store, day, 100 + 7 * (number % 13), number if number % 3 else None)
        for number in range(300)
        for store, day in (("own", PRE), ("own", POST), ("new", POST), ("c1", PRE), ("c1", POST))
    ]
    cases = openings(STORES, FIRST, AS_OF)
    first, again = (cannibalisation(orders(*rows), cases) for rows in (many, many[::-1]))
    row = first.row(0, named=True)
    assert row["low"] <= row["rate"] <= row["high"]
    assert first.select("rate", "low", "high").rows() == again.select("rate", "low", "high").rows()


def test_controls_are_named_with_their_change() -> None:
    table = control_changes(PARAGRAPH, openings(STORES, FIRST, AS_OF))
    assert table.select("store_id", "pre_minor", "post_minor").rows() == [
        ("c1", 250_000_000, 270_000_000),
        ("c2", 150_000_000, 150_000_000),
    ]
    assert table["change"].to_list() == pytest.approx([0.08, 0.0])


def test_no_opening_gives_empty_tables_with_their_columns() -> None:
    assert cannibalisation(PARAGRAPH, []).is_empty()
    assert control_changes(PARAGRAPH, []).columns[:3] == ["new_store", "neighbour", "store_id"]
    assert switchers(PARAGRAPH, []).is_empty()


def one(new_on: dt.date = OPENED) -> list[Opening]:
    days = (new_on - dt.timedelta(days=365), AS_OF - dt.timedelta(days=365), new_on, AS_OF)
    return [Opening("new", "own", 2_000.0, new_on, (), *days)]


def test_switchers_came_over_and_spend_less_where_they_were() -> None:
    # Data from 1 September 2025: 181 days before, 184 since; money of before counts 184/181 times.
    early = dt.date(2025, 9, 1)
    rows = orders(
        ("own", early, 18_100, 1), ("own", POST, 8_400, 1), ("new", POST, 5_000, 1),  # 10,000 less, 5,000 over there
        ("own", early, 1_810, 2), ("new", POST, 9_000, 2),  # 1,840 less
        ("own", early, 100, 3), ("own", POST, 5_000, 3), ("new", POST, 700, 3),  # more than before
        ("own", early, 100, 4), ("new", dt.date(2026, 8, 31), 0, 9),  # only there; only here, on the last day
    )  # fmt: skip
    row = switchers(rows, one()).row(0, named=True)
    assert (row["customers"], row["shared"], row["switchers"]) == (4, 3, 2)
    assert (row["before_minor"], row["after_minor"], row["new_minor"]) == (18_400 + 1_840, 8_400, 14_000)
    assert row["transfer_minor"] == 5_000 + 1_840


def test_exposure_counts_customers_for_whom_the_new_store_is_nearer() -> None:
    people = pl.DataFrame(
        {
            "customer_key": [1, 2, 3, 4, 5],
            "home_src": ["address", "address", "address", "city", "address"],
            "home_lat": [30.0 + 0.5 * KM, 30.0 + 1.5 * KM, 30.0 + 3 * KM, 30.0, 30.0],
            "home_lng": [104.0] * 5,
        }
    )
    rows = orders(*[("own", PRE, 100, who) for who in (1, 2, 3, 4)], ("own", POST, 100, 5))
    row = exposure(rows, people, STORES, one()).row(0, named=True)
    assert (row["customers"], row["exposed"]) == (3, 1)
    assert row["exposure"] == pytest.approx(1 / 3)
