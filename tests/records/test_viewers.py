import contextlib
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from records import audit, database, viewers
from records.company import claimed_email_key, email_key
from records.viewers import (
    add_viewer,
    change_viewer,
    learn_subject,
    scope_named,
    scope_of,
    viewer_of,
)
from schema.errors import BusyError, RefusedError, StorageError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.records.held import held

MINE = "https://id.example"
OTHER = "https://other.example"


def add(email="", role="owner", **more):
    return add_viewer(LOCAL_OWNER, email=email, role=role, **more)


def change(viewer_id, **more):
    return change_viewer(LOCAL_OWNER, viewer_id, **more)


def refused(error, message, act, *given, **more):
    with pytest.raises(error) as caught:
        act(*given, **more)
    assert str(caught.value) == message


@pytest.fixture
def owner(database_url):
    return add("boss@shop.example", name="The boss")


def test_without_a_database_there_is_nobody_and_nothing_is_created(sqlite_home):
    assert viewers.viewers() == ()
    assert viewer_of(email="boss@shop.example") is None
    assert list(sqlite_home.iterdir()) == []


def test_a_server_without_our_tables_knows_nobody(database_url):
    assert viewers.viewers() == ()
    assert viewer_of(email="boss@shop.example", subject="1", issuer=MINE) is None


def test_a_viewer_is_as_they_were_added(owner):
    agent = add("Ann@Shop.Example", "agent", agent_id="A01")
    assert [one.viewer_id for one in viewers.viewers()] == ["V-001", "V-002"]
    assert (agent.email, agent.role, agent.agent_id, agent.is_active, agent.version) == (
        "ann@shop.example", "agent", "A01", True, 1)  # fmt: skip
    assert (agent.changed_by, agent.name, agent.subject, agent.issuer) == ("local", "", "", "")
    assert viewers.viewers()[1] == agent


def test_capitals_and_wide_letters_typed_by_the_owner_do_not_count(owner):
    add("ＡＮＮ＠shop.example", "presenter")
    found = viewer_of(email="aNN@SHOP.example")
    assert found is not None
    assert found.viewer_id == "V-002"


@pytest.mark.parametrize("claimed", ["boss@ſhop.example", "ｂoss@shop.example", "boss@shop.example\0", "boſs@shop.example", "bo\u200bss@shop.example", "\ud800", "x" * 100_000, "boss", ""])  # fmt: skip
def test_an_address_that_only_looks_like_a_viewers_lets_nobody_in(owner, claimed):
    assert viewer_of(email=claimed) is None


@pytest.mark.parametrize("verified", [False, None, "false", "true", 1])
def test_an_address_that_the_provider_has_not_verified_counts_for_nothing(owner, verified):
    assert viewer_of(email="boss@shop.example", email_verified=verified) is None
    assert viewer_of(email="boss@shop.example", email_verified=True) == owner


def test_a_deactivated_viewer_is_out_at_the_next_look(owner):
    add("ann@shop.example", "presenter")
    change("V-002", is_active=False)
    assert viewer_of(email="ann@shop.example") is None
    change("V-002", is_active=True)
    assert viewer_of(email="ann@shop.example").version == 3


def test_a_subject_once_known_must_match(owner):
    learn_subject(owner, subject="s-1", issuer=MINE)
    assert viewer_of(email="boss@shop.example", subject="s-1", issuer=MINE).viewer_id == "V-001"
    assert viewer_of(email="other@shop.example", subject="s-1", issuer=MINE).viewer_id == "V-001"
    assert viewer_of(email="boss@shop.example", subject="s-2", issuer=MINE) is None
    assert viewer_of(email="boss@shop.example", subject="s-1", issuer=OTHER) is None
    assert viewer_of(email="boss@shop.example", subject="s-1") is None
    assert viewer_of(email="boss@shop.example") is None


def test_a_subject_is_learnt_once_and_by_the_viewer(owner):
    learnt = learn_subject(owner, subject="s-1", issuer=MINE)
    assert (learnt.subject, learnt.issuer, learnt.version, learnt.changed_by) == ("s-1", MINE, 2, "V-001")
    assert learn_subject(learnt, subject="s-2", issuer=MINE) == learnt
    assert learn_subject(owner, subject="s-2", issuer=MINE) == learnt  # another tab, which has not seen it
    assert learn_subject(owner, subject="", issuer=MINE) == owner


def test_a_subject_is_not_learnt_for_somebody_shut_out(owner):
    ann = add("ann@shop.example", "presenter")
    change("V-002", is_active=False)
    assert learn_subject(ann, subject="s-1", issuer=MINE).subject == ""


def test_a_sign_in_does_not_wait_for_a_long_settlement(owner, monkeypatch):
    monkeypatch.setattr(viewers, "_ADMITTING_WAIT_S", 0.05)
    with held():
        assert learn_subject(owner, subject="s-1", issuer=MINE) == owner
        assert viewer_of(email="boss@shop.example") == owner


def test_a_viewer_may_be_named_by_subject_alone(owner):
    add(subject="42", issuer=MINE, role="presenter")
    assert viewer_of(subject="42", issuer=MINE).viewer_id == "V-002"
    assert viewer_of(subject="42", issuer=OTHER) is None
    assert viewer_of(subject="4２", issuer=MINE) is None


def test_another_address_forgets_the_subject(owner):
    learn_subject(owner, subject="s-1", issuer=MINE)
    changed = change("V-001", email="new@shop.example")
    assert (changed.email, changed.subject, changed.issuer) == ("new@shop.example", "", "")
    assert viewer_of(email="boss@shop.example", subject="s-1", issuer=MINE) is None
    assert viewer_of(email="new@shop.example", subject="s-9", issuer=MINE) == changed


def test_another_role_forgets_the_agent(owner):
    add("ann@shop.example", "agent", agent_id="A01")
    assert change("V-002", role="presenter").agent_id is None
    refused(UsageError, "An agent needs the agent's id, whose stores and customers they see.", change, "V-002", role="agent")  # fmt: skip
    assert change("V-002", role="agent", agent_id="A02").agent_id == "A02"


def test_what_changes_nothing_writes_nothing(owner):
    assert change("v-001", name="The  boss", email="BOSS@shop.example") == owner
    assert audit.entries().height == 1


def test_a_change_based_on_what_is_outdated_is_refused(owner):
    change("V-001", name="Chief", based_on=1)
    message = "V-001 (boss@shop.example) was changed meanwhile; look again, then change."
    refused(UsageError, message, change, "V-001", name="Boss", based_on=1)


def test_the_address_of_somebody_shut_out_may_be_given_again_and_then_not_taken_back(owner):
    add("ann@shop.example", "presenter")
    change("V-002", is_active=False)
    add("ann@shop.example", "presenter")
    assert viewer_of(email="ann@shop.example").viewer_id == "V-003"
    message = "V-003 (ann@shop.example) has this e-mail address already; change that viewer, or deactivate it first."
    refused(UsageError, message, change, "V-002", is_active=True)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"role": "agent", "email": "a@b.example"}, "An agent needs the agent's id, whose stores and customers they see."),
        ({"role": "owner", "email": "a@b.example", "agent_id": "A1"}, "Only an agent has an agent's id; the role is owner."),
        ({"role": "boss", "email": "a@b.example"}, "'boss' is no role; one of owner, agent, presenter is."),
        ({"role": "owner"}, "A viewer needs an e-mail address, or a subject and its issuer."),
        ({"role": "owner", "subject": "1"}, "A subject and the issuer whose subject it is belong together."),
        ({"role": "owner", "email": "a.example"}, "'a.example' is no e-mail address; one looks like name@shop.example."),
        ({"role": "owner", "email": "a@b@c"}, "'a@b@c' is no e-mail address; one looks like name@shop.example."),
        ({"role": "owner", "email": "a b@c"}, "'a b@c' is no e-mail address; one looks like name@shop.example."),
        ({"role": "owner", "email": "a@b.example\n"}, "The e-mail address holds a control or invisible character; type it again."),
        ({"role": "owner", "email": f"a@{'b' * 253}"}, "The e-mail address has 255 characters; at most 254 are kept."),
        ({"role": "owner", "email": "a@straße.example"}, "'a@straße.example' holds a letter that reads as another address; name the viewer by subject and issuer instead."),
        ({"role": "owner", "email": "a@b.example", "name": "n" * 101}, "The name has 101 characters; at most 100 are kept."),
        ({"role": "owner", "email": "a@b.example", "name": "\u202egnp.exe"}, "The name holds a control or invisible character; type it again."),
        ({"role": "agent", "email": "a@b.example", "agent_id": "A\t1"}, "The agent's id holds a control or invisible character; type it again."),
        ({"role": "owner", "subject": " 1", "issuer": MINE}, "The subject must be 1 to 255 plain characters, as the provider writes it."),
        ({"role": "owner", "subject": "1", "issuer": "é"}, "The issuer must be 1 to 500 plain characters, as the provider writes it."),
        ({"role": "owner", "email": "BOSS@shop.example"}, "V-001 (boss@shop.example) has this e-mail address already; change that viewer, or deactivate it first."),
    ],
)  # fmt: skip
def test_who_cannot_be_told_apart_or_let_in_is_refused(owner, asked, message):
    refused(UsageError, message, add_viewer, LOCAL_OWNER, **asked)
    assert viewers.viewers() == (owner,)
    assert audit.entries().height == 1


def test_a_subject_that_somebody_has_is_refused(owner):
    learn_subject(owner, subject="1", issuer=MINE)
    message = "V-001 (boss@shop.example) has this subject already; change that viewer, or deactivate it first."
    refused(UsageError, message, add, "a@b.example", subject="1", issuer=MINE)
    add("a@b.example", subject="1", issuer=OTHER)


@pytest.mark.parametrize("what", [{"is_active": False}, {"role": "presenter"}, {"role": "agent", "agent_id": "A1"}])
def test_the_last_active_owner_stays(owner, what):
    add("other@shop.example", "owner")
    change("V-002", is_active=False)
    message = "V-001 (boss@shop.example) is the last active owner; add another owner first."
    refused(RefusedError, message, change, "V-001", **what)
    change("V-002", is_active=True)
    change("V-001", **what)


@pytest.mark.parametrize("scope", [Scope("agent", "V-001", "A1"), Scope("presenter", "local"), Scope("owner", "V-009")])
def test_only_an_owner_edits(owner, scope):
    refused(RefusedError, "Only an owner decides who may look.", add_viewer, scope, role="owner", email="a@b.example")
    refused(RefusedError, "Only an owner decides who may look.", change_viewer, scope, "V-001", name="x")


def test_an_owner_shut_out_a_moment_ago_edits_nothing(owner):
    other = scope_of(add("other@shop.example"))
    assert change_viewer(other, "V-001", name="Chief").changed_by == "V-002"
    change("V-002", is_active=False)
    refused(RefusedError, "Only an owner decides who may look.", change_viewer, other, "V-001", is_active=False)


def test_nobody_unknown_is_changed(owner):
    refused(UsageError, "There is no viewer 'V-002'.", change, "V-002", name="x")


def test_a_viewers_scope_is_their_role_and_nothing_more(owner):
    agent = add("ann@shop.example", "agent", agent_id="A01")
    assert scope_of(owner) == Scope("owner", "V-001", None)
    assert scope_of(agent) == Scope("agent", "V-002", "A01")
    assert scope_named("v-002") == scope_named("ANN@shop.example") == Scope("agent", "V-002", "A01")


@pytest.mark.parametrize("name", ["V-002", "V-003", "ann@shop.example", "local", "", "%", "boss"])
def test_nobody_unknown_or_shut_out_has_a_scope(owner, name):
    ann = add("ann@shop.example", "agent", agent_id="A01")
    shut_out = change(ann.viewer_id, is_active=False)
    message = f"No active viewer is called {name!r}. See: python -m records viewers list"
    refused(RefusedError, message, scope_named, name)
    refused(RefusedError, "V-002 is not active.", scope_of, shut_out)


def test_every_change_is_on_the_audit_log_without_an_address(owner):
    add("ann@shop.example", "agent", agent_id="A01", name="Ann")
    change_viewer(scope_of(owner), "V-002", is_active=False)
    assert audit.entries()["what"].to_list() == [
        '{"change": "added", "is_active": 1, "role": "owner", "viewer_id": "V-001"}',
        '{"agent_id": "A01", "change": "added", "is_active": 1, "role": "agent", "viewer_id": "V-002"}',
        '{"agent_id": "A01", "change": "is_active", "is_active": 0, "role": "agent", "viewer_id": "V-002"}',
    ]
    assert audit.entries()["viewer"].to_list() == ["local", "local", "V-001"]


def test_while_somebody_writes_nothing_changes(owner, monkeypatch):
    monkeypatch.setattr(viewers, "SMALL_WRITE_WAIT_S", 0.05)
    with held(), pytest.raises(BusyError):
        change("V-001", name="x")
    assert viewers.viewers() == (owner,)


def test_a_role_that_was_never_written_lets_nobody_in(owner, database_url):
    with database.transaction("real") as connection:
        connection.exec_driver_sql(
            "INSERT INTO viewers (seq, entry_key, viewer_id, version, email, issuer, subject, name, role, is_active, "
            "changed_by, recorded_at, prev_hash, row_hash) VALUES (2, 'x', 'V-002', 1, 'evil@shop.example', '', '', '', "
            "'god', 1, '', 0, '', '')"
        )
    message = "viewers: V-002 holds what was never written. Run: python -m records audit verify"
    refused(StorageError, message, viewer_of, email="evil@shop.example")
    assert viewer_of(email="boss@shop.example") == owner


def test_looking_somebody_up_takes_no_time(owner):
    add("ann@shop.example", "agent", agent_id="A01")
    took = []
    for _ in range(100):
        began = time.perf_counter()
        viewer_of(email="ann@shop.example", subject="1", issuer=MINE)
        took.append(time.perf_counter() - began)
    assert min(took) <= 0.002


def test_a_server_started_again_is_asked_again(owner, database_url):
    if database_url is None:
        pytest.skip("only a server keeps a connection open")
    assert viewer_of(email="boss@shop.example") == owner
    with database.engine("real").connect() as connection:
        others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
        connection.exec_driver_sql(others)
    assert viewer_of(email="boss@shop.example") == owner


EMAILS = st.sampled_from(
    ["a@x.example", "A@X.example", "b@x.example", "ｂ@x.example", "é@x.example", "e\u0301@X.example", ""]
)
SUBJECTS = st.sampled_from(["", "1", "2"])
ROLES = st.sampled_from(["owner", "agent", "presenter"])
AGENTS = st.sampled_from([None, "A1"])
IDS = st.sampled_from(["V-001", "V-002", "V-003", "V-004"])


class Company(RuleBasedStateMachine):
    """Whatever is tried, an address lets in one person, and somebody can repair it."""

    @initialize()
    def begin(self):
        database.dispose("real")
        database.forget("real")
        add("boss@shop.example")

    @rule(email=EMAILS, role=ROLES, subject=SUBJECTS, agent_id=AGENTS)
    def add(self, email, role, subject, agent_id):
        self.attempt(add, email, role, subject=subject, issuer=MINE if subject else "", agent_id=agent_id)

    @rule(viewer_id=IDS, more=st.fixed_dictionaries({}, optional={"email": EMAILS, "role": ROLES, "agent_id": AGENTS, "is_active": st.booleans(), "subject": SUBJECTS}))  # fmt: skip
    def change(self, viewer_id, more):
        issuer = {"issuer": MINE} if more.get("subject") else {}
        self.attempt(change, viewer_id, **more, **issuer)

    @rule(email=EMAILS, subject=SUBJECTS)
    def sign_in(self, email, subject):
        found = viewer_of(email=email, subject=subject, issuer=MINE)
        if found is not None:
            assert found.is_active
            assert not found.subject or found.subject == subject
            learn_subject(found, subject=subject, issuer=MINE)

    def attempt(self, act, *given, **more):
        with contextlib.suppress(UsageError, RefusedError):
            act(*given, **more)

    @invariant()
    def one_active_viewer_answers_for_an_address(self):
        active = [one for one in viewers.viewers() if one.is_active]
        emails = [one.email for one in active if one.email]
        subjects = [(one.issuer, one.subject) for one in active if one.subject]
        assert len(emails) == len(set(emails))
        assert len(subjects) == len(set(subjects))

    @invariant()
    def an_owner_stays(self):
        assert any(one.is_active and one.role == "owner" for one in viewers.viewers())


def test_an_address_lets_in_one_person_and_an_owner_stays_whatever_is_tried(sqlite_home):
    Company.TestCase.settings = settings(
        max_examples=15, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
    )
    case = Company.TestCase("runTest")
    case.runTest()


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_an_address_as_kept_is_kept_as_it_is(local):
    try:
        key = email_key(f"{local}@shop.example")
    except UsageError:
        return
    assert email_key(key) == claimed_email_key(key) == key
