"""A holdout that anybody can compute again, an interval that admits what it does not know, and no lift out of noise."""

import hashlib

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.lift import arms, bucket, buckets, holdout_bps, lift, money_lift, newcombe, verdict
from metrics.lift_power import detectable_lift, power

IDS = [f"C{n:06d}" for n in range(1, 10_001)]


def counts(*rows):
    return pl.DataFrame(rows, schema=["treated", "converted", "holdout", "holdout_converted"], orient="row")


def test_the_two_customers_of_the_specification_are_dealt_as_it_says():
    assert bucket("s2026", "wool-eve", "C000123") == 4927
    assert bucket("s2026", "wool-eve", "C000124") == 1672
    people = pl.DataFrame({"customer_id": ["C000123", "C000124"]})
    assert arms(people, "s2026", "wool-eve", 1_000)["is_holdout"].to_list() == [False, False]
    assert arms(people, "s2026", "wool-eve", 1_673)["is_holdout"].to_list() == [False, True]


def test_of_the_first_ten_thousand_ids_974_are_held_out():
    assert (buckets("s2026", "wool-eve", IDS) < 1_000).sum() == 974


def test_the_first_eight_digits_decide_and_a_name_of_any_script_is_dealt():
    digest = hashlib.sha256("s|春季 活动|顾客-1".encode()).hexdigest()
    assert bucket("s", "春季 活动", "顾客-1") == int(digest[:8], 16) % 10_000


@given(st.lists(st.text(min_size=1, max_size=8), unique=True, max_size=40), st.integers(0, 10_000))
def test_who_is_held_out_depends_on_nobody_else(ids, bps):
    whole = arms(pl.DataFrame({"customer_id": ids}, schema={"customer_id": pl.String}), "s", "c", bps)
    alone = [bucket("s", "c", one) < bps for one in ids]
    assert whole["is_holdout"].to_list() == alone
    assert whole["customer_id"].to_list() == ids


def test_a_tenth_is_held_out_but_five_hundred_at_least_and_half_at_most():
    dealt = buckets("s2026", "wool-eve", IDS)
    assert holdout_bps(dealt) == 1_000
    small = dealt.head(2_000)
    assert 2_300 < holdout_bps(small) < 2_700
    assert 500 <= (small < holdout_bps(small)).sum() <= 502
    assert holdout_bps(dealt.head(700)) == 5_000
    assert holdout_bps(dealt.head(0)) == 5_000


def test_newcombe_does_not_call_the_small_campaign_proven_though_the_naive_interval_would():
    (row,) = lift(counts((4_500, 270, 500, 20))).iter_rows(named=True)
    assert (row["rate"], row["holdout_rate"]) == (0.06, 0.04)
    assert row["lift"] == 0.02
    assert 100 * row["low"] == pytest.approx(-0.20, abs=0.005)
    assert 100 * row["high"] == pytest.approx(3.58, abs=0.005)
    assert row["verdict"] == "not proven"
    spread = (0.06 * 0.94 / 4_500 + 0.04 * 0.96 / 500) ** 0.5
    assert 100 * (0.02 - 1.96 * spread) == pytest.approx(0.15, abs=0.005)


def test_the_large_campaign_is_proven_and_brought_180_buyers():
    (row,) = lift(counts((9_000, 540, 1_000, 40))).iter_rows(named=True)
    assert 100 * row["low"] == pytest.approx(0.52, abs=0.005)
    assert 100 * row["high"] == pytest.approx(3.17, abs=0.005)
    assert row["verdict"] == "proven"
    assert row["incremental"] == 180
    assert row["incremental_low"] == pytest.approx(9_000 * row["low"])


def test_fewer_buyers_than_without_it_is_harmful_and_nobody_proves_nothing():
    harm, nobody, none = lift(counts((9_000, 270, 1_000, 60), (10, 5, 0, 0), (0, 0, 10, 1))).iter_rows(named=True)
    assert harm["verdict"] == "harmful"
    for row in (nobody, none):
        assert row["verdict"] == "not proven"
        assert row["lift"] is row["low"] is row["high"] is row["incremental"] is None
    assert verdict(0.0, 0.1) == "not proven"


@given(st.integers(1, 3_000), st.integers(1, 3_000), st.data())
def test_the_interval_holds_the_difference_and_turns_round_with_the_sides(n, m, data):
    k, j = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    low, high = newcombe((k, n), (j, m))
    assert -1 <= low <= k / n - j / m <= high <= 1
    back = newcombe((j, m), (k, n))
    assert back == pytest.approx((-high, -low))


def test_of_two_hundred_campaigns_without_effect_at_most_one_in_twenty_is_called_proven():
    draw = np.random.default_rng(17)
    rows = []
    for _ in range(200):
        size, base = int(draw.integers(1_500, 30_000)), draw.uniform(0.01, 0.12)
        held = max(500, size // 10)
        rows.append((size - held, int(draw.binomial(size - held, base)), held, int(draw.binomial(held, base))))
    found = lift(counts(*rows))["verdict"].value_counts()
    said = dict(found.iter_rows())
    assert said.get("proven", 0) <= 10
    assert said.get("harmful", 0) <= 10
    assert said["not proven"] >= 180


def test_campaigns_with_a_large_effect_are_called_proven():
    draw = np.random.default_rng(18)
    rows = [(9_000, int(draw.binomial(9_000, 0.08)), 1_000, int(draw.binomial(1_000, 0.04))) for _ in range(50)]
    assert (lift(counts(*rows))["verdict"] == "proven").sum() >= 48


def test_the_two_campaigns_of_the_demo_would_be_proven_as_often_as_measured():
    assert power(9_000, 1_000, 0.04, 0.02) == pytest.approx(0.76, abs=0.015)
    assert power(4_500, 500, 0.04, 0.02) == pytest.approx(0.44, abs=0.015)
    assert power(9_000, 1_000, 0.04, 0.0) < 0.05


def test_the_power_is_how_often_drawn_campaigns_are_called_proven():
    draw = np.random.default_rng(19)
    k, j = draw.binomial(2_000, 0.09, 4_000), draw.binomial(600, 0.05, 4_000)
    drawn = np.mean([newcombe((int(a), 2_000), (int(b), 600))[0] > 0 for a, b in zip(k, j, strict=True)])
    assert power(2_000, 600, 0.05, 0.04) == pytest.approx(drawn, abs=0.02)


def test_the_detectable_lift_is_the_one_that_four_of_five_would_show():
    found = detectable_lift(9_000, 1_000, 0.04)
    assert power(9_000, 1_000, 0.04, found) == pytest.approx(0.8, abs=0.002)
    assert detectable_lift(36_000, 4_000, 0.04) < found < detectable_lift(900, 500, 0.04)
    assert detectable_lift(2, 2, 0.5) is None
    with pytest.raises(ValueError, match="no campaign"):
        detectable_lift(0, 10, 0.1)


def test_money_is_told_with_an_interval_of_its_own():
    treated, held = np.array([0.0, 0, 100, 300]), np.array([0.0, 0, 0, 80])
    sums = pl.DataFrame({
        "treated": [4], "holdout": [4], "net_minor": [400], "holdout_net_minor": [80],
        "net_squared": [float((treated**2).sum())], "holdout_net_squared": [float((held**2).sum())],
    })  # fmt: skip
    (row,) = money_lift(sums).iter_rows(named=True)
    assert (row["net_per_person_minor"], row["holdout_net_per_person_minor"]) == (100, 20)
    assert row["incremental_minor"] == 320
    half = 1.959964 * 4 * (treated.var(ddof=1) / 4 + held.var(ddof=1) / 4) ** 0.5
    assert row["incremental_low_minor"] == round(320 - half)
    assert row["incremental_high_minor"] == round(320 + half)


def test_money_of_a_single_customer_has_no_interval():
    sums = pl.DataFrame({
        "treated": [1], "holdout": [5], "net_minor": [400], "holdout_net_minor": [80],
        "net_squared": [160_000.0], "holdout_net_squared": [6_400.0],
    })  # fmt: skip
    (row,) = money_lift(sums).iter_rows(named=True)
    assert row["net_per_person_minor"] == 400
    assert row["incremental_minor"] is row["incremental_low_minor"] is None
