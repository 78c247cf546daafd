"""Every answer says what a browser may load, run, frame and keep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from tests.ui.asgi import FILE, PARK, asked, http, run, says_ok
from ui.server import failed, guards
from ui.server_headers import SecurityHeaders, headers_for, inline_hashes, policy

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Message


def test_every_answer_has_the_headers_and_none_opens_itself_to_other_sites() -> None:
    answer = dict(asked(SecurityHeaders(says_ok), http("/"))[0]["headers"])
    assert answer[b"x-content-type-options"] == b"nosniff"
    assert answer[b"x-frame-options"] == b"DENY"
    assert answer[b"x-own"] == b"1"
    assert answer[b"cache-control"] == b"no-store"
    assert not [name for name in answer if name.lower().startswith(b"access-control")]


def test_the_policy_lets_no_text_become_a_script() -> None:
    rules = dict(rule.split(" ", 1) for rule in policy("a.test:8501", ("'sha256-x'",)).split("; "))
    assert rules["script-src"] == "'self' 'wasm-unsafe-eval' 'sha256-x'"
    assert rules["script-src-elem"] == "'self' blob: 'sha256-x'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"
    assert rules["base-uri"] == rules["form-action"] == rules["default-src"] == "'self'"
    assert rules["connect-src"] == "'self' ws://a.test:8501 wss://a.test:8501"


@pytest.mark.parametrize("host", ["", "a.test; script-src *", "a b", "a.test/x", "*", "a.test\n", "a.test:999999"])
def test_a_host_that_is_none_does_not_get_into_the_policy(host: str) -> None:
    assert "connect-src 'self';" in policy(host, ())


def test_inline_scripts_are_named_by_their_hash() -> None:
    page = b'<script src="a.js"></script><script>\n  1\n</script><script type="module">2</script>'
    assert inline_hashes(page) == (
        "'sha256-GNUnx+UAKzz1bBYajksvNHc6cqePakwkFfYxy46h5w0='",
        "'sha256-1HNeOiZeFu7gP1lxi5tdAwGcB9i2xR+Q2jpmbuwTqzU='",
    )
    assert len(inline_hashes()) == 1


def test_a_browser_is_told_to_stay_with_tls_only_where_there_is_tls() -> None:
    assert "Strict-Transport-Security" not in headers_for(http("/"), ())
    assert "Strict-Transport-Security" in headers_for(http("/") | {"scheme": "https"}, ())


def test_only_the_clients_own_files_and_the_basemap_are_kept() -> None:
    assert "Cache-Control" not in headers_for(http("/static/js/x.js"), ())
    assert "Cache-Control" not in headers_for(http("/app/static/land.json"), ())
    for path in ("/", "/dwell", FILE, PARK, "/_stcore/metrics"):
        assert headers_for(http(path), ())["Cache-Control"] == "no-store"


def test_an_answer_to_a_fault_of_our_own_has_the_headers_an_error_id_and_nothing_else(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def breaks(_request: Request) -> Response:
        msg = "the password is hush"
        raise ValueError(msg)

    sent: list[Message] = []

    async def ask() -> None:
        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            sent.append(message)

        app = Starlette(routes=[Route("/", breaks)], middleware=guards(), exception_handlers={Exception: failed})
        with pytest.raises(ValueError, match="hush"):  # the server itself logs it, too
            await app(http("/"), receive, send)

    run(ask())
    told = sent[1]["body"].decode()
    error_id = told.removeprefix("Something went wrong on our side (error ").removesuffix(").")
    assert (sent[0]["status"], len(error_id), error_id in caplog.text) == (500, 8, True)
    assert dict(sent[0]["headers"])[b"x-frame-options"] == b"DENY"
    assert b"content-security-policy" in dict(sent[0]["headers"])
