"""BG/NBD and Gamma-Gamma give the published answers, find what was planted, and say nothing where nothing can be said."""

import datetime as dt
import tracemalloc
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy.integrate import quad
from scipy.special import betaln, gammaln

from metrics.btyd import (
    Histories,
    Rates,
    alive,
    buying,
    buys_if_alive,
    everybody_alive,
    expected_orders,
    orders_if_alive,
)
from metrics.btyd_fit import Likelihood, Spend, fit, fit_spend
from metrics.buyers import OrderRows, number
from metrics.customer_value import expected_spend, holdout_of, model_of, value

CDNOW = Path(__file__).parents[3] / "shared" / "data" / "cdnow" / "CDNOW_sample.txt"
PUBLISHED = Rates(0.243, 4.414, 0.793, 2.426)


def histories(*rows, net=0):
    """Of (x, t_x in days, T in days)."""
    x, recency, age = (np.array(column, np.int32) for column in zip(*rows, strict=True))
    return Histories(x, recency, age, x * np.int64(net), np.arange(len(rows), dtype=np.int32))


def simulated(people, seed, rates, weeks=104):
    """Buyers who really do as the model says."""
    draw = np.random.default_rng(seed)
    rate = draw.gamma(rates.r, 1 / rates.alpha, people) / 7
    stop = draw.beta(rates.a, rates.b, people) if rates.a else np.zeros(people)
    age = draw.integers(1, weeks * 7, people)
    x, last, now, on = np.zeros(people, np.int32), np.zeros(people), np.zeros(people), np.ones(people, bool)
    while on.any():
        now[on] += draw.exponential(1 / rate[on])
        on &= now < age
        x[on] += 1
        last[on] = now[on]
        on &= draw.random(people) >= stop
    scale = 1 / draw.gamma(4, 1 / 20, people)
    net = np.rint(100 * draw.gamma(np.maximum(6 * x, 1), scale)).astype(np.int64) * (x > 0)
    recency = np.minimum(np.ceil(last), age).astype(np.int32)
    return Histories(x, recency, age.astype(np.int32), net, np.arange(people, dtype=np.int32))


def orders(*rows):
    """Order-days of (customer, day, net)."""
    return OrderRows.of(
        pl.DataFrame(
            {
                "customer_key": [who for who, *_ in rows],
                "local_on": [dt.date.fromisoformat(on) for _, on, _ in rows],
                "paid_at": [dt.datetime.fromisoformat(f"{on}T04:00:00+00:00") for _, on, _ in rows],
                "order_key": range(len(rows)),
                "net_minor": [net for *_, net in rows],
                "is_kept": True,
                "is_purchase": True,
                "is_staff": False,
            },
            schema_overrides={"customer_key": pl.Int64, "order_key": pl.Int64, "net_minor": pl.Int64,
                              "local_on": pl.Date, "is_kept": pl.Boolean, "is_purchase": pl.Boolean,
                              "is_staff": pl.Boolean},
        )
    )  # fmt: skip


def test_the_worked_example_comes_out():
    assert round(float(alive(PUBLISHED, 2, 30.43, 38.86)), 4) == 0.7266
    expected = orders_if_alive(PUBLISHED, 2, 38.86, 39) * alive(PUBLISHED, 2, 30.43, 38.86)
    assert round(float(expected), 4) == 1.2260
    assert alive(PUBLISHED, 0, 0, 38.86) == 1


@pytest.fixture(scope="module")
def cdnow():
    if not CDNOW.is_file():
        pytest.skip(f"the public files are not in the repository and not in {CDNOW.parent}")
    rows = [line.split() for line in CDNOW.read_text().splitlines()]
    return orders(*((int(who), f"{on[:4]}-{on[4:6]}-{on[6:]}", round(100 * float(net))) for _, who, on, _, net in rows))


def test_the_cdnow_sample_gives_the_published_model(cdnow):
    seen = Histories.until(cdnow.kept, number(dt.date(1997, 9, 30)))
    model = model_of(seen, digits=2)
    rates, spend = model.fitted.rates, model.spend.spend
    assert (len(seen.x), int(seen.x.sum())) == (2357, 2457)
    assert [round(one, 3) for one in (rates.r, rates.alpha, rates.a, rates.b)] == [0.243, 4.414, 0.793, 2.426]
    assert round(model.fitted.log_likelihood, 2) == -9582.43
    assert [round(one, 2) for one in (spend.p, spend.q, spend.v)] == [6.25, 3.74, 15.44]
    assert np.count_nonzero((seen.x > 0) & (seen.net > 0)) == 946


def test_the_cdnow_holdout_is_met_within_a_fifth(cdnow):
    held = holdout_of(cdnow.kept, number(dt.date(1998, 6, 30)))
    assert (held.weeks, held.customers, held.is_whole_years) == (39, 2357, False)
    assert held.has_passed
    assert held.tracked["week"].to_list() == [4, 8, 12, 16, 20, 24, 28, 32, 36, 39]


@pytest.mark.parametrize("rates", [PUBLISHED, Rates(0.35, 20, 0.999999999, 2.2), Rates(0.3, 5, 0.4, 0.6),
                                   Rates(1.2, 9, 60, 90), Rates(0.35, 20, 1e-4, 3)])  # fmt: skip
@pytest.mark.parametrize(("x", "age"), [(0, 0.0), (0, 52.0), (1, 3.0), (7, 30.0), (300, 104.0)])
def test_expected_orders_are_the_average_over_rates_and_stops(rates, x, age):
    def log_of(u):
        # u = ln p, so that chances near 0 weigh what they should
        p = np.exp(u)
        until = -np.expm1(-(rates.r + x) * np.log1p(p * 26 / (rates.alpha + age))) / p
        weight = rates.a * u + (rates.b + x - 1) * np.log1p(-p) - betaln(rates.a, rates.b + x)
        return until * np.exp(weight)

    low = max(min(-60 / rates.a, -60), -690)
    average, _ = quad(log_of, low, -1e-12, limit=2000, points=[-20, -6, -3, -1, -0.5], epsabs=1e-12)
    # of the chances below the lowest, an order-day stops nobody: what is left is the NBD
    below = np.exp(rates.a * low - betaln(rates.a, rates.b + x) - np.log(rates.a))
    average += below * (rates.r + x) * 26 / (rates.alpha + age)
    assert float(orders_if_alive(rates, x, age, 26)) == pytest.approx(average, rel=2e-3)


def test_fits_on_what_occurs_and_on_every_buyer_are_one():
    seen = simulated(400, 3, Rates(0.5, 10, 0.9, 2.5))
    x, t_x, age = (one.astype(float) for one in (seen.x, seen.recency / 7, seen.age / 7))
    r, alpha, a, b = 0.4, 8.0, 0.7, 2.0
    stays = betaln(a, b + x) - betaln(a, b) - (r + x) * np.log(alpha + age)
    left = np.where(
        x > 0, betaln(a + 1, b + np.maximum(x, 1) - 1) - betaln(a, b) - (r + x) * np.log(alpha + t_x), -np.inf
    )
    every = np.logaddexp(stays, left) + gammaln(r + x) - gammaln(r) + r * np.log(alpha)
    cost, _ = Likelihood(*seen.distinct).cost(np.log([r, alpha, a, b]))
    assert -cost * 400 == pytest.approx(every.sum(), rel=1e-12)
    everybody = Likelihood(seen.x, seen.recency, seen.age, np.ones(400))
    assert everybody.cost(np.log([r, alpha, a, b]))[0] == pytest.approx(cost, rel=1e-12)
    assert seen.distinct[3].sum() == 400


def test_slopes_are_those_of_the_likelihood():
    likelihood = Likelihood(*simulated(300, 4, Rates(0.5, 10, 0.9, 2.5)).distinct)
    at = np.log([0.4, 8.0, 0.7, 2.0])
    for cost, where in ((likelihood.cost, at), (likelihood.cost_nbd, at[:2])):
        steps = 1e-5 * np.eye(len(where))
        measured = [(cost(where + step)[0] - cost(where - step)[0]) / 2e-5 for step in steps]
        assert cost(where)[1] == pytest.approx(measured, abs=1e-7)


def test_what_was_planted_is_found_again():
    fitted = fit(simulated(12_000, 5, Rates(0.35, 20, 0.9, 2.4)))
    planted = np.log([0.35, 20, 0.9, 2.4])
    found = np.log([fitted.rates.r, fitted.rates.alpha, fitted.rates.a, fitted.rates.b])
    assert (np.abs(found - planted) < 3.5 * np.sqrt(np.diag(fitted.spread))).all()
    assert np.sqrt(np.diag(fitted.spread)).max() < 0.4


def test_where_nobody_stops_the_limit_is_used():
    seen = simulated(10_000, 6, Rates(0.35, 20, 0, 0))
    rates = fit(seen).rates
    assert rates.is_nbd
    assert rates.r == pytest.approx(0.35, abs=0.05)
    assert (everybody_alive(rates, seen) == 1).all()
    assert orders_if_alive(rates, 2, 30.0, 10) == pytest.approx((rates.r + 2) * 10 / (rates.alpha + 30))


def test_spend_that_was_planted_is_found_again():
    seen = simulated(10_000, 8, Rates(0.5, 10, 0.9, 2.5))
    some = seen.x > 0
    spend = fit_spend(seen.x[some].astype(np.int64), seen.net[some] / 100 / seen.x[some]).spend
    assert spend.p == pytest.approx(6, rel=0.1)
    assert spend.q == pytest.approx(4, rel=0.1)


def test_spend_of_somebody_unknown_is_everybodys_average():
    spend = Spend(6.25, 3.74, 15.44)
    assert float(expected_spend(spend, np.array([0.0]), np.array([0.0]))[0]) == pytest.approx(6.25 * 15.44 / 2.74)
    # 2 order-days of 30 each: 6.25 × (15.44 + 60) ÷ (12.5 + 2.74)
    assert float(expected_spend(spend, np.array([2.0]), np.array([60.0]))[0]) == pytest.approx(30.938, abs=0.001)


def test_histories_count_order_days_from_the_first_to_the_end_of_a_day():
    rows = orders((1, "2026-01-01", 100), (1, "2026-01-01", 50), (1, "2026-01-15", 70), (1, "2026-02-01", 30),
                  (2, "2026-01-10", 500), (3, "2026-03-01", 900))  # fmt: skip
    seen = Histories.until(rows.kept, number(dt.date(2026, 1, 31)))
    assert seen.x.tolist() == [1, 0]
    assert seen.recency.tolist() == [14, 0]
    assert seen.age.tolist() == [30, 21]
    assert seen.net.tolist() == [70, 0]
    assert rows.keys[seen.who].tolist() == [1, 2]
    only = Histories.until(rows.kept, number(dt.date(2026, 3, 31)), np.array([False, True, False]))
    assert rows.keys[only.who].tolist() == [2]


@pytest.mark.parametrize("rows", [[(0, 0, 30)], [(0, 0, 30), (0, 0, 60), (0, 0, 0)], [(0, 0, 0)] * 50])
def test_buyers_who_never_came_back_fit_nothing(rows):
    assert fit(histories(*rows)) is None


def test_nobody_fits_nothing():
    nobody = Histories.until(orders().kept, 20_000)
    assert fit(nobody) is None
    assert holdout_of(orders().kept, 20_000) is None


@pytest.mark.parametrize(
    "rows", [[(3, 20, 30)], [(1, 1, 1)] * 9, [(40, 40, 40)] * 5, [(5, 5, 700)] * 30 + [(0, 0, 700)]]
)
def test_odd_histories_fit_or_do_not_but_never_break(rows):
    seen = histories(*rows, net=100)
    fitted = fit(seen)
    if fitted is not None:
        for found in (expected_orders(fitted.rates, seen, 52), buying(fitted.rates, seen, 13)):
            assert np.isfinite(found).all()
            assert (found >= 0).all()


def test_equal_spend_of_all_has_no_spread():
    assert fit_spend(np.array([1, 2, 3]), np.array([10.0, 10.0, 10.0])) is None
    assert fit_spend(np.array([1]), np.array([10.0])) is None


def test_frequent_buyers_overflow_nowhere():
    seen = histories((700, 700, 700), (5000, 6999, 7000), (1, 1, 7000))
    assert np.isfinite(expected_orders(PUBLISHED, seen, 52)).all()
    assert (buys_if_alive(PUBLISHED, [0, 5000], [0.0, 1000.0], 520) <= 1).all()
    assert everybody_alive(PUBLISHED, seen)[2] < 0.2


def test_intervals_hold_the_orders_that_come():
    rates, hits = Rates(0.5, 10, 0.9, 2.5), 0
    for seed in range(12):
        seen, later = simulated_twice(800, seed, rates)
        model = model_of(seen, digits=2)
        row = value(seen, model, np.zeros(800, np.int32), 1, buyer_weeks=13, digits=2).row(0, named=True)
        hits += row["buyers_low"] <= later <= row["buyers_high"]
    assert 10 <= hits <= 12


def simulated_twice(people, seed, rates):
    """Histories of 52 weeks, and how many buy in the 13 weeks after them."""
    draw = np.random.default_rng(seed)
    rate, stop = draw.gamma(rates.r, 1 / rates.alpha, people) / 7, draw.beta(rates.a, rates.b, people)
    x, last, now, on = np.zeros(people, np.int32), np.zeros(people), np.zeros(people), np.ones(people, bool)
    later = np.zeros(people, bool)
    while on.any():
        now[on] += draw.exponential(1 / rate[on])
        on &= now < 65 * 7
        early = on & (now < 52 * 7)
        x[early] += 1
        last[early] = now[early]
        later |= on & (now >= 52 * 7)
        on &= draw.random(people) >= stop
    age = np.full(people, 52 * 7, np.int32)
    recency = np.minimum(np.ceil(last), age).astype(np.int32)
    return Histories(x, recency, age, x * np.int64(5000), np.arange(people, dtype=np.int32)), int(later.sum())


def test_groups_add_up_and_hold_each_buyer_once():
    seen = simulated(5000, 9, Rates(0.5, 10, 0.9, 2.5))
    model = model_of(seen, digits=2)
    parted = value(seen, model, (np.arange(5000) % 4 - 1).astype(np.int32), 5, buyer_weeks=13, digits=2)
    inside = np.where(np.arange(5000) % 4 == 0, -1, 0).astype(np.int32)
    whole = value(seen, model, inside, 1, buyer_weeks=13, digits=2)
    assert parted["group"].to_list() == [0, 1, 2]
    assert parted["customers"].to_list() == [1250, 1250, 1250]
    assert parted["expected_buyers"].sum() == pytest.approx(whole["expected_buyers"][0])
    assert abs(parted["value_minor"].sum() - whole["value_minor"][0]) <= 2
    assert parted.select((pl.col("low_minor") < pl.col("value_minor")).all()).item()
    assert parted.select((pl.col("value_minor") < pl.col("high_minor")).all()).item()


def test_a_million_buyers_need_no_more_memory_than_their_rows():
    seen = simulated(1_000_000, 10, Rates(0.35, 20, 0.9, 2.4), weeks=52)
    model = model_of(simulated(5000, 9, Rates(0.5, 10, 0.9, 2.5)), digits=2)
    group = np.zeros(1_000_000, np.int32)
    assert len(seen.pairs[2]) == 1_000_000
    tracemalloc.start()
    try:
        found = value(seen, model, group, 1, buyer_weeks=13, digits=2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert found["customers"].to_list() == [1_000_000]
    assert peak < 100_000_000


def test_a_fashion_that_ends_fails_the_holdout():
    # three hundred buyers of the first year, and one order after it
    draw = np.random.default_rng(11)
    start = dt.date(2024, 1, 1)
    days = [(who, day) for who in range(300) for day in draw.integers(0, 364, 1 + draw.poisson(draw.gamma(0.8, 2)))]
    rows = orders(*((who, (start + dt.timedelta(int(day))).isoformat(), 1000) for who, day in days),
                  (999, "2024-01-01", 1000), (999, "2026-01-04", 1000))  # fmt: skip
    held = holdout_of(rows.kept, number(dt.date(2026, 1, 4)))
    assert (held.weeks, held.is_whole_years, held.customers, held.actual) == (52, True, 301, 1)
    assert held.expected > 10
    assert not held.has_passed
