"""What each buyer is expected to bring: formula by formula for one, and the sums that groups are told."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.btyd import WEEK, Histories, alive, orders_if_alive
from metrics.customer_value import VALUE_WEEKS, each_value, expected_spend, model_of, value


def histories(people: int, seed: int) -> Histories:
    draw = np.random.default_rng(seed)
    age = draw.integers(200, 700, people).astype(np.int32)
    x = draw.poisson(draw.gamma(0.6, 2.0, people)).astype(np.int32)
    recency = np.where(x > 0, (age * draw.random(people)).astype(np.int32), 0).astype(np.int32)
    net = np.where(x > 0, x * draw.gamma(6, 3_000, people), 0).astype(np.int64)
    return Histories(x, recency, age, net, np.arange(people, dtype=np.int32))


@pytest.mark.parametrize("seed", [1, 2])
def test_each_ones_value_is_chance_times_orders_times_spend(seed: int) -> None:
    seen = histories(400, seed)
    model = model_of(seen, 2)
    assert model is not None
    assert model.spend is not None
    found = each_value(seen, model, 2)
    rates = model.fitted.rates
    for one in range(0, 400, 37):
        x = seen.x[one : one + 1].astype(float)
        still = alive(rates, x, seen.recency[one : one + 1] / WEEK, seen.age[one : one + 1] / WEEK)[0]
        orders = orders_if_alive(rates, x, seen.age[one : one + 1] / WEEK, VALUE_WEEKS)[0]
        spend = expected_spend(model.spend.spend, x, seen.net[one : one + 1] / 100)[0]
        assert found[one] == pytest.approx(still * orders * spend * 100, abs=1)


def test_the_sums_are_those_that_groups_are_told() -> None:
    seen = histories(600, 3)
    model = model_of(seen, 2)
    assert model is not None
    group = (np.arange(600) % 5).astype(np.int32)
    told = value(seen, model, group, 5, buyer_weeks=13, digits=2)
    each = each_value(seen, model, 2)
    for number, minor in told.select("group", "value_minor").iter_rows():
        assert each[group == number].sum() == pytest.approx(minor, abs=120)


def test_nobody_gives_no_value() -> None:
    seen = histories(600, 4)
    model = model_of(seen, 2)
    assert model is not None
    assert each_value(histories(0, 4), model, 2).size == 0
