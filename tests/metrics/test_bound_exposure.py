"""Accrued and unpaid, times how likely it still comes back."""

import pytest

from metrics.bound_exposure import exposure, refund_paths, unpaid
from tests.answers.tiny import day, entry, order, table

AS_OF = day("2026-11-15")
OLD = order(1, 1, "2026-07-01", 10_000, channel="app")
TILL = order(2, 1, "2026-07-01", 5_000)
YOUNG = order(3, 1, "2026-11-10", 9_999, channel="app")


def refund(of, on, goods):
    return {**of, "local_on": day(on), "order_local_on": of["local_on"], "goods_minor": goods, "shipping_minor": 0}


REFUNDS = [refund(OLD, "2026-07-04", 2_000), refund(OLD, "2026-07-21", 1_000), refund(YOUNG, "2026-11-11", 9_999)]
PATHS = refund_paths(table("orders", [OLD, TILL, YOUNG]), table("refunds", REFUNDS), as_of=AS_OF)


def chance(group, age):
    return PATHS.filter(channel_group=group, age_days=age)["refund_probability"].item()


def test_the_chance_is_of_what_is_still_there_at_that_age():
    assert chance("online", 0) == pytest.approx(0.3)
    assert chance("online", 3) == pytest.approx(0.1 / 0.8)
    assert chance("online", 19) == pytest.approx(0.125)
    assert chance("online", 20) == 0.0
    assert chance("offline", 0) == 0.0


def test_orders_younger_than_the_horizon_show_nothing():
    assert PATHS.filter(channel_group="online")["orders"].unique().to_list() == [1]


def test_goods_that_all_came_back_have_nothing_left_to_come_back():
    paths = refund_paths(table("orders", [OLD]), table("refunds", [refund(OLD, "2026-07-02", 10_000)]), as_of=AS_OF)
    assert paths.filter(age_days=0)["refund_probability"].item() == 1.0
    assert paths.filter(age_days=1)["refund_probability"].item() == 0.0


def share(seq, amount, of, *, kind="accrual", on=None, eligible=None, receiver="S1"):
    return entry(seq, kind, receiver, amount, on or of["local_on"].isoformat(), of=of, pool=1,
                 eligible_on=eligible and day(eligible))  # fmt: skip


def test_a_share_is_paid_once_a_payout_follows_the_month_it_became_eligible_in():
    rows = [
        share(1, 100, OLD, eligible="2026-07-20"),
        share(2, 70, TILL, eligible="2026-10-31"),
        share(3, 50, order(4, 1, "2026-10-25", 1), eligible="2026-11-09"),
        share(4, 30, YOUNG),
        share(5, -10, YOUNG, kind="clawback", on="2026-11-12", eligible="2026-11-12"),
        entry(6, "payout", "S1", -170, "2026-11-10"),
    ]
    left = unpaid(table("shares", rows)).sort("order_id")
    assert left.select("order_id", "accrued_minor").rows() == [("O3", 20), ("O4", 50)]


def test_before_any_payout_everything_is_in_the_house():
    assert unpaid(table("shares", [share(1, 100, OLD, eligible="2026-07-20")])).height == 1


def test_exposure_by_age_of_the_order():
    rows = [share(1, 1_000, order(7, 1, "2026-11-11", 1, channel="app")), share(2, 800, YOUNG), share(3, 600, TILL)]
    found = exposure(unpaid(table("shares", rows)), PATHS, as_of=AS_OF)
    assert found.rows() == [
        (0, 6, 1_800, pytest.approx(0.125), 225, 2),
        (91, None, 600, 0.0, 0, 1),
    ]


def test_without_old_orders_the_chance_is_unknown_not_zero():
    rest = unpaid(table("shares", [share(1, 1_000, YOUNG)]))
    assert exposure(rest, PATHS.clear(), as_of=AS_OF).rows() == [(0, 6, 1_000, None, None, 1)]


def test_nothing_unpaid_is_not_exposed():
    assert exposure(unpaid(table("shares", [])), PATHS, as_of=AS_OF).is_empty()
