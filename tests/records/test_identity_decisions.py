"""Who is one person, as head office decided: kept, obeyed, logged and taken back."""

from __future__ import annotations

import pytest

from records import audit, identity_decisions
from schema.errors import RefusedError, UsageError
from schema.scope import LOCAL_OWNER, Scope

AGENT = Scope("agent", "V-003", "A1")
BORROWED = Scope("owner", "local", is_borrowed=True)


def test_a_decision_comes_back_as_it_was_kept_and_can_be_taken_back(database_url):
    del database_url
    made = identity_decisions.decide("real", LOCAL_OWNER, [[2**62, 5], [3]], is_one=False)
    assert (made.decision_id, made.groups, made.changed_by) == ("ID-001", ((3,), (5, 2**62)), "local")
    second = identity_decisions.decide("real", LOCAL_OWNER, [[3], [5]], is_one=True)
    assert identity_decisions.in_force("real") == (made, second)
    assert identity_decisions.in_force("demo") == ()
    identity_decisions.undo("real", LOCAL_OWNER, "ID-001")
    assert identity_decisions.in_force("real") == (second,)
    assert identity_decisions.decide("real", LOCAL_OWNER, [[7], [8]], is_one=True).decision_id == "ID-003"
    with pytest.raises(UsageError, match="no decision ID-001 in force"):
        identity_decisions.undo("real", LOCAL_OWNER, "ID-001")


def test_every_decision_is_on_the_log_without_a_customer(sqlite_home):
    del sqlite_home
    identity_decisions.decide("real", LOCAL_OWNER, [[3], [5]], is_one=True)
    identity_decisions.undo("real", LOCAL_OWNER, "ID-001")
    lines = audit.entries(kinds=("identity_change",))
    assert lines["kind"].to_list() == ["identity_change"] * 2
    assert '"customers":2' in lines["what"][0].replace(" ", "")


def test_the_stamp_changes_with_every_change(sqlite_home):
    del sqlite_home
    seen = [identity_decisions.stamp("real")]
    identity_decisions.decide("real", LOCAL_OWNER, [[3], [5]], is_one=True)
    seen.append(identity_decisions.stamp("real"))
    identity_decisions.undo("real", LOCAL_OWNER, "ID-001")
    seen.append(identity_decisions.stamp("real"))
    assert len(set(seen)) == 3


@pytest.mark.parametrize("groups", [[], [[1], [1]], [[1]], [[key] for key in range(201)]])
def test_a_decision_about_nobody_or_one_alone_is_refused(groups, sqlite_home):
    del sqlite_home
    with pytest.raises(UsageError, match="each once"):
        identity_decisions.decide("real", LOCAL_OWNER, groups, is_one=True)


@pytest.mark.parametrize("scope", [AGENT, BORROWED, Scope("presenter", "V-2")])
def test_only_an_owner_in_their_own_right_decides_and_looks(scope, sqlite_home):
    del sqlite_home
    with pytest.raises(RefusedError):
        identity_decisions.decide("real", scope, [[1], [2]], is_one=True)
    with pytest.raises(RefusedError):
        identity_decisions.decisions("real", scope)
    with pytest.raises(RefusedError):
        identity_decisions.undo("real", scope, "ID-001")
