"""What people change in the ledger is on the audit log, under their own name, and nobody changes it who only looks."""

import datetime as dt
import json

import pytest

from ledger import api as ledger
from records import audit, database
from records.acts import demo_story
from schema.errors import RefusedError, StorageError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from schema.sharing import BindingPolicy, Rule, standard_rules
from tests.ledger.world import found, local, order, orders

pytestmark = pytest.mark.usefixtures("sqlite_home")

OWNER = Scope("owner", "V-001")
LOOKING = [
    Scope("presenter", "V-003"),
    Scope("owner", "V-001", is_borrowed=True),
    Scope("agent", "V-001", "A1", is_borrowed=True),
]
RULES = standard_rules(dt.date(2026, 1, 1))


def logged(kind):
    return [(row["viewer"], row["data"], json.loads(row["what"])) for row in audit.entries(kinds=[kind]).to_dicts()]


def deeds(scope):
    return {
        "rule_change": lambda: ledger.save_rules("real", RULES, scope),
        "policy_change": lambda: ledger.save_policy("real", BindingPolicy(protection_days=30), scope),
        "settle": lambda: ledger.settle("real", "2026-10", scope),
        "bind": lambda: ledger.run("real", by=scope),
        "dispute": lambda: ledger.open_dispute("real", scope, claim="territory", words="The canal is ours."),
    }


def test_saved_rules_are_one_line_and_saving_the_same_again_none():
    ledger.save_rules("real", (RULES[0],), OWNER, reason="A new year")
    ledger.save_rules("real", (RULES[0],), OWNER)
    assert logged("rule_change") == [("V-001", "real", {"version": 1, "rules": "R1 v1", "reason": "A new year"})]


def test_rules_that_are_refused_by_the_guards_are_not_logged_as_changed():
    bad = Rule("R9", "Too much", dt.date(2026, 1, 1), 1_000, (("store", 9_000),))
    with pytest.raises(UsageError):
        ledger.save_rules("real", (bad,), OWNER)
    assert logged("rule_change") == []


def test_a_policy_is_one_line():
    ledger.save_policy("real", BindingPolicy(protection_days=30), OWNER, reason="As agreed")
    assert logged("policy_change") == [("V-001", "real", {"version": 1, "reason": "As agreed"})]


def test_a_dispute_is_logged_at_every_step_without_the_words():
    agent = Scope("agent", "V-002", "A1")
    name = ledger.open_dispute("real", agent, claim="territory", words="Mrs Li lives on our side.")
    ledger.comment("real", OWNER, name, "Which side?")
    ledger.decide("real", OWNER, name, "upheld", "Agreed.")
    assert logged("dispute") == [
        ("V-002", "real", {"dispute_id": "D-001", "event": "opened", "claim": "territory"}),
        ("V-001", "real", {"dispute_id": "D-001", "event": "commented"}),
        ("V-001", "real", {"dispute_id": "D-001", "event": "decided", "outcome": "upheld"}),
    ]
    assert "Li" not in "".join(audit.entries()["what"])


@pytest.mark.parametrize("scope", LOOKING)
@pytest.mark.parametrize("deed", ["rule_change", "policy_change", "settle", "bind", "dispute"])
def test_who_only_looks_changes_nothing(scope, deed):
    with pytest.raises(RefusedError):
        deeds(scope)[deed]()
    assert logged(deed) == []
    assert (ledger.book_version("real"), ledger.settled_months("real")) == (0, [])
    assert ledger.disputes("real", LOCAL_OWNER).is_empty()


@pytest.mark.parametrize("deed", ["rule_change", "policy_change", "settle"])
def test_an_agent_changes_no_rules_and_settles_nothing(deed):
    with pytest.raises(RefusedError, match="Only head office"):
        deeds(Scope("agent", "V-002", "A1"))[deed]()
    assert logged(deed) == []


def test_settling_is_logged_once_and_only_where_something_is_settled():
    found()
    orders(order("O1", 128_499, "2026-10-03 10:00:00"))
    for _ in range(2):
        ledger.settle("real", "2026-10", OWNER, now=local("2026-11-05 09:00:00"))
    with pytest.raises(UsageError, match="not over"):
        ledger.settle("real", "2026-11", OWNER, now=local("2026-11-05 09:00:00"))
    assert logged("settle") == [("V-001", "real", {"month": "2026-10"})]


def test_a_deed_that_cannot_be_logged_is_not_done(monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    ledger.save_rules("real", (RULES[0],), OWNER)
    monkeypatch.setattr(audit.chain, "append", _failing_for("audit", audit.chain.append, full))
    with pytest.raises(StorageError, match="No space"):
        ledger.save_rules("real", RULES, OWNER)
    assert ledger.book_version("real") == 1


def _failing_for(table, real, fails):
    return lambda connection, where, *rest, **more: (fails if where.name == table else real)(
        connection, where, *rest, **more
    )


def test_the_demos_own_ledger_fills_no_log_of_the_company():
    with demo_story():
        ledger.save_rules("demo", RULES, OWNER)
    assert not database.exists("real")
    ledger.save_rules("demo", RULES[:2], OWNER)
    assert [data for _, data, _ in logged("rule_change")] == ["demo"]


def test_binding_and_booking_are_one_line_with_who_asked_and_the_snapshot_they_were_done_on():
    found()
    ledger.run("real", by=OWNER, now=local("2026-02-01"))
    assert logged("bind") == [("V-001", "real", {"snapshot": 1})]


def test_nobody_is_bound_where_nothing_was_imported_and_no_agent_binds():
    with pytest.raises(UsageError, match="There are no real data yet, so nobody can be bound"):
        ledger.run("real", by=OWNER)
    found()
    with pytest.raises(RefusedError, match="Only head office does this"):
        ledger.run("real", by=Scope("agent", "V-002", "A1"))
    assert logged("bind") == []


def test_nobody_is_bound_when_the_log_cannot_be_written(monkeypatch):
    found()

    def full(*_args, **_more):
        msg = "no space"
        raise StorageError(msg)

    monkeypatch.setattr(audit, "write_with", full)
    monkeypatch.setattr(audit, "write", full)
    with pytest.raises(StorageError, match="no space"):
        ledger.run("real", by=OWNER)
    assert ledger.sequence("real")["bindings"] == 0
