"""One customer's days: every spell, claim and order, and no more than the viewer may know."""

import pytest

from answers.customers import key_of
from answers.registry import ask
from schema.errors import UsageError
from schema.scope import Scope
from tests.answers.tiny import COMPANY, answer, asked
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
THEIRS = narrow(COMPANY, AG1)
GUEST = Scope("presenter", "guest")


def test_a_customer_is_replayed_in_order_of_time():
    table = answer("sharing/replay", customer="C-0000000002").table
    assert table.select("what", "store_id", "cause", "outcome", "net_minor").rows() == [
        ("spell", "S2", "registered", None, None),
        ("attempt", "S1", None, "rejected_protected", None),
        ("attempt", "S1", None, "accepted", None),
        ("spell", "S1", "takeover", None, None),
        ("order", "S2", None, None, 0),
        ("order", "S2", None, None, 999),
    ]
    assert table["detail"].to_list()[:2] == [
        "owned, exact, by geo, because registered, confidence 97\u202f%",
        "rejected_protected, by scan",
    ]
    assert table["store_name"].to_list()[0] == "Shop S2"
    assert table["currency"].to_list()[-2:] == ["CNY", "USD"]


def test_nobody_chosen_shows_nothing_and_says_so():
    found = answer("sharing/replay")
    assert found.is_empty
    assert found.notes[0] == "Choose a customer to replay."


def test_an_agent_reads_own_spells_and_another_store_for_the_other_side():
    table = ask("sharing/replay", asked(rows=THEIRS, scope=AG1, page="sharing"), customer="C-0000000002").table
    assert table.select("what", "store_id", "owner_store_id").rows() == [
        ("attempt", "S1", "another store"),
        ("attempt", "S1", "another store"),
        ("spell", "S1", None),
        ("order", "another store", "S1"),  # theirs when it was paid
        ("order", "another store", "S1"),
    ]


@pytest.mark.parametrize("said", ["C-0000000003", "C-00000000ff", "C-3", "", "c-0000000001 ", "2"])
def test_a_customer_who_is_not_the_agents_is_as_unknown_as_one_who_does_not_exist(said):
    with pytest.raises(UsageError) as error:
        key_of(asked(rows=THEIRS, scope=AG1, page="sharing"), said)
    assert str(error.value) == f"No customer {said} here."


def test_keys_come_back_from_pseudonyms():
    assert key_of(asked(page="sharing"), "C-0000000003") == 3


@pytest.mark.parametrize("said", ["C-0000000003", "C-00000000ff"])
def test_a_presenter_finds_nobody(said):
    with pytest.raises(UsageError, match=f"No customer {said} here"):
        key_of(asked(scope=GUEST, page="sharing"), said)


def test_somebody_nobody_owns_has_one_spell():
    table = answer("sharing/replay", customer="C-0000000004").table
    assert table["detail"].to_list() == ["nobody's, unassigned, because registered, confidence 97\u202f%"]
