"""Who is let in, as whom, and what the door tells everybody else; without a browser."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import streamlit as st
from streamlit import config
from streamlit.proto.WidgetStates_pb2 import WidgetStates
from streamlit.runtime.state.session_state import SessionState
from streamlit.testing.v1 import AppTest

from records import audit, viewers
from schema.errors import StorageError
from schema.scope import LOCAL_OWNER, Scope
from ui import door_log, door_settings, door_way
from ui.door_claims import is_verified

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.ui.conftest import Shop

ROOT = Path(__file__).parent.parent.parent
NOBODY_ANSWERS = "http://127.0.0.1:9/.well-known/openid-configuration"
AUTH: dict[str, Any] = {
    "redirect_uri": "http://127.0.0.1:8501/oauth2callback",
    "cookie_secret": "kT9wqLr2mZx7VbN4cYp6HsD3gJf8AeUo",
    "client_id": "catchlight",
    "client_secret": "hush-hush",
    "server_metadata_url": NOBODY_ANSWERS,
}
ANA: dict[str, Any] = {
    "is_logged_in": True, "iss": "https://id.example", "sub": "s-1", "email": "Ana@Shop.example",
    "email_verified": True, "iat": 1_700_000_000, "provider": "default",
}  # fmt: skip


@pytest.fixture(autouse=True)
def _nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(door_log, "_WRITTEN", set())
    monkeypatch.setattr(door_log, "_LEFT", set())
    monkeypatch.setattr(door_way, "_WAYS", {})


@pytest.fixture
def visit(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens the frame of an empty company as somebody, on a server that asks people to sign in."""
    monkeypatch.chdir(ROOT)

    def opened(said: dict[str, Any] | None = None, auth: dict[str, Any] | None = None) -> AppTest:
        at = AppTest.from_file(str(ROOT / "ui" / "shell.py"), default_timeout=180)
        at.session_state["_started"] = True
        at.secrets["auth"] = AUTH if auth is None else auth
        at.user = {"is_logged_in": False} if said is None else dict(said)
        return at.run()

    return opened


@pytest.fixture
def ana(shop: Shop) -> str:
    return viewers.add_viewer(LOCAL_OWNER, role="owner", email="ana@shop.example", name="Ana").viewer_id


def _words(at: AppTest) -> str:
    shown = [*at.markdown, *at.caption, *at.text, *at.warning, *at.info, *at.error, *at.header, *at.code]
    return "\n".join(str(one.value) for one in shown)


def _is_outside(at: AppTest) -> bool:
    """Nothing but the door: no page's head, nothing in the sidebar, no exception."""
    assert not at.exception
    return not at.sidebar.children and [one.value for one in at.header] in (
        ["Sign in"],
        ["No access"],
        ["Not open just now"],
    )


def _buttons(at: AppTest) -> list[str]:
    return [one.label for one in at.button]


def _lines(kind: str) -> list[tuple[str, str]]:
    found = audit.entries(kinds=[kind])
    return list(zip(found["viewer"], found["what"], strict=True))


def test_without_settings_the_one_local_owner_is_inside_and_nothing_names_them(
    shop: Shop, app: Callable[..., AppTest]
) -> None:
    at = app()
    assert [one.value for one in at.header] != ["Sign in"]
    assert "Sign out" not in _buttons(at)
    assert audit.entries().height == 0


def test_nobody_is_asked_to_sign_in_and_told_nothing_else(visit: Callable[..., AppTest], ana: str) -> None:
    at = visit()
    assert _is_outside(at)
    assert _buttons(at) == ["Sign in"]
    assert "viewers add" not in _words(at)
    assert "Ana" not in _words(at)


def test_the_first_owner_is_told_how_to_get_in(visit: Callable[..., AppTest]) -> None:
    assert "python -m records viewers add --email you@company.example --role owner" in _words(visit())
    assert "viewers add --email Ana@Shop.example --role owner" in _words(visit(ANA))


def test_an_address_that_a_shell_would_read_is_never_part_of_a_command(visit: Callable[..., AppTest]) -> None:
    at = visit(ANA | {"email": "a;rm${IFS}-rf@x.example", "sub": "s;reboot"})
    assert _is_outside(at)
    assert [one.value for one in at.code] == ["python -m records viewers add --email you@company.example --role owner"]
    assert [one.value for one in at.text] == ["a;rm${IFS}-rf@x.example"]


def test_an_owner_is_inside_with_name_role_and_a_way_out_and_one_line_a_sign_in(
    visit: Callable[..., AppTest], ana: str
) -> None:
    at = visit(ANA)
    assert "**Ana**" in [one.value for one in at.sidebar.markdown]
    assert "Owner" in [one.value for one in at.sidebar.caption]
    at.run()
    visit(ANA)
    assert _lines("sign_in") == [(ana, '{"provider": "default"}')]
    visit(ANA | {"iat": 1_700_000_900})
    assert len(_lines("sign_in")) == 2


def test_an_agent_and_a_presenter_are_called_so(visit: Callable[..., AppTest], ana: str) -> None:
    viewers.add_viewer(LOCAL_OWNER, role="agent", email="ben@shop.example", agent_id="A-01")
    viewers.add_viewer(LOCAL_OWNER, role="presenter", email="pia@shop.example")
    ben = visit(ANA | {"sub": "s-2", "email": "ben@shop.example"})
    pia = visit(ANA | {"sub": "s-3", "email": "pia@shop.example"})
    assert any(str(one.value).startswith("Regional agent A") for one in ben.sidebar.caption)
    assert "Presenter" in [one.value for one in pia.sidebar.caption]


def test_somebody_deactivated_is_outside_at_the_next_run_and_nothing_of_the_click_is_kept(
    visit: Callable[..., AppTest], ana: str
) -> None:
    pia = viewers.add_viewer(LOCAL_OWNER, role="presenter", email="pia@shop.example")
    said = ANA | {"sub": "s-3", "email": "pia@shop.example"}
    at = visit(said)
    assert not _is_outside(at)
    viewers.change_viewer(LOCAL_OWNER, pia.viewer_id, is_active=False)
    kept = audit.entries().height
    at.run()
    assert _is_outside(at)
    assert "access has ended" in _words(at)
    assert audit.entries().height == kept + 1
    assert _lines("refusal")[0][0] == pia.viewer_id


def test_another_role_is_in_force_at_the_next_run(visit: Callable[..., AppTest], ana: str) -> None:
    pia = viewers.add_viewer(LOCAL_OWNER, role="presenter", email="pia@shop.example")
    at = visit(ANA | {"sub": "s-3", "email": "pia@shop.example"})
    viewers.change_viewer(LOCAL_OWNER, pia.viewer_id, role="agent", agent_id="A9")
    at.run()
    assert any("Regional agent" in str(one.value) for one in at.sidebar.caption)


@pytest.mark.parametrize(
    ("said", "words", "reason"),
    [
        ({"sub": "s-9", "email": "eve@elsewhere.example"}, "not on the list", "unknown"),
        ({"sub": "s-9", "email_verified": False}, "does not vouch", "unverified"),
        ({"sub": "s-9", "email_verified": "true"}, "does not vouch", "unverified"),
        ({"sub": "s-9", "email": ""}, "not on the list", "unknown"),
    ],
)
def test_others_are_refused_with_one_line_an_hour_that_never_holds_their_address(
    said: dict[str, Any], words: str, reason: str, visit: Callable[..., AppTest], ana: str
) -> None:
    at = visit(ANA | said)
    at.run()
    visit(ANA | said)
    assert _is_outside(at)
    assert words in _words(at)
    (viewer, what), *more = _lines("refusal")
    assert more == []
    assert f'"reason": "{reason}"' in what
    assert "@" not in what
    assert viewer == "unknown"


def test_a_known_subject_at_another_provider_is_somebody_else(visit: Callable[..., AppTest], ana: str) -> None:
    assert not _is_outside(visit(ANA))  # notes s-1 of id.example
    assert _is_outside(visit(ANA | {"iss": "https://evil.example"}))


def test_microsoft_vouches_for_an_address_in_its_own_words_and_nobody_else_does() -> None:
    microsoft = "https://login.microsoftonline.com/0a1b/v2.0"
    assert is_verified({"iss": microsoft, "xms_edov": True})
    assert is_verified({"iss": microsoft, "xms_edov": "1"})
    assert not is_verified({"iss": microsoft, "xms_edov": False})
    assert not is_verified({"iss": microsoft, "xms_edov": [1]})
    assert not is_verified({"iss": microsoft})
    assert not is_verified({"iss": "https://login.microsoftonline.com.evil.example", "xms_edov": True})


def test_signing_out_is_logged_and_ends_that_sign_in_in_every_window_and_after_a_restart(
    visit: Callable[..., AppTest], ana: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, there = visit(ANA), visit(ANA)
    here.button(key="sign-out").click().run()
    assert _lines("sign_out") == [(ana, '{"provider": "default"}')]
    assert not _is_outside(visit(ANA | {"iat": 1_700_009_000}))
    there.run()
    assert _is_outside(there)
    monkeypatch.setattr(door_log, "_LEFT", set())
    assert _is_outside(visit(ANA))


def test_a_list_that_cannot_be_read_lets_nobody_in(visit: Callable[..., AppTest], shop: Shop) -> None:
    (shop.home / "real").mkdir()
    (shop.home / "real" / "catchlight.db").write_bytes(b"no database, " * 999)
    for said in (None, ANA):
        at = visit(said)
        assert _is_outside(at)
        assert _buttons(at) == []
        assert "so nobody does" in at.warning[0].value
        assert str(shop.home) not in at.warning[0].value


def test_each_provider_has_a_button_with_its_name(visit: Callable[..., AppTest], ana: str) -> None:
    one = {key: AUTH[key] for key in ("client_id", "client_secret", "server_metadata_url")}
    own = {key: AUTH[key] for key in ("redirect_uri", "cookie_secret")}
    at = visit(auth=own | {"google": one, "microsoft": one, "head-office": one})
    assert _buttons(at) == ["Continue with Google", "Continue with Microsoft", "Continue with Head-Office"]


def test_a_provider_that_does_not_answer_is_said_at_the_door(visit: Callable[..., AppTest], ana: str) -> None:
    at = visit()
    at.button(key="door-default").click().run()
    assert _is_outside(at)
    assert "does not answer now" in at.warning[0].value


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"client_secret": ""}, "lacks auth.client_secret"),
        ({"redirect_uri": ""}, "lacks auth.redirect_uri"),
        ({"cookie_secret": "short"}, "shorter than 32"),
        ({"redirect_uri": "http://127.0.0.1:8501/"}, "/oauth2callback"),
        (
            {"my_idp": {"client_id": "a", "client_secret": "b", "server_metadata_url": "c"}},
            "letters, digits and hyphens",
        ),
    ],
)
def test_settings_that_cannot_work_are_named_with_the_remedy_and_without_their_values(
    change: dict[str, Any], words: str, visit: Callable[..., AppTest], ana: str
) -> None:
    at = visit(auth=AUTH | change)
    assert _is_outside(at)
    assert words in at.warning[0].value
    assert "For the owner" in at.warning[0].value or "may hold" in at.warning[0].value
    assert _buttons(at) == []
    assert "hush" not in _words(at)


def test_an_empty_auth_section_still_asks_people_to_sign_in(visit: Callable[..., AppTest], ana: str) -> None:
    assert _is_outside(visit({}, auth={}))


@pytest.fixture
def secrets_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A secrets file of its own; what a server remembers of it is forgotten afterwards."""
    before = config.get_option("secrets.files")
    file = tmp_path / "secrets.toml"
    monkeypatch.setattr(door_settings, "_SEEN", set())
    config.set_option("secrets.files", [str(file)])
    st.secrets._reset()
    yield file
    config.set_option("secrets.files", before)
    st.secrets._reset()


def test_a_damaged_or_vanished_secrets_file_makes_nobody_the_owner(secrets_file: Path) -> None:
    assert door_settings.is_sign_in_configured() is False
    secrets_file.write_text("[auth\n", encoding="utf-8")
    with pytest.raises(StorageError, match="nobody is let in"):
        door_settings.is_sign_in_configured()
    secrets_file.write_text('[auth]\nclient_id = "a"\n', encoding="utf-8")
    assert door_settings.is_sign_in_configured() is True
    for damage in (secrets_file.unlink, lambda: secrets_file.write_text("x = 1\n", encoding="utf-8")):
        damage()
        st.secrets._reset()
        with pytest.raises(StorageError, match="nobody is let in"):
            door_settings.is_sign_in_configured()


def test_only_an_owners_own_wish_lets_them_look_as_somebody_else(visit: Callable[..., AppTest], ana: str) -> None:
    viewers.add_viewer(LOCAL_OWNER, role="presenter", email="pia@shop.example")
    wish = Scope("agent", ana, "A-01", is_borrowed=True)
    for said, state, role in (
        (ANA, wish, "agent"),
        (ANA, Scope("agent", "V-777", "A-01", is_borrowed=True), "owner"),
        (ANA, ("agent", "A-01"), "owner"),
        (ANA | {"sub": "s-3", "email": "pia@shop.example"}, Scope("owner", "V-002"), "presenter"),
    ):
        at = AppTest.from_string(
            "import streamlit as st\nfrom ui.signin import admit\nseat = admit()\nst.text(seat.scope.role)\n"
        )
        at.secrets["auth"] = AUTH
        at.user = dict(said)
        at.session_state["_view_as"] = state
        at.run()
        assert [one.value for one in at.text] == [role]


def test_a_wish_from_a_callback_is_refused_because_nobody_is_admitted_before_the_frame(
    visit: Callable[..., AppTest], ana: str
) -> None:
    at = AppTest.from_string(
        "import streamlit as st\n"
        "from schema.scope import Scope\n"
        "from ui.signin import admit, leave, view_as\n"
        "wish = Scope('presenter', 'V-001', is_borrowed=True)\n"
        "seat = admit()\n"
        "st.text(seat.scope.role)\n"
        "st.button('Look', on_click=view_as, args=(wish,))\n"
        "leave()\n"
    )
    at.secrets["auth"] = AUTH
    at.user = dict(ANA)
    at.run()
    at.button[0].click().run()
    assert [one.value for one in at.text] in ([], ["owner"])
    at.run()
    assert [one.value for one in at.text] == ["owner"]
    assert _lines("view_as") == []


def test_a_browser_cannot_put_anything_under_the_frames_own_names() -> None:
    state = SessionState()
    forged = WidgetStates()
    for name in ("_seat", "_view_as", "_view", "_pages"):
        widget = forged.widgets.add()
        widget.id = name
        widget.string_value = "owner"
    state.set_widgets_from_proto(forged)
    for name in ("_seat", "_view_as", "_view", "_pages"):
        assert name not in state
        with pytest.raises(KeyError):
            state[name]


def test_no_callback_writes_anything_that_is_kept() -> None:
    """Callbacks run before the frame knows who is there; they may turn pages and filters, nothing else."""
    seen = 0
    for path in [*(ROOT / "ui").glob("*.py"), *(ROOT / "pages").glob("*.py")]:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for call in [node for node in ast.walk(tree) if isinstance(node, ast.Call)]:
            for keyword in call.keywords:
                if keyword.arg not in {"on_click", "on_change", "on_select", "on_submit"}:
                    continue
                if isinstance(keyword.value, ast.Constant):
                    continue
                body = functions.get(keyword.value.id) if isinstance(keyword.value, ast.Name) else keyword.value
                names = {node.id for node in ast.walk(body or keyword.value) if isinstance(node, ast.Name)}
                seen += 1
                assert not names & _KEEPING, f"{path.name}: a callback uses {sorted(names & _KEEPING)}"
    assert seen > 15


_KEEPING = {
    "audit",
    "viewers",
    "warehouse",
    "ledger",
    "rules",
    "disputes",
    "records",
    "view_as",
    "sign_out",
    "add_viewer",
}
