"""Where people sign in, files are for those who are signed in and let in at this moment."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from records.viewers import Viewer
from schema.errors import StorageError
from tests.ui.asgi import ADA, EVE, FILE, ORIGIN, PARK, SECRET, cookie, http, run, says_ok, status
from ui import server_gate, server_people
from ui.server_gate import Gate
from ui.server_people import Desk, Person, person_of


@pytest.fixture
def signed(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Sign-in is configured; the fixture is the table of active viewers: subject to role."""
    active: dict[str, str] = {"ada": "owner", "eve": "agent"}
    monkeypatch.setattr(server_people, "get_cookie_secret", lambda: SECRET)
    monkeypatch.setattr(server_people, "get_origin_from_redirect_uri", lambda: ORIGIN)
    monkeypatch.setattr(server_gate, "is_sign_in_configured", lambda: True)
    return active


def desk(active: dict[str, str]) -> Desk:
    def ask(person: Person) -> Viewer | None:
        role = active.get(person.subject)
        if role == "unreadable":
            msg = "The database cannot be read."
            raise StorageError(msg)
        if role is None:
            return None
        then = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
        whole: dict[str, Any] = {"viewer_id": "V-001", "email": "", "subject": person.subject, "name": "", "role": role}
        whole |= {"agent_id": None, "is_active": True, "version": 1, "changed_at": then, "changed_by": "V-001"}
        return Viewer(**whole)

    return Desk(ask)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "_streamlit_user=",
        "_streamlit_user=abc.def.ghi",
        cookie(ADA, secret="another secret that is long enough"),  # noqa: S106
        cookie(ADA, origin="http://elsewhere.test"),
        cookie(ADA, name="_streamlit_user_tokens"),
        cookie(ADA | {"is_logged_in": False}),
        cookie(ADA | {"is_logged_in": "true"}),
        cookie(ADA)[:-1] + ("A" if cookie(ADA)[-1] != "A" else "B"),
        "_streamlit_user=\xff\xfe",
    ],
)
@pytest.mark.usefixtures("signed")
def test_a_forged_cookie_names_nobody(forged: str) -> None:
    assert person_of(http("/", cookie=forged)) is None


@pytest.mark.usefixtures("signed")
def test_a_signed_cookie_names_somebody() -> None:
    assert person_of(http("/", cookie=cookie(ADA))) == Person("https://id.test", "ada", "ada@company.test")


@pytest.mark.parametrize("path", [FILE, PARK, "/_stcore/metrics", "/_stcore/script-health-check"])
def test_nobody_who_is_not_signed_in_gets_a_file(signed: dict[str, str], path: str) -> None:
    gate = Gate(says_ok, desk(signed))
    gate._offers.note(person_of(http("/", cookie=cookie(ADA))), (FILE + " " + PARK).encode())
    method = "PUT" if path == PARK else "GET"
    assert status(gate, http(path, method)) == 403
    assert status(gate, http(path, method, cookie=cookie(ADA, secret=SECRET[::-1]))) == 403
    assert status(gate, http(path, method, cookie=cookie(ADA))) == 200


def test_nobody_gets_what_was_made_for_somebody_else(signed: dict[str, str]) -> None:
    gate = Gate(says_ok, desk(signed))
    gate._offers.note(person_of(http("/", cookie=cookie(ADA))), FILE.encode())
    assert status(gate, http(FILE, cookie=cookie(EVE))) == 403
    gate._offers.note(person_of(http("/", cookie=cookie(EVE))), FILE.encode())
    assert status(gate, http(FILE, cookie=cookie(EVE))) == 200


def test_only_an_owner_sends_files(signed: dict[str, str]) -> None:
    gate = Gate(says_ok, desk(signed))
    gate._offers.note(person_of(http("/", cookie=cookie(EVE))), PARK.encode())
    assert status(gate, http(PARK, "PUT", cookie=cookie(EVE))) == 403
    assert status(gate, http("/_stcore/metrics", cookie=cookie(EVE))) == 403


def test_whoever_is_shut_out_gets_nothing_more_within_a_second(
    signed: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_people, "FRESH_S", 0.0)
    gate = Gate(says_ok, desk(signed))
    gate._offers.note(person_of(http("/", cookie=cookie(EVE))), FILE.encode())
    assert status(gate, http(FILE, cookie=cookie(EVE))) == 200
    del signed["eve"]
    assert status(gate, http(FILE, cookie=cookie(EVE))) == 403


def test_a_table_that_cannot_be_read_lets_nobody_in(signed: dict[str, str]) -> None:
    signed["ada"] = "unreadable"
    gate = Gate(says_ok, desk(signed))
    gate._offers.note(person_of(http("/", cookie=cookie(ADA))), FILE.encode())
    assert status(gate, http(FILE, cookie=cookie(ADA))) == 503


def test_the_table_is_asked_once_for_a_page_full_of_files() -> None:
    times: list[Person] = []

    async def many() -> None:
        counted = Desk(times.append)
        for _ in range(50):
            await counted.viewer(Person("i", "ada", ""))

    run(many())
    assert len(times) == 1


def test_the_pictures_of_the_door_are_for_all_and_nothing_else_is(signed: dict[str, str]) -> None:
    gate = Gate(says_ok, desk(signed))
    gate._offers.note(None, (FILE + " " + PARK).encode())
    assert status(gate, http(FILE)) == 200
    assert status(gate, http(PARK, "PUT")) == 403
    assert status(gate, http(FILE.replace("a.csv", "b.csv"))) == 403
