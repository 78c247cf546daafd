"""Sentences above the cards, word by word; a plain noun where there is nothing to say."""

import polars as pl
import pytest

from answers import headlines, pairs
from answers.registry import Result
from tests.answers.tiny import NOTHING, answer, day


def told(coverage=None, **columns):
    return Result(pl.DataFrame(columns), n=0, n_label="rows", coverage=coverage)


def week(now, then):
    start = pl.date_range(day("2026-11-01"), day("2026-11-01") + pl_days(len(now) - 1), eager=True)
    return told(local_on=start, net_minor=now, previous_minor=then)


def pl_days(number):
    return day("2026-11-02") - day("2026-11-01") if number == 1 else number * (day("2026-11-02") - day("2026-11-01"))


@pytest.mark.parametrize(
    ("now", "then", "sentence"),
    [
        ([100, 100], [0, 0], "Net sales by day"),
        ([100, 100], [100, 101], "Sales ran level with the period before"),
        ([111, 111], [100, 100], "Sales ran 11 % above the period before"),
        ([90, 80], [100, 100], "Sales ran 15 % below the period before"),
        ([100] * 7 + [300], [100] * 8, "Sales ran 25 % above the period before, most of it on two days"),
        ([100] * 7 + [0], [100] * 8, "Sales ran 12 % below the period before, most of it on two days"),
    ],
)
def test_the_trend_says_how_sales_ran(now, then, sentence):
    assert headlines.sales_trend(week(now, then)).replace("\u202f", " ") == sentence


def test_the_day_that_stands_out_is_named():
    assert headlines.peak(week([100, 100, 100, 300, 100, 100, 100], [0] * 7)) == (
        day("2026-11-04"),
        "4 Nov: +200\u202f% on the median day",
    )
    assert headlines.peak(week([100, 100, 100, 140, 100, 100, 100], [0] * 7)) is None
    assert headlines.peak(week([100, 900], [0] * 2)) is None
    assert headlines.peak(week([0] * 6 + [900], [0] * 7)) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ([0.3, 0.1, -0.2], "Suzhou and Wuxi lead the growth"),
        ([0.3, 0.0, None], "Suzhou leads the growth"),
        ([-0.3, 0.01, None], "Where sales are made"),
    ],
)
def test_the_ranking_says_who_grows(change, sentence):
    names = ["Suzhou", "Wuxi", "Nanjing"]
    assert headlines.leaders(told(group=names, label=names, change=change)) == sentence


def test_a_place_without_a_name_leads_nothing():
    names = ["another city", "Wuxi", "Nanjing"]
    assert headlines.leaders(told(group=names, label=names, change=[0.3, 0.1, -0.2])) == "Wuxi leads the growth"


def test_the_funnel_says_where_most_leave():
    steps = told(step=["viewed", "lingered", "cart", "ordered", "kept"], visitors=[100, 60, 6, 5, 5])
    assert headlines.funnel(steps) == "Most leave between lingering and cart"
    assert headlines.funnel(answer("overview/funnel", rows=NOTHING)) == "From viewing to keeping"


def test_purchases_are_told_in_shares_of_buyers():
    once = told(orders=[1, 2, 3], customers=[712, 200, 88])
    assert headlines.frequency(once) == "71.2\u202f% of buyers bought on one day only"
    top = told(top_fifth_share=[0.5512], gini=[0.4])
    assert headlines.concentration(top) == "The top fifth of buyers brings 55.1\u202f% of net sales"
    gaps = told(gap_days=[10, 45, 90], gaps=[4, 2, 4])
    assert headlines.gaps(gaps) == "Half of those who return do so within 45 days"


def test_the_second_order_is_told_by_its_median_or_by_its_last_day():
    curve = told(day=[10, 400], survival=[0.9, 0.75])
    assert headlines.second_order(curve, 210.0) == "Half of the buyers are back within 210 days"
    assert headlines.second_order(curve, None) == "Only 25.0\u202f% have come back within 400 days"


def test_segments_are_told_best_first():
    table = told(segment=["lapsed", "champions", "new"], customers=[900, 41, 59], net_minor=[None, 1_800, 8_200])
    assert headlines.segments(table) == ("Champions are 41.0\u202f% of buyers and bring 18.0\u202f% of net sales")


def test_dwell_is_told_with_its_hours_and_its_coverage():
    spike = told(group=["Wool coats"], first_hour=[20], last_hour=[22], index=[164.6])
    assert headlines.spike(spike) == "The evening belongs to wool coats: index 165 from 20 to 23 h"
    assert headlines.coverage(told(coverage=0.987)) == "Dwell is known for 98.7\u202f% of views"
    nearly = told(product_id=["WC-07", "SC-01"], people=[1_904, 12])
    assert headlines.lingered(nearly) == "1,904 members lingered on WC-07 and did not buy"


def test_a_product_that_does_not_sell_is_named_only_when_that_is_certain():
    rows = {
        "product_id": ["WC-07", "SC-01"], "category": ["Coats", "Coats"], "quadrant": ["hesitation", "stars"],
        "median_dwell_s": [60.0, 20.0], "category_median_dwell_s": [20.0, 20.0], "conversion_rate": [0.01, 0.1],
        "category_median_conversion_rate": [0.1, 0.1], "high": [0.02, 0.12], "mature_viewers": [500, 500],
    }  # fmt: skip
    assert headlines.hesitation(told(**rows)) == "WC-07 holds attention but does not sell"
    assert headlines.hesitation(told(**{**rows, "high": [0.2, 0.3]})) == "Attention and sales by product"


def test_returns_name_the_channel_as_people_call_it():
    rates = told(group=["live", "pos"], return_rate=[0.45, 0.02])
    assert headlines.returns(rates, "channel") == "Live stream returns most: 45.0\u202f%"
    assert headlines.returns(told(group=["pos"], return_rate=[0.02]), "channel") == "Returns by channel"


@pytest.mark.parametrize(
    ("say", "address", "noun"),
    [
        (headlines.sales_trend, "overview/trend", "Net sales by day"),
        (headlines.leaders, "overview/ranking", "Where sales are made"),
        (headlines.frequency, "purchases/frequency", "Orders per buyer"),
        (headlines.concentration, "purchases/concentration", "Concentration of sales"),
        (headlines.gaps, "purchases/gaps", "Days between orders"),
        (headlines.segments, "purchases/rfm", "Segments"),
        (headlines.spike, "dwell/spikes", "Dwell through the week"),
        (headlines.coverage, "dwell/coverage", "Dwell evidence"),
        (headlines.lingered, "dwell/lingered", "Lingered, not bought"),
        (headlines.hesitation, "dwell/quadrant", "Attention and sales by product"),
    ],
)
def test_without_data_a_card_has_a_plain_noun(say, address, noun):
    assert say(answer(address, rows=NOTHING)) == noun


def test_a_pair_is_told_by_its_index_and_all_its_measures():
    found = {
        "a": "AG1", "b": "AG2", "overlap_index": 0.4, "jaccard": 0.3, "a_in_b": 0.5, "b_in_a": 0.6,
        "customers_b_in_ta_a": 0.7, "shared_buyers": 0.1,
    }  # fmt: skip
    names = {"AG1": "Jiangnan", "AG2": "Taihu"}
    assert pairs.shares(found, names) == "Jiangnan and Taihu share 40\u202f% of their demand"
    assert pairs.measures(found, names).rows() == [
        ("Overlap index", 0.4),
        ("Area Jaccard", 0.3),
        ("Taihu's customers in Jiangnan's area", 0.7),
        ("Jiangnan's area inside Taihu's", 0.5),
        ("Taihu's area inside Jiangnan's", 0.6),
        ("Shared buyers, of Jiangnan's", 0.1),
    ]
    rows = pl.DataFrame([found, {**found, "b": "AG3", "overlap_index": 0.118}])
    assert pairs.others(rows) == "Every other pair stays at or below 12\u202f%"
    assert pairs.others(rows.head(1)) == "The only pair"
    assert pairs.one_pair(rows, "AG1|AG3")["b"] == "AG3"
    assert pairs.one_pair(rows, "AG9|AG3")["b"] == "AG2"
    assert pairs.keys(rows) == ["AG1|AG2", "AG1|AG3"]


def test_pairs_of_the_matrix_are_told_once():
    matrix = answer("catchment/overlap")
    once = pairs.unordered(matrix)
    assert once.height * 2 == matrix.table.height
    assert pairs.labelled(once, {"S1": "One", "S2": "Two", "S3": "Three"})["label"].to_list() == ["One × Two"]
