"""What a download button hands out is logged when it is pressed, and only for whom the page was drawn."""

import json
from types import SimpleNamespace

import pytest

from records import audit, viewers
from schema.errors import RefusedError, StorageError
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from ui import downloads

pytestmark = pytest.mark.usefixtures("sqlite_home")


@pytest.fixture
def button(monkeypatch):
    """A download button's data, as a page of this scope makes it."""

    def made(scope):
        view = SimpleNamespace(scope=scope, filters=parse_filters("store=S1"), snapshot=SimpleNamespace(mode="real"))
        monkeypatch.setattr(downloads, "current_view", lambda: view)
        return downloads.noted(lambda: b"orders\n1\n", address="purchases/frequency", rows=1, form="csv")

    return made


def logged():
    return [(row["kind"], row["viewer"], json.loads(row["what"])) for row in audit.entries().to_dicts()]


def test_nothing_is_logged_before_the_button_is_pressed(button):
    hand_out = button(LOCAL_OWNER)
    assert logged() == []
    assert hand_out() == b"orders\n1\n"
    told = {"address": "purchases/frequency?store=S1", "rows": 1, "format": "csv"}
    assert logged() == [("export", "local", told)]


@pytest.mark.parametrize("change", [{"is_active": False}, {"agent_id": "A2"}, {"role": "presenter"}])
def test_a_page_drawn_before_the_viewer_was_changed_hands_out_nothing(button, change):
    agent = viewers.add_viewer(LOCAL_OWNER, role="agent", email="li@one.example", agent_id="A1")
    hand_out = button(viewers.scope_of(agent))
    assert hand_out() == b"orders\n1\n"
    viewers.change_viewer(LOCAL_OWNER, agent.viewer_id, **change)
    with pytest.raises(RefusedError):
        hand_out()
    assert [kind for kind, *_ in logged()].count("export") == 1


def test_what_an_owner_takes_through_anothers_eyes_is_logged_as_theirs_and_as_such(button):
    owner = viewers.add_viewer(LOCAL_OWNER, role="owner", email="ada@shop.example")
    button(Scope("agent", owner.viewer_id, "A1", is_borrowed=True))()
    kind, viewer, told = logged()[-1]
    assert (kind, viewer, told["viewed_as"], told["agent_id"]) == ("export", "V-001", "agent", "A1")


def test_a_page_as_a_file_is_logged_with_the_rows_it_came_to_and_not_when_its_reader_was_shut_out(button):
    agent = viewers.add_viewer(LOCAL_OWNER, role="agent", email="li@one.example", agent_id="A1")
    button(viewers.scope_of(agent))
    hand_out = downloads.handing_out(lambda: (b"PK", 7), address="dwell?measure=linger", form="pptx")
    assert hand_out() == b"PK"
    kind, viewer, told = logged()[-1]
    assert (kind, viewer, told) == ("export", "V-001", {"address": "dwell?measure=linger", "rows": 7, "format": "pptx"})
    viewers.change_viewer(LOCAL_OWNER, agent.viewer_id, is_active=False)
    with pytest.raises(RefusedError):
        hand_out()
    assert [kind for kind, *_ in logged()].count("export") == 1


def test_a_picture_that_the_browser_saved_is_logged_once_it_says_so(button):
    for scope in (Scope("agent", "V-002", "A1"), Scope("agent", "local", "A1", is_borrowed=True)):
        button(scope)  # the page is drawn for them
        saved = downloads.seen_leaving(address="dwell/heatmap", rows=7, form="png")
        assert "png" not in str(logged()[-1:]) or scope.is_borrowed
        saved()
    told = {"address": "dwell/heatmap?store=S1", "rows": 7, "format": "png"}
    assert logged() == [
        ("export", "V-002", told),
        ("export", "local", told | {"viewed_as": "agent", "agent_id": "A1"}),
    ]


def test_a_picture_that_cannot_be_logged_breaks_no_page(button, monkeypatch, caplog):
    def full(*_, **__):
        raise StorageError("The disk is full.")  # noqa: EM101, TRY003

    button(LOCAL_OWNER)
    monkeypatch.setattr(downloads, "note_export", full)
    downloads.seen_leaving(address="dwell/heatmap", rows=7, form="png")()
    assert "The disk is full." in caplog.text
