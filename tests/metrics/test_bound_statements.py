"""Open months in the columns of a settled statement."""

from metrics.bound_statements import open_statements
from tests.answers.tiny import day, entry, order, settled, table

SUMS = ["month", "opening_minor", "accrued_minor", "clawback_minor", "paid_minor", "adjust_minor", "closing_minor"]
BOUGHT = order(1, 1, "2026-11-02", 10_000)


def opened(rows, statements=()):
    return open_statements(table("shares", rows), table("statements", list(statements)))


def test_an_open_month_starts_from_the_last_closing():
    rows = [
        entry(1, "accrual", "AG1", 5_139, "2026-10-05", of=BOUGHT, statement_id="2026-10-AG1-CNY"),
        entry(2, "clawback", "AG1", -1_599, "2026-10-20", of=BOUGHT, statement_id="2026-10-AG1-CNY"),
        entry(3, "payout", "AG1", -3_540, "2026-11-10"),
        entry(4, "clawback", "AG1", -3_540, "2026-11-20", of=BOUGHT),
    ]
    found = opened(rows, [settled("2026-10", "AG1", 0, 5_139, -1_599, 0, 3_540)])
    assert found.select(SUMS).rows() == [("2026-11", 3_540, 0, -3_540, -3_540, 0, -3_540)]
    row = found.row(0, named=True)
    assert (row["held_minor"], row["payable_minor"], row["entries"]) == (0, 0, 2)
    assert (row["statement_id"], row["digest"], row["settled_at"], row["agent_id"]) == (None, None, None, "AG1")


def test_open_months_follow_each_other():
    rows = [
        entry(1, "accrual", "S1", 100, "2026-11-02", of=BOUGHT, eligible_on=day("2026-11-17")),
        entry(2, "adjust", "S1", -30, "2026-12-03", of=BOUGHT),
        entry(3, "accrual", "S2", 7, "2026-12-03", of=BOUGHT, eligible_on=None),
    ]
    assert opened(rows).select("receiver_id", *SUMS).rows() == [
        ("S1", "2026-11", 0, 100, 0, 0, 0, 100),
        ("S1", "2026-12", 100, 0, 0, 0, -30, 70),
        ("S2", "2026-12", 0, 7, 0, 0, 0, 7),
    ]


def test_what_is_eligible_after_the_month_or_nobody_knows_when_is_held_net_of_what_came_back():
    second, third = order(2, 1, "2026-11-20", 10_000), order(3, 1, "2026-11-21", 10_000)
    rows = [
        entry(1, "accrual", "S1", 100, "2026-11-02", of=BOUGHT, eligible_on=day("2026-11-30")),
        entry(2, "accrual", "S1", 40, "2026-11-20", of=second, eligible_on=day("2026-12-01")),
        entry(3, "accrual", "S1", 5, "2026-11-21", of=third, eligible_on=None),
        entry(4, "clawback", "S1", -10, "2026-11-22", of=second, eligible_on=day("2026-11-22"), refund_id="F1"),
    ]
    assert opened(rows).select("closing_minor", "held_minor", "payable_minor").rows() == [(135, 35, 100)]


def test_a_balance_is_carried_through_a_month_without_entries():
    found = opened(
        [entry(1, "accrual", "S1", 10, "2026-11-02", of=BOUGHT)], [settled("2026-10", "AG1", 0, 50, 0, 0, 50)]
    )
    assert found.select("receiver_id", *SUMS, "entries").rows() == [
        ("AG1", "2026-11", 50, 0, 0, 0, 0, 50, 0),
        ("S1", "2026-11", 0, 10, 0, 0, 0, 10, 1),
    ]


def test_currencies_have_an_account_each():
    rows = [
        entry(1, "accrual", "S1", 10, "2026-11-02", of=BOUGHT),
        entry(2, "accrual", "S1", 99, "2026-11-02", of=BOUGHT, currency="USD"),
    ]
    assert opened(rows).select("currency", "closing_minor").rows() == [("CNY", 10), ("USD", 99)]


def test_without_open_entries_there_is_no_open_month():
    assert opened([]).is_empty()
    done = entry(1, "accrual", "S1", 10, "2026-10-02", of=BOUGHT, statement_id="2026-10-S1-CNY")
    assert opened([done], [settled("2026-10", "S1", 0, 10, 0, 0, 10)]).is_empty()
