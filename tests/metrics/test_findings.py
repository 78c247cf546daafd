import datetime as dt

import numpy as np
import polars as pl
import pytest

from metrics.findings import _two_sided, benjamini_hochberg, dwell_spikes, hesitation, unusual_days

SUNDAY = dt.date(2026, 11, 15)


def daily(last, *, n=30, weeks=8):
    """Eight Sundays of 96, 98, …, 104 (median 100, MAD 2), then the last."""
    values = [96, 98, 98, 100, 100, 102, 102, 104][-weeks:]
    days = [SUNDAY - dt.timedelta(days=7 * (len(values) - place)) for place in range(len(values))]
    return pl.DataFrame({"local_on": [*days, SUNDAY], "value": [*values, last], "n": [50] * len(values) + [n]})


def test_a_day_beyond_three_deviations_is_named():
    assert unusual_days(daily(107)).rows() == [(SUNDAY, 107.0, 100.0, 2.0, 30, pytest.approx(0.07))]
    assert unusual_days(daily(93))["change"].to_list() == pytest.approx([-0.07])


def test_a_day_at_three_deviations_resting_on_few_or_without_history_is_not():
    assert unusual_days(daily(106)).is_empty()
    assert unusual_days(daily(200, n=29)).is_empty()
    assert unusual_days(daily(200, weeks=7)).is_empty()


def test_a_day_beyond_three_deviations_is_not_named_when_chance_names_as_many():
    """t = 7 ÷ (2.726 · √1.125) = 2.421, P = 0.046: enough for one day looked at, too much among two."""
    other = daily(101).with_columns(pl.col("local_on") + pl.duration(days=1))
    assert unusual_days(pl.concat([daily(107), other])).is_empty()
    assert unusual_days(pl.concat([daily(112), other]))["local_on"].to_list() == [SUNDAY]


@pytest.mark.parametrize(("t", "chance"), [(1.895, 0.10), (2.365, 0.05), (3.499, 0.01), (5.408, 0.001)])
def test_chance_is_as_in_the_table_of_student_s_t(t, chance):
    assert _two_sided(t) == pytest.approx(chance, rel=0.002)


def test_only_the_same_weekday_is_compared():
    mondays = daily(107).with_columns(pl.col("local_on") + pl.duration(days=1), value=pl.lit(500.0))
    table = pl.concat([daily(112).with_columns(pl.col("value").cast(pl.Float64)), mondays])
    assert unusual_days(table.sample(fraction=1, shuffle=True, seed=1))["local_on"].to_list() == [SUNDAY]


def test_many_tests_are_believed_together():
    p = [0.001, 0.008, 0.039, 0.041, 0.042, 0.06, 0.074, 0.205, None, 0.9]
    assert benjamini_hochberg(p) == [True, True, False, False, False, False, False, False, False, False]
    assert benjamini_hochberg([0.04, 0.05, 0.03]) == [True, True, True]
    assert benjamini_hochberg([None]) == [False]


def views(seed, boost=1, people=1500):
    """9,000 views of five categories; wool evenings hold people ``boost`` times as often."""
    random = np.random.default_rng(seed)
    category = random.choice(["wool", "silk", "down", "knit", "rain"], 9_000, p=[0.2, 0.2, 0.2, 0.2, 0.2])
    chance = np.ones(24)
    evening = chance.copy()
    evening[20:23] = boost
    hour = np.where(
        category == "wool",
        random.choice(24, 9_000, p=evening / evening.sum()),
        random.choice(24, 9_000, p=chance / chance.sum()),
    )
    return pl.DataFrame(
        {
            "visitor": random.integers(0, people, 9_000),
            "channel": ["app"] * 9_000,
            "category": category,
            "hour_of_week": (hour + 24 * random.integers(0, 7, 9_000)).astype(np.int16),
            "dwell_ms": (random.lognormal(3, 1, 9_000) * 1000).astype(np.int64),
        }
    )


def test_wool_evenings_are_found_where_they_were_planted():
    found = dwell_spikes(views(1, boost=3))
    assert found.select("group", "first_hour", "last_hour").rows() == [("wool", 20, 22)]
    assert 150 < found["index"].item() < 260
    assert found["n"].item() > 300


def test_shuffled_hours_stay_silent():
    planted = views(2, boost=3)
    for seed in range(15):
        shuffled = planted.with_columns(pl.col("hour_of_week").shuffle(seed=seed))
        assert dwell_spikes(shuffled).is_empty()


def test_one_person_who_looks_all_night_is_no_finding():
    night = pl.DataFrame(
        {
            "visitor": [77] * 150,
            "channel": ["app"] * 150,
            "category": ["wool"] * 150,
            "hour_of_week": [20] * 150,
            "dwell_ms": [300_000] * 150,
        },
        schema=views(3).schema,
    )
    assert dwell_spikes(pl.concat([views(3), night])).is_empty()


def test_few_views_or_none_are_no_finding():
    assert dwell_spikes(views(1, boost=3)[:300]).is_empty()
    assert dwell_spikes(views(1)[:0]).is_empty()
    assert dwell_spikes(views(1).with_columns(dwell_ms=pl.lit(None, pl.Int64))).is_empty()


def test_hesitation_needs_long_looks_and_a_conversion_surely_below_the_category():
    table = pl.DataFrame(
        {
            "product_id": ["A", "B", "C", "D", "E"],
            "category": ["wool"] * 5,
            "quadrant": ["hesitation"] * 4 + ["stars"],
            "median_dwell_s": [46.0, 30.0, 60.0, 60.0, 90.0],
            "category_median_dwell_s": [20.0] * 5,
            "conversion_rate": [0.016, 0.016, 0.016, 0.016, 0.2],
            "high": [0.03, 0.03, 0.09, 0.03, 0.3],
            "category_median_conversion_rate": [0.082] * 5,
            "mature_viewers": [500, 500, 40, 29, 500],
        }
    )
    assert hesitation(table).rows() == [
        ("A", "wool", 46.0, pytest.approx(2.3), 0.016, 0.082, 500),
        ("B", "wool", 30.0, pytest.approx(1.5), 0.016, 0.082, 500),
    ]
