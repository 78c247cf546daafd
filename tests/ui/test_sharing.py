"""The Sharing page: from data without an owner to bindings, statements, disputes and comparisons."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from ledger import api as ledger
from ledger.disputes import disputes
from schema.scope import LOCAL_OWNER
from schema.sharing import standard_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

TABS = ("binding", "replay", "statements", "money", "rules", "whatif", "disputes")
STORES = """store_id,store_name,lat,lng,datum,opened_on
S1,Harbour,1.3000,103.8000,WGS-84,2020-01-01
S2,Hill,1.4000,103.9000,WGS-84,2020-01-01
"""
CUSTOMERS = """customer_id,registered_at,home_lat,home_lng,datum,home_src
C1,2026-01-10 10:00:00,1.3010,103.8000,WGS-84,address
C2,2026-01-11 10:00:00,1.4010,103.9000,WGS-84,address
C3,2026-01-12 10:00:00,1.3020,103.8010,WGS-84,address
"""
ORDERS = """order_id,customer_id,order_date,amount,channel
O1,C1,2026-02-01 10:00:00,100.00,web
O2,C2,2026-02-15 10:00:00,50.00,web
O3,C3,2026-03-20 18:30:00,80.00,web
"""


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.header, at.warning, at.info, at.success)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def stands(at: AppTest) -> AppTest:
    assert not at.exception
    assert not at.error
    assert [head.value for head in at.header] == ["Sharing"]
    return at


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Two stores, three customers, three orders; nobody is bound."""
    for name, text in (("stores.csv", STORES), ("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        shop.load(name, text)
    return shop


@pytest.fixture
def bound(company: Shop) -> Shop:
    """The same under the five rules to start from, bound and booked."""
    ledger.save_rules("real", standard_rules(dt.date(2026, 1, 1)), by=LOCAL_OWNER)
    ledger.run("real", by=LOCAL_OWNER)
    return company


@pytest.mark.parametrize("tab", [tab for tab in TABS if tab != "rules"])
def test_before_anybody_is_bound_the_page_explains_and_offers_it(
    tab: str, company: Shop, app: Callable[..., AppTest]
) -> None:
    at = stands(app("sharing", tab=tab))
    assert "Nobody has an owner yet" in texts(at)
    assert "Known: customers 3, stores 2." in texts(at).replace("*", "")
    assert [button.label for button in at.button if button.label == "Bind now"]


def test_customers_who_never_say_when_they_registered_are_not_offered_a_binding(
    shop: Shop, app: Callable[..., AppTest]
) -> None:
    shop.load("stores.csv", STORES)
    shop.load("customers.csv", "customer_id,home_lat,home_lng,datum\nC1,1.3010,103.8000,WGS-84\n")
    at = stands(app("sharing"))
    assert "No customer says when they registered, so nobody can be bound." in texts(at)
    assert not [button for button in at.button if button.label == "Bind now"]


def test_binding_from_the_page_gives_everybody_an_owner(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("sharing")
    at.button(key="bind-first").click().run()
    stands(at)
    assert "3 customers have exactly one owner at every instant" in texts(at)
    assert {figure.label: figure.value for figure in at.metric}["Bound"] == "100.0 %"


def test_without_customers_the_page_says_what_to_load(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    assert "Load customers" in texts(stands(app("sharing")))


@pytest.mark.parametrize("tab", TABS)
def test_every_part_of_the_page_stands(tab: str, bound: Shop, app: Callable[..., AppTest]) -> None:
    stands(app("sharing", tab=tab))


def test_a_replay_names_the_store_and_decides_the_same_again(bound: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("sharing", tab="replay", customer="C2"))
    assert "C2 belongs to Hill" in texts(at)
    at.button(key="rerun").click().run()
    assert "Decided again from the stored facts: the same owner at every instant." in texts(at)


def test_an_unknown_customer_is_said_to_be_unknown(bound: Shop, app: Callable[..., AppTest]) -> None:
    assert "No customer C-0000000000 here" in texts(stands(app("sharing", tab="replay", customer="C-0000000000")))


def test_a_settled_month_shows_its_digest(bound: Shop, app: Callable[..., AppTest]) -> None:
    ledger.settle("real", "2026-03", LOCAL_OWNER)
    ledger.publish("real")
    at = stands(app("sharing", tab="statements", by="store", month="2026-02"))
    said = texts(at)
    assert "Allocated = distributed = 100.00 %" in said
    assert "settled: it never changes again" in said
    (digest,) = [code.value for code in at.code if len(code.value) == 64]
    assert f"Digest `{digest[:12]}…`" in said


def test_a_month_is_settled_only_after_it_was_checked(bound: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("sharing", tab="statements"))
    assert at.button(key="settle-now").disabled
    at.checkbox(key="settle-sure-2026-02").check().run()
    at.button(key="settle-now").click().run()
    stands(at)
    assert "Feb 26 is settled" in texts(at)
    assert "Every complete month is settled." in texts(at)
    assert "settled: it never changes again" in texts(at)


def test_a_dispute_is_opened_and_waits_for_seven_days(bound: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("sharing", tab="disputes"))
    at.selectbox(key="dispute-customer-0").set_value("C1")
    at.text_area(key="dispute-words-0").set_value("She <b>lives</b> next to us.")
    at.button(key="dispute-open").click().run()
    stands(at)
    table = disputes("real", LOCAL_OWNER)
    assert table["dispute_id"].to_list() == ["D-001"]
    assert "One dispute waits for a decision" in texts(at)
    assert "She <b>lives</b> next to us." in texts(at)
    assert "7 days left" in texts(at)


def test_a_dispute_without_words_is_refused_as_the_ledger_says_it(bound: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("sharing", tab="disputes"))
    at.selectbox(key="dispute-customer-0").set_value("C1")
    at.button(key="dispute-open").click().run()
    assert ["Say why" in error.value for error in at.error] == [True]


def test_without_rules_statements_lead_to_the_five_to_start_from(company: Shop, app: Callable[..., AppTest]) -> None:
    ledger.run("real", by=LOCAL_OWNER)
    at = stands(app("sharing", tab="statements"))
    assert "Nothing is shared before head office has saved its rules" in texts(at)
    at.button(key="torules").click().run()
    assert "R5" in texts(stands(at))


def test_rules_are_said_in_sentences_and_saving_makes_a_version(company: Shop, app: Callable[..., AppTest]) -> None:
    ledger.run("real", by=LOCAL_OWNER)
    at = stands(app("sharing", tab="rules"))
    assert "R1 Online sales to a bound customer: 12 % of net" in texts(at).replace("*", "")
    assert ledger.book_version("real") == 0
    at.button(key="rules-save").click().run()
    stands(at)
    assert ledger.book_version("real") == 1
    assert "Saved as version 1" in texts(at)


def test_a_comparison_writes_nothing(bound: Shop, app: Callable[..., AppTest]) -> None:
    before = ledger.sequence("real")
    at = stands(app("sharing", tab="whatif"))
    at.number_input(key="wi-agent_share").set_value(1.0)
    next(button for button in at.button if button.label == "Compare").click().run()
    stands(at)
    assert at.query_params["agent_share"] == "+1"
    assert "Head office keeps" in texts(at)
    assert ledger.sequence("real") == before
