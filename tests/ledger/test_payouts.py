import datetime as dt

import polars as pl
import pytest

from ledger.payouts import clawback_path, eligible_day, eligible_on, payout_day, rail_check

NOW = dt.datetime(2026, 10, 5, 12, 0, 0, tzinfo=dt.UTC)


def test_shares_of_an_online_order_may_leave_fifteen_days_after_completion():
    assert eligible_day(dt.date(2026, 10, 20), dt.date(2026, 10, 12), is_online=True) == dt.date(2026, 11, 4)


def test_an_order_that_is_not_completed_is_held():
    assert eligible_day(None, dt.date(2026, 10, 12), is_online=True) is None


def test_a_sale_at_a_till_is_complete_when_paid():
    assert eligible_day(None, dt.date(2026, 2, 20), is_online=False) == dt.date(2026, 3, 7)


def test_the_expression_says_the_same():
    rows = pl.DataFrame(
        {
            "completed_on": [dt.date(2026, 10, 20), None, None],
            "local_on": [dt.date(2026, 10, 12), dt.date(2026, 10, 12), dt.date(2026, 2, 20)],
            "is_online": [True, True, False],
        }
    )
    assert rows.select(eligible_on())["eligible_on"].to_list() == [dt.date(2026, 11, 4), None, dt.date(2026, 3, 7)]


def test_payouts_leave_on_the_tenth():
    assert payout_day("2026-11") == dt.date(2026, 11, 10)


@pytest.mark.parametrize(
    ("age", "kind", "allowed", "path"),
    [
        (0, "merchant", True, "rail return"),
        (180, "merchant", True, "rail return"),
        (181, "merchant", True, "net in next statement"),
        (180, "merchant", False, "net in next statement"),
        (10, "merchant", None, "net in next statement"),
        (10, "personal", True, "net in next statement"),
        (10, None, True, "net in next statement"),
        (365, "personal", False, "net in next statement"),
        (366, "merchant", True, "refund period over"),
    ],
)
def test_the_way_back_depends_on_age_and_receiver(age, kind, allowed, path):
    assert clawback_path(age, kind, allowed) == path


def shares(order, pools, receivers, agent=None):
    return [
        {"source": "shop", "order_id": order, "rule_id": f"R{rule}", "receiver_kind": "store",
         "receiver_id": f"S{who}", "pool_minor": pool, "bound_agent_id": agent}
        for rule, pool in enumerate(pools) for who in range(receivers)
    ]  # fmt: skip


def test_the_rail_refuses_orders_and_says_why():
    rows = [
        *shares("a", [3_000], 2),
        *shares("b", [3_001], 2),
        *shares("c", [1_000, 1_500], 2, "A1"),
        *shares("d", [100], 51),
        *shares("e", [100], 1),
        *shares("f", [0], 1),
    ]
    at = NOW - dt.timedelta(seconds=30)
    payments = pl.DataFrame(
        {
            "source": "shop",
            "order_id": list("abcdef"),
            "paid_at": [at, at, at, at, at + dt.timedelta(seconds=1), at],
            "paid_minor": [10_000, 10_000, 10_000, 10_000, 10_000, 0],
        }
    )
    agents = pl.DataFrame({"agent_id": ["A1"], "rail_cap_bps": [2_000]})
    found = rail_check(pl.DataFrame(rows, schema_overrides={"bound_agent_id": pl.String}), payments, agents, NOW)
    assert dict(zip(found["order_id"], found["reason"], strict=True)) == {
        "a": "",
        "b": "pools exceed the rail's cap",
        "c": "pools exceed the rail's cap",
        "d": "more than 50 receivers",
        "e": "paid less than 30 seconds ago",
        "f": "nothing was paid",
    }
    assert found["pool_minor"].to_list() == [3_000, 3_001, 2_500, 100, 100, 0]
    assert found["cap_minor"].to_list() == [3_000, 3_000, 2_000, 3_000, 3_000, 0]
