"""The Sharing page for an agent and for a presenter: own rows, other sides without a name, and nothing to change."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from charts.numbers import percent
from ledger import api as ledger
from ledger.disputes import open_dispute
from ledger.store import binding_log
from schema.scope import LOCAL_OWNER, Scope
from schema.sharing import standard_rules

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

TABS = ("binding", "replay", "statements", "money", "rules", "whatif", "disputes")
STORES = """store_id,store_name,agent_id,lat,lng,datum,opened_on
S1,Harbour,A1,1.3000,103.8000,WGS-84,2020-01-01
S2,Hill,A2,1.4000,103.9000,WGS-84,2020-01-01
"""
AGENTS = "agent_id,name\nA1,Quay\nA2,Summit\n"
CUSTOMERS = """customer_id,registered_at,home_lat,home_lng,datum,home_src
C1,2026-01-10 10:00:00,1.3010,103.8000,WGS-84,address
C2,2026-01-11 10:00:00,1.4010,103.9000,WGS-84,address
"""
ORDERS = """order_id,customer_id,order_date,amount,channel,store_id
O1,C1,2026-02-01 10:00:00,100.00,web,
O2,C2,2026-02-15 10:00:00,50.00,web,
O3,C1,2026-03-20 18:30:00,80.00,pos,S2
"""
WANG = Scope("agent", "wang", "A1")
GUEST = Scope("presenter", "guest")
CHANGING = {"bind", "bind-first", "book", "settle-now", "rules-save", "policy-save", "torules"}


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.header, at.warning, at.info, at.success)
    said = [str(one.value) for kind in kinds for one in kind]
    said += [str(option) for box in at.selectbox for option in box.options]
    said += [frame.value.to_csv() for frame in at.dataframe]
    return "\n".join(said).replace("\\", "")


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Two agents with a store each, a customer each, and a sale of the first one's customer in the other's store."""
    for name, text in (
        ("agents.csv", AGENTS),
        ("stores.csv", STORES),
        ("customers.csv", CUSTOMERS),
        ("orders.csv", ORDERS),
    ):
        shop.load(name, text)
    ledger.save_rules("real", standard_rules(dt.date(2026, 1, 1)), by=LOCAL_OWNER)
    ledger.run("real", by=LOCAL_OWNER)
    return shop


@pytest.fixture
def seen_by(app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a part of the page as somebody else than the owner."""

    def opened(scope: Scope, tab: str, **query: str) -> AppTest:
        monkeypatch.setattr("ui.view.current_scope", lambda: scope)
        at = app("sharing", tab=tab, **query)
        assert not at.exception
        assert not at.error
        return at

    return opened


@pytest.mark.parametrize("scope", [WANG, GUEST], ids=["agent", "presenter"])
@pytest.mark.parametrize("tab", TABS)
def test_every_part_stands_and_offers_nothing_that_changes_the_books(
    tab: str, scope: Scope, company: Shop, seen_by: Callable[..., AppTest]
) -> None:
    at = seen_by(scope, tab)
    assert not CHANGING & {button.key for button in at.button}
    assert not [box for box in at.checkbox if (box.key or "").startswith("settle-sure")]
    assert not [radio for radio in at.radio if radio.label == "Decision"]


@pytest.mark.parametrize("tab", TABS)
def test_an_agent_reads_no_name_of_the_other_side(tab: str, company: Shop, seen_by: Callable[..., AppTest]) -> None:
    said = texts(seen_by(WANG, tab))
    assert not [name for name in ("Hill", "Summit", "S2", "C2", "O2") if name in said]


@pytest.mark.parametrize("scope", [WANG, GUEST], ids=["agent", "presenter"])
@pytest.mark.parametrize("tab", TABS)
def test_customers_ids_of_the_shop_are_the_owners_alone(
    tab: str, scope: Scope, company: Shop, seen_by: Callable[..., AppTest]
) -> None:
    said = texts(seen_by(scope, tab))
    assert not [name for name in ("C1", "C2") if name in said]


def test_an_agents_statement_is_their_own_and_says_what_came_of_the_pools(
    company: Shop, seen_by: Callable[..., AppTest]
) -> None:
    at = seen_by(WANG, "statements", month="2026-02")
    said = texts(at)
    assert "Quay" in said
    assert f"{percent(1.0, 2)} of these pools came to you" in said
    assert "Verified" not in said
    assert "nearest, 110 m" in said


def test_an_agent_cannot_replay_somebody_elses_customer(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    assert "No customer C2 here" in texts(seen_by(WANG, "replay", customer="C2"))


def test_rules_are_read_and_not_edited(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    said = texts(seen_by(WANG, "rules"))
    assert "R1" in said
    assert "Save as a new version" not in said


def test_other_owners_are_tried_by_head_office_alone(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    at = seen_by(WANG, "whatif", protection="180")
    assert "Only the owner may try protection, validity, policy" in texts(at)
    assert not at.metric


def test_an_agent_compares_what_their_own_side_would_get(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    at = seen_by(WANG, "whatif", pool="+1")
    said = texts(at)
    # 12 % of 100.00 and 3 % of 80.00 bought elsewhere; one point more of either
    assert [one.value for one in at.metric] == ["€14.4", "€16.2", "+€1.80"]
    assert [one.label for one in at.metric] == ["You now", "You then", "Change"]
    assert "You would get " in said
    for other in ("A2", "Head office keeps", "agents gain", "S2"):
        assert other not in said


def test_an_agent_submits_a_comparison_into_the_link(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    at = seen_by(WANG, "whatif")
    assert "Your orders of the last twelve months" in texts(at)
    at.number_input(key="wo-agent_share").set_value(1.5)
    next(button for button in at.button if button.label == "Compare").click().run()
    assert at.query_params["agent_share"] in ("+1.5", ["+1.5"])
    assert not at.exception


def test_presenters_compare_no_rules(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    assert "Head office compares rules here." in texts(seen_by(GUEST, "whatif", pool="+1"))


def test_presenters_see_no_disputes(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    at = seen_by(GUEST, "disputes")
    assert "Disputes" not in at.segmented_control(key="choose-tab").options
    assert "Disputes are" not in texts(at)
    assert "Head office decides within" not in texts(at)


def test_a_dispute_names_no_other_store_to_an_agent(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    key = key_of_store("S1")
    open_dispute("real", Scope("agent", "li", "A2"), claim="territory", words="Ours by right.")
    open_dispute("real", LOCAL_OWNER, claim="wrong_store", words="Please look.", customer_key=key)
    said = texts(seen_by(WANG, "disputes"))
    assert not [name for name in ("Hill", "Summit", "Ours by right.") if name in said]
    assert "Decide" not in [expander.label for expander in seen_by(WANG, "disputes").expander]


def test_the_owner_reads_both_sides(company: Shop, seen_by: Callable[..., AppTest]) -> None:
    said = texts(seen_by(LOCAL_OWNER, "statements", month="2026-02"))
    assert not [name for name in ("Quay", "Summit") if name not in said]


def key_of_store(store_id: str) -> int:
    """The key of the one customer of a store."""
    log = binding_log("real")
    return int(log.filter(log["store_id"] == store_id)["customer_key"][0])
