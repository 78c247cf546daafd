import datetime as dt

import polars as pl
import pytest

from ledger import store
from ledger.accrue import accrue
from ledger.settle import settle
from ledger.verify import verify
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER
from tests.ledger.world import balance, bind, found, local, order, orders, posted, refund, refunds, statement, t14

NOVEMBER = local("2026-11-05 09:00:00")
DECEMBER = local("2026-12-05 09:00:00")


def october():
    """The order of T12 with the refund of T13."""
    found()
    orders(order("O1", 128_499, "2026-10-03 10:00:00", completed="2026-10-05 10:00:00"))
    refunds(refund("X1", "O1", 40_000, "2026-10-20 10:00:00"))
    bind("C1", "S1", guide_id="G1")


@pytest.mark.usefixtures("database_url")
def test_the_agent_of_the_printed_example_is_paid_and_owes_it_back_after_the_refund():
    october()
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    first = statement("2026-10", "A1")
    assert t14(first) == (0, 5_139, -1_599, 0, 0, 3_540)
    assert (first["held_minor"], first["payable_minor"]) == (0, 3_540)
    refunds(refund("X2", "O1", 88_499, "2026-11-20 10:00:00"), file="more.csv")
    settle("real", "2026-11", LOCAL_OWNER, now=DECEMBER)
    second = statement("2026-11", "A1")
    assert t14(second) == (3_540, 0, -3_540, -3_540, 0, -3_540)
    assert second["payable_minor"] == 0
    settle("real", "2026-12", LOCAL_OWNER, now=local("2027-01-05 09:00:00"))
    assert t14(statement("2026-12", "A1")) == (-3_540, 0, 0, 0, 0, -3_540)


def test_every_receiver_of_the_printed_example_is_at_zero_after_the_whole_refund(sqlite_home):
    october()
    accrue("real", now=NOVEMBER)
    assert balance() == {("S1", "CNY"): 5_310, ("A1", "CNY"): 3_540, ("G1", "CNY"): 1_771}
    refunds(refund("X2", "O1", 88_499, "2026-11-20 10:00:00"), file="more.csv")
    accrue("real", now=DECEMBER)
    assert balance() == {}


def test_a_second_example_with_other_numbers(sqlite_home):
    """Base 99 999, pool 12 000 (half up of 11 999.88): 6 000 + 4 000 + 2 000; a third of it refunded."""
    found()
    orders(order("O1", 99_999, "2026-08-30 12:00:00", completed="2026-09-02 12:00:00"))
    refunds(refund("X1", "O1", 33_333, "2026-09-09 12:00:00"))
    bind("C1", "S1", guide_id="G1")
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert t14(statement("2026-08", "A1")) == (0, 4_000, 0, 0, 0, 4_000)
    assert (statement("2026-08", "A1")["held_minor"], statement("2026-08", "A1")["payable_minor"]) == (4_000, 0)
    assert t14(statement("2026-09", "A1")) == (4_000, 0, -1_333, 0, 0, 2_667)
    assert (statement("2026-09", "A1")["held_minor"], statement("2026-09", "A1")["payable_minor"]) == (0, 2_667)
    assert t14(statement("2026-10", "A1")) == (2_667, 0, 0, -2_667, 0, 0)
    assert t14(statement("2026-10", "G1")) == (1_334, 0, 0, -1_334, 0, 0)


def test_what_is_not_completed_is_held_until_fifteen_days_after_it_is(sqlite_home):
    found()
    orders(order("O1", 100_000, "2026-09-20 12:00:00"))
    bind("C1", "S1")
    settle("real", "2026-09", LOCAL_OWNER, now=local("2026-10-01 00:00:00"))
    assert (statement("2026-09", "A1")["held_minor"], statement("2026-09", "A1")["payable_minor"]) == (4_000, 0)
    orders(order("O1", 100_000, "2026-09-20 12:00:00", completed="2026-10-16 12:00:00"), file="done.csv")
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert (statement("2026-10", "A1")["held_minor"], statement("2026-10", "A1")["payable_minor"]) == (0, 4_000)
    assert store.entries("real")["eligible_on"].unique().to_list() == [dt.date(2026, 10, 31)]


def test_a_payout_is_dated_the_tenth_of_the_next_month(sqlite_home):
    october()
    settle("real", "2026-11", LOCAL_OWNER, now=DECEMBER)
    payout = store.entries("real").filter((pl.col("kind") == "payout") & (pl.col("receiver_id") == "A1"))
    assert payout.select("month", "local_on", "at", "amount_minor").rows() == [
        ("2026-11", dt.date(2026, 11, 10), local("2026-11-10 00:00:00"), -3_540)
    ]


def test_settling_again_changes_nothing_and_says_so(sqlite_home):
    october()
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    before = store.sequence("real")
    again = settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert again.message == "2026-10 is settled already; nothing was changed."
    assert store.sequence("real") == before


def test_earlier_open_months_are_settled_first_even_without_any_entry(sqlite_home):
    found()
    orders(
        order("O1", 1_000, "2026-06-10 12:00:00", completed="2026-06-11 12:00:00"),
        order("O2", 1_000, "2026-09-10 12:00:00"),
    )
    bind("C1", "S1")
    report = settle("real", "2026-09", LOCAL_OWNER, now=NOVEMBER)
    assert report.months == ("2026-06", "2026-07", "2026-08", "2026-09")
    assert store.settled_months("real") == ["2026-06", "2026-07", "2026-08", "2026-09"]
    empty = statement("2026-08", "HQ")
    assert (empty["entries"], empty["closing_minor"], empty["currency"]) == (0, 0, "CNY")


def test_a_month_that_cannot_be_settled_is_refused(sqlite_home):
    october()
    for month, message in {
        "2026-11": "2026-11 is not over yet in Asia/Shanghai; settle it when the next month has begun.",
        "2027-01": "2027-01 is not over yet in Asia/Shanghai; settle it when the next month has begun.",
        "2026-13": "'2026-13' is not a month; write it as 2026-10.",
        "last": "'last' is not a month; write it as 2026-10.",
        "2026-09": "2026-09 lies before the first order or refund, which is in 2026-10.",
    }.items():
        with pytest.raises(UsageError) as refused:
            settle("real", month, LOCAL_OWNER, now=NOVEMBER)
        assert str(refused.value) == message


def test_a_month_is_over_at_local_midnight(sqlite_home):
    october()
    with pytest.raises(UsageError):
        settle("real", "2026-10", LOCAL_OWNER, now=local("2026-10-31 23:59:59"))
    assert settle("real", "2026-10", LOCAL_OWNER, now=local("2026-11-01 00:00:00")).months == ("2026-10",)


def test_without_data_there_is_nothing_to_settle(sqlite_home):
    with pytest.raises(UsageError) as refused:
        settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert str(refused.value) == "The real data hold no order yet; import some before settling 2026-10."


def test_nothing_is_closed_for_good_before_rules_are_saved(sqlite_home):
    orders(order("O1", 10_000, "2026-10-03 10:00:00"))
    with pytest.raises(UsageError) as refused:
        settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert str(refused.value) == (
        "No rules are saved, so 2026-10 would be closed for good with nothing in it. Save the rules first: page "
        "Sharing, tab Rules."
    )
    assert store.settled_months("real") == []


def test_a_settled_month_keeps_its_owner_and_a_late_refund_comes_off_those_who_were_paid(sqlite_home):
    october()
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    before = store.statements("real")
    bind("C1", "S2", cause="upgraded")
    accrue("real", now=NOVEMBER)
    assert [row for row in posted() if row[0] == "2026-11"] == []
    refunds(refund("X2", "O1", 88_499, "2026-10-30 10:00:00"), file="late.csv")
    accrue("real", now=NOVEMBER)
    late = store.entries("real").filter(pl.col("month") == "2026-11").sort("receiver_id")
    assert late.select("kind", "receiver_id", "amount_minor", "local_on").rows() == [
        ("clawback", "A1", -3_540, dt.date(2026, 10, 30)),
        ("clawback", "G1", -1_771, dt.date(2026, 10, 30)),
        ("clawback", "S1", -5_310, dt.date(2026, 10, 30)),
    ]
    assert balance() == {}
    assert store.statements("real").equals(before)


def test_a_late_order_of_a_settled_month_goes_into_the_first_open_month(sqlite_home):
    october()
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    orders(order("O2", 1_000, "2026-10-15 12:00:00"), file="late.csv")
    report = accrue("real", now=NOVEMBER)
    assert report.late_orders == 1
    late = store.entries("real").filter(pl.col("order_id") == "O2")
    assert late.select("month", "local_on", "at").unique().rows() == [
        ("2026-11", dt.date(2026, 10, 15), local("2026-10-15 12:00:00"))
    ]
    assert accrue("real", now=NOVEMBER).entries == {}


def test_an_order_that_paid_nobody_stays_so_after_settlement_whoever_owns_the_customer_later(sqlite_home):
    found()
    orders(
        order("O1", 1_000, "2026-10-03 10:00:00", channel="pos", selling_store_id="S1"),
        order("O2", 1_000, "2026-10-03 10:00:00", customer="C2"),
    )
    bind("C1", "S1")
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert balance() == {("HQ", "CNY"): 120}
    bind("C1", "S2", cause="upgraded")
    report = accrue("real", now=NOVEMBER)
    assert (report.entries, report.late_orders) == ({}, 0)


def test_a_cancelled_order_of_a_settled_month_is_taken_back_in_the_open_one(sqlite_home):
    october()
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    cancelled = order("O1", 128_499, "2026-10-03 10:00:00", completed="2026-10-05 10:00:00", status="cancelled")
    orders(cancelled, file="cancelled.csv")
    accrue("real", now=NOVEMBER)
    assert balance() == {}
    assert {row[:2] for row in posted() if row[0] > "2026-10"} == {("2026-11", "adjust")}
    assert accrue("real", now=NOVEMBER).entries == {}


def test_two_currencies_have_two_statements(sqlite_home):
    found()
    orders(
        order("O1", 10_000, "2026-10-03 10:00:00"),
        order("O2", 5_000, "2026-10-03 11:00:00", currency="HKD"),
    )
    bind("C1", "S1")
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    rows = store.statements("real").filter(pl.col("receiver_id") == "A1").sort("currency")
    assert rows.select("statement_id", "accrued_minor", "entries").rows() == [
        ("2026-10/agent/A1/CNY", 400, 1),
        ("2026-10/agent/A1/HKD", 200, 1),
    ]


def _settled_in_september():
    found()
    orders(order("O1", 20_000, "2026-09-10 10:00:00"), order("O2", 50_000, "2026-10-10 10:00:00"))
    bind("C1", "S1")
    settle("real", "2026-09", LOCAL_OWNER, now=NOVEMBER)


def _of_o1():
    rows = store.entries("real").filter(pl.col("order_id") == "O1")
    sums = rows.group_by("receiver_id").agg(pl.col("amount_minor").sum()).sort("receiver_id")
    return {who: minor for who, minor in sums.rows() if minor}


@pytest.mark.parametrize("net", [10_000, 20_000, 30_001])
def test_a_settled_order_that_became_another_keeps_its_shares_and_gives_all_back_with_its_goods(sqlite_home, net):
    _settled_in_september()
    orders(order("O1", net, "2026-09-10 10:00:00", fulfil_store_id="S2"), file="again.csv")
    accrue("real", now=NOVEMBER)
    assert _of_o1() == {"S1": 1_600, "A1": 800}
    refunds(refund("X1", "O1", net // 2, "2026-11-02 10:00:00"))
    accrue("real", now=NOVEMBER)
    half = _of_o1()
    assert 800 <= half["S1"] <= 1_200
    refunds(refund("X2", "O1", net - net // 2, "2026-11-03 10:00:00"), file="more.csv")
    accrue("real", now=NOVEMBER)
    assert _of_o1() == {}
    assert accrue("real", now=NOVEMBER).entries == {}


def test_a_settled_order_cancelled_by_mistake_has_its_shares_again_once_that_is_put_right(sqlite_home):
    _settled_in_september()
    refunds(refund("X1", "O1", 5_000, "2026-09-20 10:00:00"))
    accrue("real", now=NOVEMBER)
    right = _of_o1()
    cancelled = order("O1", 20_000, "2026-09-10 10:00:00", status="cancelled")
    orders(cancelled, file="wrong.csv")
    accrue("real", now=NOVEMBER)
    assert _of_o1() == {}
    orders(order("O1", 20_000, "2026-09-10 10:00:00"), file="right.csv")
    accrue("real", now=NOVEMBER)
    assert _of_o1() == right == {"S1": 1_200, "A1": 600}
    orders(cancelled, file="wrong2.csv")
    settle("real", "2026-10", LOCAL_OWNER, now=NOVEMBER)
    assert _of_o1() == {}
    orders(order("O1", 20_000, "2026-09-10 10:00:00"), file="right2.csv")
    accrue("real", now=NOVEMBER)
    assert _of_o1() == right
    assert accrue("real", now=NOVEMBER).entries == {}
    assert verify("real").ok
