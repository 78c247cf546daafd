"""Where nothing is left to find, nothing is found: the demo shuffled, and false findings held against the rate promised."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl
import pytest

from metrics.conversion import conversion_by_product, quadrant
from metrics.dwell import dwell_by_product
from metrics.findings import DAYS_Q, dwell_spikes, hesitation, unusual_days
from metrics.overlap import overlap_matrix
from metrics.overview import trend
from metrics.tiers import store_customers
from schema.tables import OFFLINE_CHANNELS

if TYPE_CHECKING:
    from schema.marts import Marts

AS_OF = dt.date(2026, 11, 15)
QUARTER = dt.date(2026, 8, 16)
LOTS = 20


def recent(marts: Marts) -> pl.DataFrame:
    return marts.visits.filter(pl.col("local_on") >= QUARTER)


def days(orders: pl.DataFrame) -> pl.DataFrame:
    """Net sales and orders of each day, as the Overview judges them."""
    return trend(orders).select("local_on", value="net_minor", n="orders")


@pytest.mark.parametrize("seed", range(6))
def test_products_shuffled_among_views_hold_nobody_at_any_hour_and_hesitate_nowhere(marts: Marts, seed: int) -> None:
    views = recent(marts)
    order = pl.int_range(views.height, eager=True).shuffle(seed=seed)
    shuffled = views.with_columns(views.select("category", "product_id")[order])
    assert dwell_spikes(shuffled).is_empty()
    assert dwell_spikes(shuffled, by="product_id").is_empty()
    bought = conversion_by_product(shuffled, marts.lines, as_of=AS_OF).drop("category")
    assert hesitation(quadrant(dwell_by_product(shuffled).join(bought, on="product_id"))).is_empty()


def test_unshuffled_all_three_are_found(marts: Marts) -> None:
    views = recent(marts)
    assert dwell_spikes(views)["group"].to_list() == ["Wool coats"]
    bought = conversion_by_product(views, marts.lines, as_of=AS_OF).drop("category")
    assert "WC-07" in hesitation(quadrant(dwell_by_product(views).join(bought, on="product_id")))["product_id"]
    assert dt.date(2026, 11, 11) in unusual_days(days(marts.orders))["local_on"]


def test_orders_that_fall_on_days_by_lot_make_unusual_days_no_more_often_than_promised(marts: Marts) -> None:
    """Each lot is one look at 16 weeks (a mere shuffle would leave the full day its many orders).

    One in twenty may cry wolf; more than 4 of 20 would be chance in fewer than one case in 300.
    """
    orders = marts.orders.filter(pl.col("local_on") >= AS_OF - dt.timedelta(days=112))
    every = orders["local_on"].unique().sort()
    wolves = 0
    for seed in range(LOTS):
        drawn = every.sample(orders.height, with_replacement=True, seed=seed)
        wolves += not unusual_days(days(orders.with_columns(local_on=drawn))).is_empty()
    assert DAYS_Q == 0.05
    assert wolves <= 4, wolves


@pytest.mark.parametrize("seed", range(3))
def test_stores_shuffled_among_orders_leave_no_pair_of_agents_standing_out(marts: Marts, seed: int) -> None:
    """Everybody then draws from everywhere: all pairs overlap alike, and no pair is a finding beside the next one."""
    offline = marts.orders.filter(pl.col("channel").is_in(list(OFFLINE_CHANNELS)))
    order = pl.int_range(offline.height, eager=True).shuffle(seed=seed)
    shuffled = offline.with_columns(offline.select("store_id", "agent_id")[order])
    buyers = store_customers(shuffled, marts.people, by="agent_id", channels=OFFLINE_CHANNELS)
    pairs = overlap_matrix(buyers, marts.places, by="agent_id").filter(pl.col("a") < pl.col("b"))
    assert pairs["overlap_index"][0] - pairs["overlap_index"][1] < 0.1
