"""Huff's model on numbers that a calculator can check."""

from __future__ import annotations

import datetime as dt
import math
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.huff import fit_huff, huff_shares
from metrics.huff_choices import located_choices
from metrics.huff_cities import HUFF_COLUMNS, huff_by_city, store_surprises

KM = 1 / (math.pi * 6_371.0088 / 180)
"""Degrees of latitude in a kilometre."""
LAT, LNG = 31.0, 121.0
DAY = dt.date(2026, 3, 1)


def stores(*rows: tuple[object, ...]) -> pl.DataFrame:
    """(id, kilometres north of the home, m²[, opened[, closed[, city]]])."""
    full = [(*row, *(None, None, "A")[len(row) - 3 :]) for row in rows]
    return pl.DataFrame(
        [(name, city, LAT + km * KM, LNG, area, opened, closed) for name, km, area, opened, closed, city in full],
        schema={"store_id": pl.String, "city": pl.String, "lat": pl.Float64, "lng": pl.Float64, "area_m2": pl.Float64,
                "opened_on": pl.Date, "closed_on": pl.Date},
        orient="row",
    )  # fmt: skip


def people(count: int, *, km: float = 0.0, first: int = 1) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "customer_key": list(range(first, first + count)),
            "home_src": ["address"] * count,
            "home_lat": [LAT + km * KM] * count,
            "home_lng": [LNG] * count,
            "home_cell": [None] * count,
        },
        schema={"customer_key": pl.Int64, "home_src": pl.String, "home_lat": pl.Float64, "home_lng": pl.Float64,
                "home_cell": pl.Int64},
    )  # fmt: skip


def bought(**counts: int) -> pl.DataFrame:
    """So many orders at each store, each by another customer, in the order of the stores."""
    names = [name for name, count in counts.items() for _ in range(count)]
    size = len(names)
    return pl.DataFrame(
        {
            "customer_key": list(range(1, size + 1)),
            "local_on": [DAY] * size,
            "channel": ["pos"] * size,
            "store_id": names,
            "is_staff": [False] * size,
        },
        schema={"customer_key": pl.Int64, "local_on": pl.Date, "channel": pl.String, "store_id": pl.String,
                "is_staff": pl.Boolean},
    )  # fmt: skip


def test_t11_twice_the_size_at_twice_the_way_gets_a_third() -> None:
    two = huff_shares(np.array([[2_000.0, 1_000.0]]), np.array([1_000.0, 500.0]))
    assert two.round(4).tolist() == [[0.3333, 0.6667]]


def test_t11_a_third_store_takes_from_both_in_proportion() -> None:
    three = huff_shares(np.array([[2_000.0, 1_000.0, 2_000.0]]), np.array([1_000.0, 500.0, 500.0]))
    assert three.round(4).tolist() == [[0.2857, 0.5714, 0.1429]]


def test_nobody_is_nearer_than_two_hundred_metres() -> None:
    assert huff_shares(np.array([[1.0, 200.0]]), np.array([300.0, 300.0])).tolist() == [[0.5, 0.5]]


def test_a_store_that_is_not_open_gets_nothing_and_without_any_nobody_does() -> None:
    ways, sizes = np.array([[1_000.0, 1_000.0]] * 2), np.array([100.0, 100.0])
    shares = huff_shares(ways, sizes, is_open=np.array([[True, False], [False, False]]))
    assert shares.tolist() == [[1.0, 0.0], [0.0, 0.0]]


def test_t11_equal_stores_at_one_and_two_km_with_four_to_one_orders_mean_beta_two() -> None:
    fit = fit_huff(bought(near=800, far=200), people(1_000), stores(("near", 1, 100), ("far", 2, 100)))
    assert fit.beta == pytest.approx(2.0, abs=1e-6)
    assert fit.n == 1_000
    assert not fit.is_fallback
    assert fit.alpha == 1.0  # equal stores cannot tell
    assert fit.alpha_low is None
    assert fit.reason == "The stores' sizes do not tell them apart: α stays 1."
    assert fit.beta_low is not None
    # σ = 1 / (ln 2 · √(1000 · 0.8 · 0.2)) = 0.11405
    assert fit.beta - fit.beta_low == pytest.approx(1.959964 * 0.114055, abs=1e-4)


def test_size_and_way_are_told_apart_by_two_homes() -> None:
    # At home 1: ln odds(big:small) = ln 2 · α + ln 2 · β = ln 8; at home 2: ln 2 · α − ln 2 · β = ln ½.
    places = stores(("big", 1, 200), ("small", 2, 100), ("b2", 302, 200), ("s2", 301, 100))
    orders = pl.concat([bought(big=800, small=100), bought(b2=300, s2=600).with_columns(pl.col("customer_key") + 900)])
    homes = pl.concat([people(900), people(900, km=300, first=901)])
    fit = fit_huff(orders, homes, places)
    assert fit.alpha == pytest.approx(1.0, abs=5e-3)
    assert fit.beta == pytest.approx(2.0, abs=5e-3)


def test_under_five_hundred_orders_one_and_two_are_assumed_and_said() -> None:
    fit = fit_huff(bought(near=400, far=99), people(499), stores(("near", 1, 100), ("far", 2, 100)))
    assert (fit.alpha, fit.beta, fit.is_fallback, fit.n) == (1.0, 2.0, True, 499)
    assert fit.reason == "Fewer than 500 located orders at stores: α = 1 and β = 2 are assumed."
    assert fit.beta_low is None
    assert fit.log_loss is not None


def test_a_single_store_says_nothing() -> None:
    fit = fit_huff(bought(near=600), people(600), stores(("near", 1, 100)))
    assert fit.is_fallback
    assert fit.reason == "No order had a choice between two stores: α = 1 and β = 2 are assumed."
    assert fit.log_loss == pytest.approx(0.0)
    assert fit.baseline_log_loss == pytest.approx(0.0)


def test_when_everybody_takes_the_nearest_there_is_no_best_answer() -> None:
    fit = fit_huff(bought(near=600), people(600), stores(("near", 1, 100), ("far", 2, 100)))
    assert fit.is_fallback
    assert fit.reason == "The fit found no best answer: α = 1 and β = 2 are assumed."


def test_no_orders_no_people_no_stores_are_a_fallback() -> None:
    fit = fit_huff(bought(), people(0), stores())
    assert (fit.n, fit.held_out, fit.log_loss, fit.baseline_log_loss) == (0, 0, None, None)


def test_a_store_competes_only_while_it_is_open() -> None:
    late = ("late", 1, 100, dt.date(2026, 3, 2))
    gone = ("gone", 1, 100, None, DAY)
    choices = located_choices(bought(a=2, b=1), people(3), stores(("a", 1, 100), ("b", 2, 100), late, gone))
    open_there = [name for name, is_open in zip(choices.store_ids, choices.is_open[0], strict=True) if is_open]
    assert open_there == ["a", "b"]
    assert choices.total() == 3


def test_an_order_at_a_closed_store_is_left_out_and_counted() -> None:
    choices = located_choices(bought(a=2, gone=1), people(3), stores(("a", 1, 100), ("gone", 1, 100, None, DAY)))
    assert (choices.total(), choices.dropped) == (2, 1)


def test_travellers_from_far_away_staff_and_online_orders_are_left_out() -> None:
    orders = bought(a=4).with_columns(
        channel=pl.Series(["pos", "app", "pos", "pos"]), is_staff=pl.Series([False, False, True, False])
    )
    homes = pl.concat([people(3), people(1, km=80, first=4)])
    assert located_choices(orders, homes, stores(("a", 1, 100))).total() == 1


def test_stores_at_one_and_the_same_place_share_equally() -> None:
    fit = fit_huff(bought(a=600, b=300, c=300), people(1_200), stores(("a", 1, 100), ("b", 2, 100), ("c", 2, 100)))
    assert fit.beta == pytest.approx(1.0, abs=1e-6)


def test_held_out_forecasts_beat_the_nearest_when_distance_rules() -> None:
    places = stores(("a", 1, 100), ("b", 2, 100), ("c", 8, 100))
    fit = fit_huff(bought(a=768, b=192, c=40), people(1_000), places)
    assert fit.log_loss is not None
    assert fit.baseline_log_loss is not None
    assert fit.log_loss < fit.baseline_log_loss
    assert 100 < fit.held_out < 300


def test_each_city_has_its_row_after_the_one_over_all() -> None:
    places = stores(("a", 1, 100), ("b", 2, 100), ("c", 301, 100, None, None, "B"), ("d", 302, 100, None, None, "B"))
    orders = pl.concat([bought(a=800, b=200), bought(c=400, d=200).with_columns(pl.col("customer_key") + 1_000)])
    homes = pl.concat([people(1_000), people(600, km=300, first=1_001)])
    table = huff_by_city(orders, homes, places)
    assert table.columns == list(HUFF_COLUMNS)
    assert table["city"].to_list() == [None, "A", "B"]
    assert table["n"].to_list() == [1_600, 1_000, 600]
    assert table["beta"][1] == pytest.approx(2.0, abs=1e-4)
    assert table["beta"][2] == pytest.approx(1.0, abs=1e-4)


def test_a_store_may_be_left_out_by_name_without_bias_for_the_others() -> None:
    places = stores(("a", 1, 100), ("b", 2, 100), ("mall", 6, 500))
    orders, homes = bought(a=800, b=200, mall=3_000), people(4_000)
    assert huff_by_city(orders, homes, places, without=["mall"])["beta"].to_list() == pytest.approx([2.0], abs=1e-4)
    named = huff_by_city(orders, homes, places, without=["mall"])
    assert named["without"].to_list() == ["mall"]


def test_surprises_compare_orders_with_what_size_and_place_explain() -> None:
    table = store_surprises(bought(a=80, b=20), people(100), stores(("a", 1, 100), ("b", 2, 100)))
    assert table["store_id"].to_list() == ["a", "b"]
    assert table["observed"].to_list() == [80, 20]
    assert table["expected"].to_list() == pytest.approx([80.0, 20.0], rel=1e-6)


@given(
    st.lists(st.floats(1, 50_000), min_size=1, max_size=6),
    st.floats(0, 3),
    st.floats(0, 4),
)
def test_shares_add_up_to_one_and_a_nearer_equal_store_never_gets_less(
    ways: list[float], alpha: float, beta: float
) -> None:
    shares = huff_shares(np.array([sorted(ways)]), np.full(len(ways), 120.0), alpha, beta)[0]
    assert shares.sum() == pytest.approx(1.0)
    assert all(one >= other - 1e-12 for one, other in pairwise(shares))
