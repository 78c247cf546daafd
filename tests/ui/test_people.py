"""The People page: the owner lets people in and out, reads what was done, and looks through an agent's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records import audit
from records import viewers as people
from schema.errors import RefusedError
from schema.scope import LOCAL_OWNER, Scope
from tests.records.tampering import behind_the_back
from ui.people_log import _exported

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

STORES = """store_id,store_name,agent_id,lat,lng,datum,opened_on
S1,Harbour,A1,1.3000,103.8000,WGS-84,2020-01-01
S2,Hill,A2,1.4000,103.9000,WGS-84,2020-01-01
"""
AGENTS = "agent_id,name\nA1,Quay\nA2,Summit\n"
ORDERS = """order_id,customer_id,order_date,amount,channel,store_id
O1,C1,2026-02-01 10:00:00,100.00,pos,S1
O2,C2,2026-02-15 10:00:00,50.00,pos,S2
"""


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Two agents with a store and a sale each."""
    for name, text in (("agents.csv", AGENTS), ("stores.csv", STORES), ("orders.csv", ORDERS)):
        shop.load(name, text)
    return shop


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.header, at.warning, at.info, at.success, at.error)
    said = [str(one.value) for kind in kinds for one in kind]
    said += [str(option) for box in (*at.selectbox, *at.multiselect) for option in box.options]
    said += [frame.value.to_csv() for frame in at.dataframe]
    return "\n".join(said).replace("\\", "").replace("\u2060", "")  # what keeps text from becoming markup or a link


def press(at: AppTest, label: str) -> AppTest:
    next(button for button in at.button if button.label == label).click()
    at.run()
    assert not at.exception
    return at


def fill(at: AppTest, label: str, words: str) -> AppTest:
    next(box for box in at.text_input if box.label == label).input(words)
    return at.run()


def look_as(at: AppTest) -> AppTest:
    """The owner looks as the first agent in the list."""
    assert not at.exception
    return press(at, "View as")


def test_the_first_owner_is_added_before_any_data_and_any_sign_in(shop: Shop, app: Callable[..., AppTest]) -> None:
    at = app("people")
    assert "Sign-in is not set up" in texts(at)
    fill(at, "E-mail they sign in with", "Me@Shop.example")
    next(box for box in at.selectbox if box.label == "Role").select("owner").run()
    press(at, "Add")
    assert [(one.email, one.role) for one in people.viewers()] == [("me@shop.example", "owner")]
    assert "Me@Shop.example may look." in texts(at)
    assert next(box for box in at.text_input if box.label == "E-mail they sign in with").value == ""


def test_an_agent_is_chosen_by_name_among_the_agents_of_the_data(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("people")
    fill(at, "E-mail they sign in with", "ann@shop.example")
    box = next(box for box in at.selectbox if box.label.startswith("Agent whose"))
    assert box.options == ["Quay · A1", "Summit · A2"]
    box.select("A2").run()
    press(at, "Add")
    assert [(one.role, one.agent_id) for one in people.viewers()] == [("agent", "A2")]


def test_without_stores_an_agents_id_is_typed(shop: Shop, app: Callable[..., AppTest]) -> None:
    at = app("people")
    fill(at, "E-mail they sign in with", "ann@shop.example")
    fill(at, "Agent's id, as in your store file", "A7")
    press(at, "Add")
    assert people.viewers()[0].agent_id == "A7"


def test_a_guard_is_told_in_its_own_words_and_nothing_changes(shop: Shop, app: Callable[..., AppTest]) -> None:
    people.add_viewer(LOCAL_OWNER, role="owner", email="me@shop.example")
    at = press(app("people", viewer="V-001"), "Yes, deactivate")
    assert "V-001 (me@shop.example) is the last active owner; add another owner first." in texts(at)
    assert people.viewers()[0].is_active


def test_a_viewer_is_changed_shut_out_and_let_in_again_and_every_version_stays(
    company: Shop, app: Callable[..., AppTest]
) -> None:
    people.add_viewer(LOCAL_OWNER, role="agent", agent_id="A1", email="ann@shop.example", name="Ann")
    at = app("people", viewer="V-001")
    fill(at, "Name", "Anna")
    assert "Name: Ann → **Anna**" in texts(at)
    press(at, "Yes, save")
    press(at, "Yes, deactivate")
    assert people.viewer_of(email="ann@shop.example") is None
    press(at, "Yes, reactivate")
    assert people.viewers()[0].is_active
    said = texts(at)
    assert all(words in said for words in ("name: Ann → Anna", "active: yes → no", "active: no → yes"))
    assert "Every version (4)" in [one.label for one in at.expander]


def test_what_another_owner_changed_meanwhile_is_not_overwritten(company: Shop, app: Callable[..., AppTest]) -> None:
    people.add_viewer(LOCAL_OWNER, role="presenter", email="bo@shop.example", name="Bo")
    at = app("people", viewer="V-001")
    people.change_viewer(LOCAL_OWNER, "V-001", name="Robert")
    fill(at, "Name", "Bob")
    assert people.viewers()[0].name == "Robert"
    assert [box.value for box in at.text_input if box.label == "Name"] == ["Robert"]


def test_the_log_is_told_in_words_newest_first(shop: Shop, app: Callable[..., AppTest]) -> None:
    audit.write("sign_in", viewer="V-001", what={"issuer": "https://id.example"})
    audit.write("refusal", viewer="unknown", what={"reason": "not on the list"})
    shown = app("people", section="log").dataframe[0].value
    assert shown["What"].to_list() == ["Was refused", "Signed in"]
    assert shown["Who"].to_list() == ["Somebody unknown", "V-001"]


def test_the_log_is_narrowed_by_the_address(shop: Shop, app: Callable[..., AppTest]) -> None:
    audit.write("sign_in", viewer="local", what={})
    audit.write("export", viewer="local", what={})
    audit.write("sign_in", viewer="unknown", what={})
    narrowed = app("people", section="log", kind="sign_in", who="local")
    assert narrowed.dataframe[0].value["What"].to_list() == ["Signed in"]
    assert not app("people", section="log", until="2020-01-01").dataframe
    assert len(app("people", section="log", since="2020-01-01").dataframe[0].value) == 3


def test_a_long_log_is_cut_on_screen_and_says_so(
    shop: Shop, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.people_log.SHOWN", 3)
    for _ in range(4):
        audit.write("export", viewer="local", what={})
    at = app("people", section="log")
    assert len(at.dataframe[0].value) == 3
    assert "Older lines are not shown" in texts(at)


def test_a_whole_log_is_verified_and_a_forged_one_is_not(shop: Shop, app: Callable[..., AppTest]) -> None:
    audit.write("sign_in", viewer="local", what={})
    at = app("people", section="log")
    assert "every line is as it was written" in texts(press(at, "Verify"))
    behind_the_back("UPDATE audit SET viewer = 'V-009'")
    assert "audit, line 1" in texts(press(at, "Verify"))


def test_an_owner_sees_what_an_agent_sees_and_comes_back(company: Shop, app: Callable[..., AppTest]) -> None:
    at = look_as(app("people", section="viewas"))
    assert "You see what **Quay** sees · nothing can be changed" in texts(at)
    assert "€100" in {metric.value for metric in at.metric}
    assert "Summit" not in texts(at)
    press(at, "Back to your own view")
    assert "nothing can be changed" not in texts(at)
    told = audit.entries()
    assert told["kind"].to_list() == ["view_as", "view_as"]
    assert '"agent_id": "A1"' in told["what"][0]


@pytest.mark.parametrize("scope", [Scope("agent", "V-002", "A1"), Scope("presenter", "V-003")])
@pytest.mark.parametrize("section", ["viewers", "log", "viewas"])
def test_nobody_but_the_owner_reads_the_page(
    section: str, scope: Scope, company: Shop, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    people.add_viewer(LOCAL_OWNER, role="owner", email="me@shop.example")
    monkeypatch.setattr("ui.signin.LOCAL_OWNER", scope)
    at = app("people", section=section)
    said = texts(at)
    assert "This page is for the owner." in said
    assert not [word for word in ("me@shop.example", "V-001", "Summit", "Let somebody in") if word in said]
    assert not at.dataframe


def test_a_borrowed_owner_changes_no_viewer(shop: Shop) -> None:
    borrowed = Scope("owner", "local", is_borrowed=True)
    with pytest.raises(RefusedError, match="Only an owner decides who may look"):
        people.add_viewer(borrowed, role="presenter", email="bo@shop.example")
    assert people.viewers() == ()


def test_the_list_says_when_each_viewer_last_signed_in(shop: Shop, app: Callable[..., AppTest]) -> None:
    people.add_viewer(LOCAL_OWNER, role="owner", email="me@shop.example")
    people.add_viewer(LOCAL_OWNER, role="presenter", email="bo@shop.example")
    audit.write("sign_in", viewer="V-002", what={})
    last = f"{audit.entries(kinds=['sign_in'])['at'][0]:%Y-%m-%d %H:%M}"
    shown = app("people").dataframe[0].value.set_index("Viewer")["Last sign-in (UTC)"].dropna()
    assert shown.to_dict() == {"V-002": last}


def test_a_busy_log_hides_nobodys_last_sign_in(
    shop: Shop, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.people_viewers._NEWEST", 1)
    for name in ("me", "bo"):
        people.add_viewer(LOCAL_OWNER, role="owner", email=f"{name}@shop.example")
    audit.write("sign_in", viewer="V-001", what={})
    audit.write("sign_in", viewer="V-002", what={})
    assert app("people").dataframe[0].value["Last sign-in (UTC)"].notna().all()


def test_the_exported_log_holds_every_line_that_matches_and_its_export_is_logged(shop: Shop) -> None:
    for kind in ("sign_in", "export", "sign_in"):
        audit.write(kind, viewer="V-001", what={"provider": "=cmd"})
    asked = {"kinds": ["sign_in"], "viewer": "", "since": None, "until": None}
    lines = _exported(asked, LOCAL_OWNER).decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert all("Signed in" in line for line in lines[1:])
    told = audit.entries(last=1).row(0, named=True)
    assert (told["kind"], told["viewer"]) == ("export", "local")
    assert '"rows": 2' in told["what"]


def test_an_owner_shut_out_meanwhile_exports_nothing(shop: Shop) -> None:
    people.add_viewer(LOCAL_OWNER, role="owner", email="me@shop.example")
    people.add_viewer(LOCAL_OWNER, role="owner", email="bo@shop.example")
    people.change_viewer(LOCAL_OWNER, "V-002", is_active=False)
    with pytest.raises(RefusedError):
        _exported({"kinds": [], "viewer": "", "since": None, "until": None}, Scope("owner", "V-002"))
    assert audit.entries(kinds=["export"]).is_empty()


@pytest.mark.parametrize("day", ["9999-12-31", "0001-01-01", "1999-12-31", "yesterday", "2026-02-30", ""])
def test_days_that_never_were_narrow_nothing(day: str, shop: Shop, app: Callable[..., AppTest]) -> None:
    audit.write("sign_in", viewer="local", what={})
    at = app("people", section="log", since=day, until=day, who="V-999", kind="<b>")
    assert not at.exception
    assert not at.error
    assert at.dataframe[0].value["What"].to_list() == ["Signed in"]
