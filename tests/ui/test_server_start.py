"""The server does not start where it would be open to all, or where a sign-in could be forged."""

from __future__ import annotations

import tomllib

import pytest

from schema.errors import UsageError
from tests.ui.conftest import ROOT
from ui.server_start import Start, check, is_loopback

GOOD = "pZ7mQ2xV9dKe4RfTn8LwYb3HsAj6UgCo"
CALLBACK = "https://figures.company.test/oauth2callback"


def refusal(start: Start) -> str:
    with pytest.raises(UsageError) as caught:
        check(start)
    assert caught.value.exit_code == 2
    return str(caught.value)


@pytest.mark.parametrize("address", ["127.0.0.1", "::1", "localhost", "127.0.0.53"])
def test_one_owner_at_their_own_machine_needs_no_sign_in(address: str) -> None:
    assert is_loopback(address)
    check(Start(address, is_sign_in_configured=False))


@pytest.mark.parametrize("address", ["", "0.0.0.0", "::", "192.168.1.7", "figures.company.test", "127.0.0.1.evil.test"])  # noqa: S104
def test_an_address_that_others_reach_needs_sign_in(address: str) -> None:
    assert "127.0.0.1" in refusal(Start(address, is_sign_in_configured=False))


def test_an_owner_may_open_it_knowingly_behind_a_proxy_that_asks_people_to_sign_in() -> None:
    check(Start("0.0.0.0", is_sign_in_configured=False, is_open_on_purpose=True))  # noqa: S104


def test_with_sign_in_it_may_listen_everywhere() -> None:
    check(Start("0.0.0.0", is_sign_in_configured=True, cookie_secret=GOOD, redirect_uri=CALLBACK))  # noqa: S104


@pytest.mark.parametrize(
    ("secret", "reason"),
    [
        ("", "no cookie_secret"),
        (GOOD[:31], "31 characters"),
        ("a" * 64, "example"),
        ("change-me-change-me-change-me-1234567890", "example"),
        ("YOUR_COOKIE_SECRET_WITH_ENOUGH_LETTERS", "example"),
        ("x" * 31 + "y", "example"),
    ],
)
def test_a_secret_that_others_could_know_or_guess_is_refused_and_never_shown(secret: str, reason: str) -> None:
    told = refusal(Start("127.0.0.1", is_sign_in_configured=True, cookie_secret=secret, redirect_uri=CALLBACK))
    assert reason in told
    assert not secret or secret not in told


def test_being_open_on_purpose_does_not_excuse_a_bad_secret() -> None:
    start = Start("127.0.0.1", is_sign_in_configured=True, cookie_secret="short", is_open_on_purpose=True)  # noqa: S106
    assert "5 characters" in refusal(start)


def test_sign_in_needs_an_address_to_come_back_to() -> None:
    assert "redirect_uri" in refusal(Start("127.0.0.1", is_sign_in_configured=True, cookie_secret=GOOD))


def test_identities_from_headers_are_refused() -> None:
    assert "trustedUserHeaders" in refusal(Start("127.0.0.1", is_sign_in_configured=False, trusts_headers=True))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("server.enableXsrfProtection", False),
        ("server.enableCORS", False),
        ("server.enableAgentApi", True),
        ("client.showErrorDetails", "full"),
        ("global.developmentMode", True),
    ],
)
def test_a_flag_cannot_loosen(name: str, value: object) -> None:
    start = Start("127.0.0.1", is_sign_in_configured=False, options=((name, value),))
    assert name in refusal(start)


def test_the_example_of_a_secrets_file_does_not_start_a_server() -> None:
    said = tomllib.loads((ROOT / ".streamlit" / "secrets.example.toml").read_text(encoding="utf-8"))["auth"]
    start = Start("127.0.0.1", is_sign_in_configured=True, cookie_secret=said["cookie_secret"], redirect_uri=CALLBACK)
    assert "cookie_secret" in refusal(start)
