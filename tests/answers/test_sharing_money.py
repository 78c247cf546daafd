"""Money of owners: statements, the 100 % bar, leakage and what may come back."""

import pytest

from answers import sharing_headlines as say
from answers.registry import ask
from schema.errors import UsageError
from schema.scope import Scope
from tests.answers.tiny import (
    BINDINGS,
    COMPANY,
    ORDERS,
    PEOPLE,
    PLACES,
    SHARES,
    STATEMENTS,
    answer,
    asked,
    entry,
    marts,
    settled,
)  # fmt: skip
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
AG2 = Scope("agent", "li", "AG2")
AUTUMN = "from=2026-10-01&to=2026-11-14"
SUMS = ["opening_minor", "accrued_minor", "clawback_minor", "paid_minor", "adjust_minor", "closing_minor"]


def test_settled_months_and_the_open_one_stand_in_one_table():
    table = answer("sharing/statement", AUTUMN).table
    assert table.select("agent_id", "month", *SUMS, "is_open").rows() == [
        ("AG1", "2026-10", 0, 50, 0, 0, 0, 50, False),
        ("AG1", "2026-11", 50, 400, 0, 0, 0, 450, True),
        ("AG2", "2026-11", 0, 180, -45, 0, 0, 135, True),
    ]
    assert table["name"].to_list() == ["Agent AG1", "Agent AG1", "Agent AG2"]
    assert table["digest"].to_list() == ["d" * 64, None, None]


def test_the_period_chooses_months():
    assert answer("sharing/statement", "from=2026-10-31&to=2026-10-31").table["month"].to_list() == ["2026-10"]


@pytest.mark.parametrize(
    ("by", "query", "receivers"),
    [("store", "", ["S1", "S3"]), ("store", "&agent=AG2", ["S3"]), ("store", "&city=Wuxi", ["S3"]), ("fund", "", [])],
)
def test_statements_of_stores_follow_the_place_filters(by, query, receivers):
    assert answer("sharing/statement", AUTUMN + query, by=by).table["receiver_id"].to_list() == receivers


def test_one_receiver_can_be_asked_for_and_an_unknown_one_is_refused():
    assert answer("sharing/statement", AUTUMN, receiver="AG2").table.height == 1
    with pytest.raises(UsageError) as error:
        answer("sharing/statement", AUTUMN, receiver="AG9")
    assert str(error.value) == "No statement of AG9 here."


def test_an_agent_reads_only_own_statements():
    theirs = narrow(COMPANY, AG1)
    table = answer("sharing/statement", AUTUMN, rows=theirs, scope=AG1).table
    assert table["agent_id"].unique().to_list() == ["AG1"]
    with pytest.raises(UsageError, match=r"No statement of AG2 here\."):
        answer("sharing/statement", AUTUMN, rows=theirs, scope=AG1, receiver="AG2")


def test_the_lines_of_an_open_month_are_named_by_receiver_and_month():
    table = answer(
        "sharing/lines", AUTUMN, by="store", receiver="S3", month="2026-11", scope=Scope("agent", "reader", "AG2")
    ).table
    assert table.select("seq", "kind", "amount_minor", "order_id", "customer_id", "refund_id").rows() == [
        (3, "accrual", 360, "O7", "C-0000000003", None),
        (5, "clawback", -90, "O7", "C-0000000003", "F2"),
    ]


def test_the_lines_of_a_settled_statement_are_named_by_its_id():
    done = entry(9, "accrual", "AG1", 50, "2026-10-03", of=ORDERS[1], pool=50, statement_id="2026-10-AG1-CNY")
    rows = marts(places=PLACES, shares=[done, *SHARES], statements=STATEMENTS)
    scope = Scope("agent", "reader", "AG1")
    assert answer("sharing/lines", rows=rows, statement="2026-10-AG1-CNY", scope=scope).table["seq"].to_list() == [9]
    with pytest.raises(UsageError) as error:
        answer("sharing/lines", rows=rows, statement="2026-09-AG1-CNY", scope=scope)
    assert str(error.value) == "No statement 2026-09-AG1-CNY here."


def test_a_statement_without_entries_has_no_lines_and_no_error():
    assert answer("sharing/lines", statement="2026-10-AG1-CNY").is_empty
    assert answer("sharing/lines").is_empty


def test_an_agent_reads_another_store_where_it_is_not_theirs():
    foreign = entry(1, "accrual", "S1", 10, "2026-11-12", of=ORDERS[6], pool=20, role="fulfiller")
    rows = narrow(marts(places=PLACES, people=PEOPLE, shares=[foreign]), AG1)
    table = answer("sharing/lines", rows=rows, scope=AG1, by="store", receiver="S1").table
    assert table.select("bound_store_id", "selling_store_id").rows() == [("another store", "another store")]


def test_the_bar_says_that_everything_has_its_account():
    found = answer("sharing/balance", AUTUMN)
    assert found.table.select("month", "pool_minor", "distributed_minor", "unassigned_minor", "share").rows() == [
        ("2026-11", 1_740, 1_740, 0, 1.0)
    ]
    assert say.balance(found) == "Allocated = distributed, to the minor unit"


def test_a_filter_keeps_whole_pools():
    table = answer("sharing/balance", f"{AUTUMN}&store=S3").table
    assert table.select("pool_minor", "distributed_minor", "unassigned_minor").rows() == [(540, 540, 0)]


def test_an_agent_reads_their_part_of_their_pools():
    split = [
        entry(1, "accrual", "S1", 800, "2026-11-02", of=ORDERS[1], pool=1_000),
        entry(2, "accrual", "S2", 200, "2026-11-02", of=ORDERS[1], pool=1_000),
    ]
    rows = narrow(marts(places=PLACES, shares=split), AG1)
    found = answer("sharing/balance", AUTUMN, rows=rows, scope=AG1)
    assert found.table.select("distributed_minor", "others_minor", "unassigned_minor", "share").rows() == [
        (800, 200, None, 0.8)
    ]
    assert say.balance(found) == "80.0\u202f% of these pools came to you"


def test_a_lost_minor_unit_is_said():
    lost = marts(places=PLACES, shares=[entry(1, "accrual", "S1", 799, "2026-11-02", of=ORDERS[1], pool=800)])
    assert say.balance(answer("sharing/balance", AUTUMN, rows=lost)) == "1 minor unit has no account"


def test_leakage_of_stores_and_agents():
    found = answer("sharing/leakage", AUTUMN)
    rows = {row["group"]: row for row in found.table.iter_rows(named=True)}
    # S1's member 1 bought at S1; member 2 (of S1 by the order) bought at S2 and sent everything back; 3 online
    assert (rows["S3"]["spend_minor"], rows["S3"]["elsewhere_minor"]) == (6_000, 0)
    assert (rows["S1"]["spend_minor"], rows["S1"]["own_minor"], rows["S1"]["leakage"]) == (15_000, 15_000, 0.0)
    assert rows["S1"]["name"] == "Shop S1"
    assert say.leakage(found) == "0\u202f% of bound customers' spend is elsewhere"
    agents = answer("sharing/leakage", AUTUMN, by="agent").table
    assert agents.select("group", "spend_minor").sort("group").rows() == [("AG1", 15_000), ("AG2", 6_000)]


def test_customers_whom_the_ledger_does_not_know_do_not_leak():
    rows = marts(places=PLACES, people=PEOPLE, orders=ORDERS, bindings=BINDINGS[:1])
    assert answer("sharing/leakage", AUTUMN, rows=rows).table["customers"].sum() == 1


def test_the_journey_of_an_agent_is_of_customers_who_were_theirs():
    found = answer("sharing/journey", AUTUMN, rows=narrow(COMPANY, AG2), scope=AG2)
    assert found.table.select("where", "orders", "net_minor", "share_minor", "part").rows() == [
        ("own_store", 1, 6_000, 405, 1.0),
        ("another_store", 0, 0, 0, 0.0),
        ("online", 0, 0, 0, 0.0),
        ("head_office", 0, 0, 0, 0.0),
    ]
    assert say.journey(found) == "Bound customers spend 100\u202f% at their owner's"


def test_currencies_are_asked_for_one_at_a_time():
    dollars = entry(9, "accrual", "AG1", 7, "2026-11-02", of=ORDERS[1], pool=7, currency="USD")
    rows = marts(places=PLACES, orders=ORDERS, shares=[*SHARES, dollars], statements=STATEMENTS)
    here = answer("sharing/statement", AUTUMN, rows=rows)
    assert set(here.table["currency"]) == {"CNY"}
    assert here.notes == ("Money is in CNY alone; USD can be chosen.",)
    there = answer("sharing/statement", f"{AUTUMN}&currency=USD", rows=rows).table
    assert there.select("currency", "closing_minor").rows() == [("USD", 7)]
    assert answer("sharing/balance", f"{AUTUMN}&currency=USD", rows=rows).table["pool_minor"].to_list() == [7]


def test_exposure_is_as_of_as_of_whatever_the_period():
    found = ask("sharing/exposure", asked("from=2026-01-01&to=2026-01-31", page="sharing"))
    assert found.table.select("age_days", "to_days", "accrued_minor", "refund_probability", "orders").rows() == [
        (0, 6, 405, None, 1),  # ordered on the 12th; nothing is 90 days old, so nobody knows
        (7, 14, 1_200, None, 1),
    ]
    assert say.exposure(found) == "What refunds may still take back"


def test_exposure_says_what_may_come_back():
    old = {**ORDERS[6], "order_key": 90, "local_on": ORDERS[0]["local_on"].replace(month=1)}
    gone = {**old, "local_on": old["local_on"], "order_local_on": old["local_on"], "goods_minor": 800}
    late = {**gone, "local_on": old["local_on"].replace(month=2), "goods_minor": 1_440}
    rows = marts(
        places=PLACES, orders=[old], refunds=[{**r, "shipping_minor": 0} for r in (gone, late)], shares=SHARES[2:4]
    )
    found = answer("sharing/exposure", AUTUMN, rows=rows)
    # 8,000 sold, 800 back at once, 1,440 later: of the 7,200 still there 20 % come back
    assert found.table.select("accrued_minor", "exposure_minor").rows() == [(540, 108)]
    assert say.exposure(found) == "20.0\u202f% of unpaid shares may still come back"


def test_nothing_is_said_of_a_settled_statement_twice():
    done = entry(9, "accrual", "AG1", 50, "2026-10-03", of=ORDERS[1], pool=50, statement_id="2026-10-AG1-CNY")
    rows = marts(places=PLACES, shares=[done], statements=[settled("2026-10", "AG1", 0, 50, 0, 0, 50)])
    assert answer("sharing/statement", AUTUMN, rows=rows).table["is_open"].to_list() == [False]
