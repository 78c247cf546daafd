import datetime as dt
import json

import pytest

from exports.__main__ import main
from exports.contacts import contacts, exported
from records import audit
from records.viewers import add_viewer
from schema.commands import run
from schema.errors import BusyError, RefusedError, UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.warehouse.typed import customer, store, table, take
from warehouse import api

AGREED = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
LATER = dt.datetime(2099, 1, 1, tzinfo=dt.UTC)
REASON = "invitation to the autumn sale"
NORTH, SOUTH = {"home_lat": 31.01, "home_lng": 121.0}, {"home_lat": 30.01, "home_lng": 121.0}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    """Only A, E and F may be written to; E lives by agent AS1 and F by AS2, and both agreed to their agent."""
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    with_agent = {"consent_marketing_at": AGREED, "consent_share_agent_at": AGREED}
    people = [
        customer("A", consent_marketing_at=AGREED, **NORTH),
        customer("B-never-agreed", **NORTH),
        customer(
            "C-opted-out", consent_marketing_at=AGREED, opted_out_at=AGREED, consent_share_agent_at=AGREED, **NORTH
        ),
        customer("D-agrees-later", consent_marketing_at=LATER, **NORTH),
        customer("E", **with_agent, **NORTH),
        customer("F", **with_agent, **SOUTH),
        customer("G-test", **with_agent, **NORTH) | {"is_test": True},
        customer("H-opts-out-later", consent_marketing_at=AGREED, opted_out_at=LATER, **NORTH),
    ]
    take(
        table("stores", store("S1", 31.0, 121.0), store("S2", 30.0, 121.0, row=2)),
        table("customers", *[one | {"_row": n} for n, one in enumerate(people)]),
    )
    return tmp_path


def export(folder, *more):
    out = folder / "contacts.csv"
    code = run(main, ["contacts", "--data", "real", "--out", str(out), *more])
    return code, out.read_text("utf-8-sig") if out.exists() else None


def test_only_who_agreed_and_never_opted_out_is_a_contact(shop):
    assert contacts(api.open_snapshot("real"), LOCAL_OWNER)["customer_id"].to_list() == ["A", "E", "F"]


def test_an_agent_is_given_only_their_own_who_agreed_to_it(shop):
    snapshot = api.open_snapshot("real")
    assert contacts(snapshot, LOCAL_OWNER, agent="AS1")["customer_id"].to_list() == ["E"]
    assert contacts(snapshot, LOCAL_OWNER, agent="AS2")["customer_id"].to_list() == ["F"]
    with pytest.raises(UsageError, match="No agent AS9 here"):
        contacts(snapshot, LOCAL_OWNER, agent="AS9")


def test_the_file_holds_the_shops_id_and_the_consent_and_is_its_owners_alone(shop):
    code, text = export(shop, "--reason", REASON)
    assert code == 0
    stamp = "2026-03-01T00:00:00.000000+0000"
    assert text == "customer_id,consent_marketing_at\n" + "".join(f"{one},{stamp}\n" for one in "AEF")
    assert (shop / "contacts.csv").stat().st_mode & 0o777 == 0o600


def test_the_log_knows_who_why_how_many_and_nobodys_id(shop):
    export(shop, "--reason", REASON, "--for-agent", "AS1")
    (line,) = audit.entries(kinds=["contact_export"]).rows(named=True)
    assert (line["viewer"], line["data"]) == ("local", "real")
    assert json.loads(line["what"]) == {"reason": REASON, "rows": 1, "for": "AS1"}


def test_without_a_reason_nothing_is_exported_and_nothing_logged(shop, capsys):
    assert export(shop, "--reason", " sale     ") == (2, None)
    assert "Say in at least 10 letters what the contacts are for" in capsys.readouterr().err
    assert audit.entries(kinds=["contact_export"]).is_empty()


def test_contacts_are_not_printed(shop, capsys):
    assert run(main, ["contacts", "--data", "real", "--reason", REASON]) == 2
    assert "--out FILE" in capsys.readouterr().err


def test_when_the_log_cannot_be_written_nothing_leaves(shop, monkeypatch):
    def busy(*_a, **_k):
        message = "no"
        raise BusyError(message)

    monkeypatch.setattr(audit, "write", busy)
    assert export(shop, "--reason", REASON) == (4, None)


@pytest.mark.parametrize("scope", [
    Scope("agent", viewer="V-2", agent_id="AS1"), Scope("presenter", viewer="V-2"),
    Scope("agent", viewer="V-2", agent_id="AS1", is_borrowed=True), Scope("owner", viewer="V-2", is_borrowed=True),
])  # fmt: skip
def test_nobody_but_an_owner_as_themselves_gets_them_and_the_try_is_logged(shop, scope):
    with pytest.raises(RefusedError):
        contacts(api.open_snapshot("real"), scope)
    with pytest.raises(RefusedError):
        exported(api.open_snapshot("real"), scope, reason=REASON, agent="AS1")
    (line,) = audit.entries(kinds=["refusal"]).rows(named=True)
    assert (line["viewer"], json.loads(line["what"])["deed"]) == ("V-2", "contact_export")


def test_an_agent_named_on_the_command_line_is_refused(shop):
    add_viewer(LOCAL_OWNER, email="boss@shop.example", role="owner")
    who = add_viewer(LOCAL_OWNER, email="ann@shop.example", role="agent", agent_id="AS1")
    assert export(shop, "--reason", REASON, "--as", who.viewer_id) == (6, None)
    assert export(shop, "--reason", REASON, "--as", "boss@shop.example")[0] == 0


def test_somebody_forgotten_is_no_contact(shop):
    api.forget("real", "A", by=LOCAL_OWNER)
    assert contacts(api.open_snapshot("real"), LOCAL_OWNER)["customer_id"].to_list() == ["E", "F"]
