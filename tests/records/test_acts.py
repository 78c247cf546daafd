"""Who may change something, and that it is on the log before it is done."""

import json

import pytest

from records import acts, audit, database
from schema.errors import BusyError, RefusedError, StorageError
from schema.scope import LOCAL_OWNER, Scope
from schema.settings import data_home
from tests.records.held import held

pytestmark = pytest.mark.usefixtures("sqlite_home")

READERS = [
    Scope("presenter", "V-003"),
    Scope("presenter", "V-001", is_borrowed=True),
    Scope("agent", "V-001", "jiangnan", is_borrowed=True),
    Scope("owner", "V-001", is_borrowed=True),
]


def logged():
    return [(row["kind"], row["viewer"], row["data"], json.loads(row["what"])) for row in audit.entries().to_dicts()]


@pytest.mark.parametrize("scope", READERS)
def test_who_only_looks_writes_nothing_and_the_refusal_is_on_the_log(scope):
    with pytest.raises(RefusedError, match="nothing can be changed"):
        acts.writers_only(scope, "dispute")
    what = {"deed": "dispute", "role": scope.role, "agent_id": scope.agent_id or ""}
    assert logged() == [("refusal", scope.viewer, "", what)]


@pytest.mark.parametrize("scope", [*READERS, Scope("agent", "V-002", "jiangnan")])
def test_what_head_office_does_nobody_else_does(scope):
    with pytest.raises(RefusedError):
        acts.owners_only(scope, "settle")
    assert [kind for kind, *_ in logged()] == ["refusal"]


def test_an_owner_does_everything_and_an_agent_writes():
    acts.owners_only(LOCAL_OWNER, "settle")
    acts.writers_only(Scope("agent", "V-002", "jiangnan"), "dispute")
    assert logged() == []


def noted_and_failed(mode):
    with database.transaction(mode) as connection:
        acts.note("rule_change", LOCAL_OWNER, {"version": 1}, mode=mode, connection=connection)
        raise ZeroDivisionError


def test_a_change_of_the_companys_data_and_its_line_are_kept_together_or_not_at_all():
    with pytest.raises(ZeroDivisionError):
        noted_and_failed("real")
    assert logged() == []
    with database.transaction("real") as connection:
        acts.note("rule_change", LOCAL_OWNER, {"version": 1}, mode="real", connection=connection)
    assert logged() == [("rule_change", "local", "real", {"version": 1})]


def test_a_change_of_the_demo_is_in_the_companys_log_first():
    with pytest.raises(ZeroDivisionError):
        noted_and_failed("demo")
    assert logged() == [("rule_change", "local", "demo", {"version": 1})]


def test_what_happened_in_the_demos_story_is_not_logged_but_the_companys_own_is():
    with acts.demo_story():
        acts.note("settle", LOCAL_OWNER, {"month": "2026-10"}, mode="demo")
        acts.note("settle", LOCAL_OWNER, {"month": "2026-09"}, mode="real")
    acts.note("settle", LOCAL_OWNER, {"month": "2026-11"}, mode="demo")
    assert [what["month"] for *_, what in logged()] == ["2026-09", "2026-11"]


def test_what_cannot_be_logged_is_not_done(monkeypatch):
    monkeypatch.setattr(audit, "SMALL_WRITE_WAIT_S", 0.05)
    with held(), pytest.raises(BusyError, match="Nothing was done"):
        acts.note("settle", LOCAL_OWNER, {"month": "2026-10"}, mode="real")
    (data_home("real") / "catchlight.db").write_bytes(b"no database" * 100)
    with pytest.raises(StorageError):
        acts.note("settle", LOCAL_OWNER, {"month": "2026-10"}, mode="real")
