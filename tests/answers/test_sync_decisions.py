"""Decisions of identities in conflict through the page's own answers: they stick, and they can be taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from answers import audience_tables
from answers.periods import context
from answers.sync_decisions import groups_of
from records import identity_decisions
from schema.errors import RefusedError, UsageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.test_sync import identities, load, till, told
from warehouse import api as warehouse

if TYPE_CHECKING:
    from pathlib import Path

    from answers.answer import Context

SHARED = "phone,H1,A,,true\nunionid,U1,A,,true\nphone,H1,B,,true\nunionid,U2,B,,true\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A data folder with two WeChat accounts that share a telephone, one order each."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    load(tmp_path, orders=till(["A", "B"], store=""), ids=identities(SHARED))
    return tmp_path


def asked() -> Context:
    snapshot = warehouse.open_snapshot("real")
    assert snapshot is not None
    marts = warehouse.load_marts(snapshot, LOCAL_OWNER)
    return context(parse_filters(""), LOCAL_OWNER, snapshot, marts, page="sync", all_data=True)


def test_two_accounts_that_are_one_person_count_once_from_then_on_and_twice_when_it_is_taken_back(home: Path) -> None:
    assert told("sync/conflicts").n == 1
    assert told("purchases/summary").table["buyers"].to_list() == [2]
    identity_decisions.decide("real", LOCAL_OWNER, groups_of(asked(), 1), is_one=True)
    assert told("sync/conflicts").is_empty
    assert told("purchases/summary").table["buyers"].to_list() == [1]
    load(home, more=till(["A", "B", "C"], store="").replace("\nT", "\nX").replace("2026-03-02", "2026-03-09"))
    warehouse.rebuild("real")
    assert told("purchases/summary").table["buyers"].to_list() == [2]
    decided = told("sync/decisions").table
    assert sorted(decided.select("decision", "verdict", "customer_id", "decided_by").rows()) == [
        ("ID-001", "one", "A", "local"), ("ID-001", "one", "B", "local"),
    ]  # fmt: skip
    identity_decisions.undo("real", LOCAL_OWNER, "ID-001")
    assert told("sync/conflicts").n == 1
    assert told("purchases/summary").table["buyers"].to_list() == [3]
    assert told("sync/decisions").is_empty


def test_who_was_kept_apart_is_not_asked_again_until_somebody_new_gives_the_telephone(home: Path) -> None:
    identity_decisions.decide("real", LOCAL_OWNER, groups_of(asked(), 1), is_one=False)
    assert told("sync/conflicts").is_empty
    assert told("purchases/summary").table["buyers"].to_list() == [2]
    load(home, card=identities("card,C1,A,,true\ncard,C1,B,,true\n"))
    assert told("sync/persons").table.select("customers", "persons", "conflicts").rows() == [(2, 2, 0)]
    load(home, third=identities("phone,H1,D,,true\nunionid,U3,D,,true\n"))
    assert set(told("sync/conflicts").table["customer_id"]) == {"A", "B", "D"}


@pytest.mark.parametrize("is_one", [True, False])
def test_who_was_decided_may_be_written_to_again(home: Path, *, is_one: bool) -> None:
    assert home
    assert audience_tables.conflicts(asked()).len() == 2
    identity_decisions.decide("real", LOCAL_OWNER, groups_of(asked(), 1), is_one=is_one)
    assert audience_tables.conflicts(asked()).is_empty()
    assert audience_tables.persons(asked()).height == int(is_one)


def test_a_conflict_that_is_gone_cannot_be_decided(home: Path) -> None:
    assert home
    identity_decisions.decide("real", LOCAL_OWNER, groups_of(asked(), 1), is_one=True)
    with pytest.raises(UsageError, match="no conflict 1 any more"):
        groups_of(asked(), 1)


def test_nobody_but_the_owner_reads_decisions(home: Path) -> None:
    assert home
    for scope in (Scope("agent", "wang", "AG1"), Scope("presenter", "guest")):
        with pytest.raises(RefusedError):
            told("sync/decisions", scope)
