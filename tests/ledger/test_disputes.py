import datetime as dt

import pytest

from ledger import disputes as d
from ledger import store
from schema.errors import RefusedError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.ledger.rows import assertion, at, entry

pytestmark = pytest.mark.usefixtures("database_url")

TAIHU = Scope("agent", "li", "A-S1")
RIVAL = Scope("agent", "wu", "A-S2")
THIRD = Scope("agent", "ma", "A-S9")
NOON = at("2026-10-10 12:00:00")


@pytest.fixture(autouse=True)
def taken_over(database_url):
    rows = [assertion(7, "2026-01-10 20:00:00", "S1"), assertion(7, "2026-04-10 20:00:00", "S2", cause="takeover")]
    store.append_bindings("real", rows)


def opened(scope=TAIHU, **more):
    asked = {"claim": "takeover", "words": "She never scanned there.", "customer_key": 7, "at": NOON} | more
    return d.open_dispute("real", scope, **asked)


def test_a_dispute_is_due_after_seven_days_and_overdue_on_the_eighth():
    assert opened() == "D-A-S1-001"
    shown = d.disputes("real", LOCAL_OWNER, now=at("2026-10-17 23:59:59")).row(0, named=True)
    assert (shown["status"], shown["due_on"]) == ("open", dt.date(2026, 10, 17))
    assert d.disputes("real", LOCAL_OWNER, now=at("2026-10-18 00:00:00"))["status"].to_list() == ["overdue"]


def test_both_sides_see_it_and_neither_learns_who_the_other_is():
    opened()
    mine = d.disputes("real", TAIHU, now=NOON).row(0, named=True)
    theirs = d.disputes("real", RIVAL, now=NOON).row(0, named=True)
    assert (mine["opened_by"], mine["store_id"], mine["other_store_id"]) == ("you", "S1", "another store")
    assert (theirs["opened_by"], theirs["store_id"], theirs["other_store_id"]) == (
        "another store",
        "S2",
        "another store",
    )
    whole = d.disputes("real", LOCAL_OWNER, now=NOON).row(0, named=True)
    assert (whole["opened_by"], whole["store_id"], whole["other_store_id"]) == ("A-S1", "S1", "S2")
    assert d.disputes("real", THIRD, now=NOON).is_empty()


def test_what_is_said_is_kept_in_order_under_masked_names():
    opened()
    d.comment("real", RIVAL, "D-A-S2-001", " He did,\non 10 April. ", at=at("2026-10-11 09:00:00"))
    d.comment("real", LOCAL_OWNER, "D-001", "We look into it.", at=at("2026-10-11 10:00:00"))
    said = d.thread("real", TAIHU, "D-A-S1-001")
    assert said["by"].to_list() == ["you", "another store", "head office"]
    assert said["words"].to_list() == ["She never scanned there.", "He did,\non 10 April.", "We look into it."]
    assert d.thread("real", LOCAL_OWNER, "D-001")["by"].to_list() == ["A-S1", "A-S2", "head office"]
    assert d.disputes("real", TAIHU, now=NOON)["comments"].to_list() == [2]


def test_pressing_twice_opens_one_dispute():
    assert [opened(), opened(), opened(words="Something else.")] == [
        "D-A-S1-001", "D-A-S1-001", "D-A-S1-002",
    ]  # fmt: skip


def test_rebinding_is_a_decision_that_the_next_binding_reads():
    opened()
    since = at("2026-04-10 20:00:00")
    d.decide("real", LOCAL_OWNER, "D-001", "rebound", "The scan was staged.", rebind_to="S1", from_at=since, at=NOON)
    row = store.decisions("real").row(0, named=True)
    assert (row["customer_key"], row["at"], row["store_id"], row["dispute_id"]) == (7, since, "S1", "D-001")
    assert (row["decided_by"], row["reason"]) == ("local", "The scan was staged.")
    shown = d.disputes("real", TAIHU, now=NOON).row(0, named=True)
    assert (shown["status"], shown["outcome"], shown["rebind_store_id"]) == ("decided", "rebound", "S1")
    assert d.disputes("real", RIVAL, now=NOON)["rebind_store_id"].to_list() == ["another store"]


def test_a_decided_dispute_takes_nothing_more():
    opened()
    d.decide("real", LOCAL_OWNER, "D-001", "rejected", "The scan is there.", at=NOON)
    assert store.decisions("real").is_empty()
    with pytest.raises(UsageError, match="D-A-S1-001 is decided"):
        d.comment("real", TAIHU, "D-A-S1-001", "But!")
    with pytest.raises(UsageError, match="D-001 is decided"):
        d.decide("real", LOCAL_OWNER, "D-001", "upheld", "After all.")
    assert opened() == "D-A-S1-002"


@pytest.mark.parametrize(
    ("outcome", "rebind_to"), [("rebound", None), ("upheld", "S1"), ("rejected", "S1"), ("perhaps", None)]
)
def test_outcome_and_store_have_to_fit(outcome, rebind_to):
    opened()
    with pytest.raises(UsageError, match="only 'rebound' names the store"):
        d.decide("real", LOCAL_OWNER, "D-001", outcome, "So.", rebind_to=rebind_to)


def test_a_dispute_about_no_customer_moves_nobody():
    opened(claim="territory", customer_key=None)
    with pytest.raises(UsageError, match="D-001 is about no single customer"):
        d.decide("real", LOCAL_OWNER, "D-001", "rebound", "So.", rebind_to="S1")
    assert d.disputes("real", LOCAL_OWNER, now=NOON)["status"].to_list() == ["open"]


def test_an_agent_disputes_only_what_is_its_own():
    for scope, subject in (
        (THIRD, {}),
        (TAIHU, {"customer_key": 8}),
        (TAIHU, {"customer_key": None, "order_id": "O1"}),
    ):
        with pytest.raises(RefusedError, match="no such customer or order of yours"):
            opened(scope, **subject)
    store.append_entries("real", [entry("a", 100, receiver=("agent", "A-S1"))])
    assert opened(customer_key=None, source="shop", order_id="O1", claim="refund") == "D-A-S1-001"


def test_an_agent_counts_own_disputes_alone():
    """Five of the company; the ledger's own name would tell the second agent that four came before."""
    for words in ("One.", "Two.", "Three."):
        opened(claim="territory", customer_key=None, words=words)
    opened(LOCAL_OWNER, claim="territory", customer_key=None, words="Ours.")
    assert opened(RIVAL) == "D-A-S2-001"
    names = {who.agent_id: d.disputes("real", who)["dispute_id"].to_list() for who in (TAIHU, RIVAL, LOCAL_OWNER)}
    assert names == {
        "A-S1": ["D-A-S1-004", "D-A-S1-003", "D-A-S1-002", "D-A-S1-001"],
        "A-S2": ["D-A-S2-001"],
        None: ["D-005", "D-004", "D-003", "D-002", "D-001"],
    }
    assert d.names_of_sides("real", LOCAL_OWNER, "D-005") == {"A-S2": "D-A-S2-001", "A-S1": "D-A-S1-004"}
    assert d.names_of_sides("real", TAIHU, "D-005") == {}


def test_an_agent_cannot_try_the_ledgers_own_numbers():
    """Which of D-001, D-002 … is one's own tells how many others there are."""
    opened(claim="territory", customer_key=None, words="One.")
    opened(RIVAL)
    for name in ("D-001", "D-002", "D-A-S1-001", "D-A-S2-002"):
        with pytest.raises(UsageError, match=f"There is no dispute {name} among yours"):
            d.thread("real", RIVAL, name)
        with pytest.raises(UsageError, match=f"There is no dispute {name} among yours"):
            d.comment("real", RIVAL, name, "Hm.")


def test_head_office_finds_a_dispute_under_each_of_its_names():
    opened()
    for number, name in enumerate(("D-001", "D-A-S1-001", "D-A-S2-001")):
        d.comment("real", LOCAL_OWNER, name, "We look.", at=NOON + dt.timedelta(minutes=number))
    assert d.thread("real", LOCAL_OWNER, "D-A-S2-001").equals(d.thread("real", LOCAL_OWNER, "D-001"))
    assert [d.own_name("real", LOCAL_OWNER, name) for name in ("D-A-S2-001", "D-001", "D-A-S2-002")] == [
        "D-001", "D-001", "",
    ]  # fmt: skip
    d.decide("real", LOCAL_OWNER, "D-A-S2-001", "rejected", "No.", at=NOON)
    assert d.disputes("real", LOCAL_OWNER)["comments", "status"].row(0) == (3, "decided")


def test_a_stranger_is_told_the_same_whether_or_not_it_exists():
    opened()
    for dispute in ("D-001", "D-002"):
        with pytest.raises(UsageError, match=f"There is no dispute {dispute} among yours"):
            d.thread("real", THIRD, dispute)
        with pytest.raises(UsageError, match=f"There is no dispute {dispute} among yours"):
            d.comment("real", THIRD, dispute, "Hm.")


def test_only_head_office_decides_and_presenters_see_nothing():
    opened()
    show = Scope("presenter", "show")
    for scope in (TAIHU, show):
        with pytest.raises(RefusedError, match="Only head office decides"):
            d.decide("real", scope, "D-001", "upheld", "Mine.")
    for act in (
        lambda: d.disputes("real", show),
        lambda: d.thread("real", show, "D-001"),
        lambda: d.comment("real", show, "D-001", "Hm."),
        lambda: opened(show),
    ):
        with pytest.raises(RefusedError) as caught:
            act()
        assert caught.value.exit_code == 6


@pytest.mark.parametrize("words", ["", " \n ", "\0", "x" * 2_001])
def test_words_are_needed_and_limited(words):
    with pytest.raises(UsageError, match="Say why in 1 to 2,000 characters"):
        opened(words=words)


def test_an_unknown_claim_or_no_subject_is_refused():
    with pytest.raises(UsageError, match="'theft' is no claim"):
        opened(claim="theft")
    with pytest.raises(UsageError, match="about a customer or an order"):
        opened(customer_key=None)


def test_a_dispute_that_head_office_opens_is_between_the_owner_and_the_one_before():
    opened(LOCAL_OWNER, claim="wrong_store")
    shown = d.disputes("real", LOCAL_OWNER, now=NOON).row(0, named=True)
    assert (shown["opened_by"], shown["store_id"], shown["other_store_id"]) == ("head office", "S2", "S1")
    assert d.disputes("real", TAIHU, now=NOON)["store_id"].to_list() == ["S1"]
