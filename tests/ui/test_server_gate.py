"""Foreign names and pages are refused; a file is given only to a screen that it was offered to."""

from __future__ import annotations

import pytest

from tests.ui.asgi import FILE, HOST, ORIGIN, PARK, http, says_ok, socket, status
from ui.server_gate import Gate, Offers, is_honest_handshake, is_own_host
from ui.server_paths import needs_person, origin_host
from ui.server_people import Person


@pytest.mark.parametrize("host", ["127.0.0.1:8501", "localhost", "localhost:8501", "[::1]:8501", "[::1]", "LOCALHOST"])
def test_this_machine_answers_to_its_own_names(host: str) -> None:
    assert is_own_host(host)


@pytest.mark.parametrize(
    "host", ["", "evil.test", "evil.test:8501", "127.0.0.1.evil.test", "localhost.evil.test", "[::2]"]
)
def test_a_name_that_somebody_pointed_at_this_machine_is_refused(host: str) -> None:
    assert not is_own_host(host)
    assert status(Gate(says_ok), http("/") | {"headers": [(b"host", host.encode())]}) == 403


@pytest.mark.parametrize(
    "origin",
    ["", "null", "http://evil.test", f"{ORIGIN}.evil.test", f"http://{HOST.decode()}@evil.test", "http://127.0.0.1:8502",
     "ftp://127.0.0.1:8501", f"{ORIGIN}/", "http://[", "127.0.0.1:8501", f"{ORIGIN}#x", "http://a@127.0.0.1:8501"],
)  # fmt: skip
def test_a_handshake_of_another_page_is_refused(origin: str) -> None:
    assert not is_honest_handshake(socket(origin=origin))
    assert status(Gate(says_ok), socket(origin=origin)) == 403


def test_a_handshake_with_two_origins_or_a_long_list_is_refused() -> None:
    good = socket()
    assert is_honest_handshake(good)
    assert not is_honest_handshake(good | {"headers": [*good["headers"], (b"origin", ORIGIN.encode())]})
    assert not is_honest_handshake(socket(sec_websocket_protocol="streamlit, " + "x" * 2_000))
    assert not is_honest_handshake(good | {"path": "/_stcore/other"})


def test_origins_are_read_strictly() -> None:
    assert origin_host("HTTPS://Company.Test:8443") == "company.test:8443"
    assert origin_host("http://company.test:99999999") == ""


def test_what_is_open_is_a_short_list() -> None:
    open_ones = ["/", "/dwell", "/static/js/x.js", "/_stcore/health", "/_stcore/host-config", "/_stcore/stream"]
    assert not any(needs_person(path) for path in open_ones)
    closed = [FILE, PARK, "/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/mcp", "/_stcore/new"]
    assert all(needs_person(path) for path in closed)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "get", "PROPFIND"])
def test_pages_are_only_read(method: str) -> None:
    assert status(Gate(says_ok), http("/dwell", method)) == 405


def test_a_file_is_given_only_at_an_address_that_was_sent_to_a_screen() -> None:
    gate = Gate(says_ok)
    assert status(gate, http(FILE)) == status(gate, http(PARK, "PUT")) == 403
    gate._offers.note(None, b"...\x12" + FILE.encode() + b"\x18..." + PARK.encode() + b"*")
    assert status(gate, http(FILE)) == status(gate, http(PARK, "PUT")) == 200
    assert status(gate, http(FILE.replace("aaa", "aab"))) == 403


def test_an_address_ends_where_its_length_says_whatever_stands_behind_it() -> None:
    address = b"/media/" + b"f" * 32 + b".txt"
    offers = Offers()
    offers.note(None, b"\x22" + bytes([len(address)]) + address + b"Rest of the message")
    assert offers.has(None, address.decode())
    assert not offers.has(None, f"{address.decode()}Rest")


def test_an_address_below_a_base_path_is_found() -> None:
    address = b"/shop/media/" + b"f" * 32 + b".txt"
    offers = Offers()
    offers.note(None, b"\x22" + bytes([len(address)]) + address + b"Rest of the message")
    assert offers.has(None, "/media/" + "f" * 32 + ".txt")


def test_offers_are_kept_by_person_and_the_oldest_are_forgotten() -> None:
    offers = Offers(most=2)
    ada = Person("i", "ada", "")
    for letter in b"abc":
        address = b"/media/" + bytes([letter]) * 40 + b".png"
        offers.note(ada, b"\x0a" + bytes([len(address)]) + address + b"R\x05")
    assert [offers.has(ada, f"/media/{letter * 40}.png") for letter in "abc"] == [False, True, True]
    assert not offers.has(Person("i", "eve", ""), f"/media/{'c' * 40}.png")
