"""The guards around a real server: what a browser, a foreign page and a hand-written request get from it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.browser.signing import COOKIE_SECRET, PEOPLE, Door
from tests.browser.visits import PATHS, ROOT, Visit, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.browser
NEEDED = (
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
)
KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def ask(url: str, path: str, method: str = "GET", body: Any = None, **headers: str) -> http.client.HTTPResponse:
    """One request, written by hand."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    with contextlib.closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)) as line:
        line.request(method, path, body, told, encode_chunked=body is not None and not isinstance(body, bytes))
        answer = line.getresponse()
        answer.read()
        return answer


def handshake(url: str, *, drop: tuple[str, ...] = (), path: str = "/_stcore/stream", **changed: str) -> str:
    """The first line that the server answers to a request for a web socket."""
    host = urlsplit(url).netloc
    told = {
        "Host": host, "Origin": url, "Connection": "Upgrade", "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": KEY, "Sec-WebSocket-Protocol": "streamlit",
    }  # fmt: skip
    told |= {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in told.items() if name not in drop]
    with socket.create_connection(("127.0.0.1", urlsplit(url).port), timeout=60) as line:
        line.sendall("\r\n".join([f"GET {path} HTTP/1.1", *lines, "", ""]).encode("latin-1"))
        return line.recv(300).split(b"\r\n")[0].decode("latin-1")


def resident_bytes(url: str) -> int:
    """Memory of the server that listens there."""
    port = f"--server.port\0{urlsplit(url).port}\0"
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if port in (process / "cmdline").read_text():
                return int((process / "statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    pytest.fail(f"No process serves {url}")


# What a browser runs


@pytest.mark.parametrize("path", PATHS.values())
def test_no_page_asks_for_anything_that_the_policy_forbids(
    visitor: Callable[..., Visit], server: str, path: str
) -> None:
    visit = visitor(server)
    visit.page.add_init_script(
        "addEventListener('securitypolicyviolation', e => console.error('forbidden', e.violatedDirective, e.blockedURI))"
    )
    visit.open(path)
    if path in {"/catchment", "/products"}:
        visit.page.locator("canvas").first.wait_for(state="attached")
        visit.page.wait_for_timeout(1_500)  # the map's workers start after the page is at rest
    assert [said for said in visit.complaints if "forbidden" in said or "Content Security Policy" in said] == []


def test_the_policy_stops_what_text_in_the_data_might_try(visitor: Callable[..., Visit], server: str) -> None:
    visit = visitor(server)
    page = visit.open("/")
    tried = "() => { try { return new Function('return 1')() } catch (e) { return e.name } }"
    later = f"() => new Promise(done => setTimeout(() => done(({tried})()), 0))"  # what a test runs at once is exempt
    assert page.evaluate(later) == "EvalError"
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s);"
        " const i = document.createElement('img'); i.src = 'http://192.0.2.1/x.png'; document.body.append(i);"
        " const b = document.createElement('div'); b.innerHTML = '<img src=x onerror=\"window.ran = 2\">'; document.body.append(b) }"
    )
    page.wait_for_timeout(500)
    assert page.evaluate("() => window.ran ?? 0") == 0
    told = " ".join(visit.complaints)
    assert told.count("Content Security Policy") >= 3
    assert "http://192.0.2.1" in told


def test_no_other_site_may_frame_a_page(browser: Browser, server: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda said: told.append(said.text))
    page.set_content(f'<iframe src="{server}/"></iframe>')
    page.wait_for_timeout(1_500)
    context.close()
    assert "frame-ancestors 'none'" in " ".join(told)


# What every answer says


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        ("/", "GET", 200),
        ("/dwell", "GET", 200),
        ("/favicon.png", "GET", 200),
        ("/app/static/land.json", "GET", 200),
        ("/app/static/nothing.json", "GET", 404),
        ("/_stcore/health", "GET", 200),
        ("/_stcore/host-config", "GET", 200),
        ("/dwell/_stcore/health", "GET", 404),
        ("/media/" + "a" * 56 + ".csv", "GET", 403),
        ("/_stcore/upload_file/x/y", "PUT", 403),
        ("/_stcore/upload_file/x/y", "POST", 405),
        ("/_stcore/agent/interact", "POST", 405),
        ("/dwell", "DELETE", 405),
        ("/..%2f..%2fetc/passwd", "GET", 400),
    ],
)
def test_every_answer_says_what_a_browser_may_do_with_it(server: str, path: str, method: str, status: int) -> None:
    answer = ask(server, path, method, Origin="http://elsewhere.test")
    assert answer.status == status
    assert [name for name in NEEDED if answer.getheader(name) is None] == []
    assert answer.getheader("access-control-allow-origin") is None
    assert answer.getheader("strict-transport-security") is None


def test_a_proxy_with_tls_on_this_machine_lets_browsers_stay_with_tls(server: str) -> None:
    assert ask(server, "/", X_Forwarded_Proto="https").getheader("strict-transport-security") == "max-age=31536000"


@pytest.mark.parametrize(
    ("flags", "reason"),
    [
        (("--server.address", "0.0.0.0"), "nobody would have to sign in"),  # noqa: S104
        (("--server.enableXsrfProtection", "false"), "must be True"),
        (("--secrets.files", "secrets.toml"), "cookie_secret has 9 characters"),
    ],
)
def test_an_unsafe_start_ends_with_one_sentence(tmp_path: Path, flags: tuple[str, str], reason: str) -> None:
    written = tmp_path / "secrets.toml"
    written.write_text('[auth]\nredirect_uri = "http://127.0.0.1:1/oauth2callback"\ncookie_secret = "hush-hush"\n')
    said = tuple(str(written) if one == "secrets.toml" else one for one in flags)
    command = [sys.executable, "-m", "streamlit", "run", "dashboard.py", "--server.port", "0", *said]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)
    told = ended.stdout + ended.stderr
    assert ended.returncode == 2
    assert "Catchlight does not start." in told
    assert reason in told
    assert "Traceback" not in told
    assert "hush" not in told


# Who may open a socket


def test_a_page_of_this_server_opens_its_socket(server: str) -> None:
    assert handshake(server).endswith("101 Switching Protocols")


@pytest.mark.parametrize(
    ("case", "told"),
    {
        "another site": {"Origin": "http://elsewhere.test"},
        "a site that hides where it is from": {"Origin": "null"},
        "a program that does not say": {"drop": ("Origin",)},
        "a name that only begins like ours": {"Origin": "http://127.0.0.1.elsewhere.test"},
        "our name as a user of another": {"Origin": "http://127.0.0.1@elsewhere.test"},
        "another port of this machine": {"Origin": "http://127.0.0.1:1"},
        "another scheme": {"Origin": "file://127.0.0.1"},
        "a name pointed at this machine": {"Host": "elsewhere.test", "Origin": "http://elsewhere.test"},
        "no host": {"Host": ""},
        "an endless list of protocols": {"Sec_WebSocket_Protocol": "streamlit," + "x" * 5_000},
        "another place": {"path": "/_stcore/stream/x"},
        "an upload address": {"path": "/_stcore/upload_file/x/y"},
        "an old version": {"Sec_WebSocket_Version": "8"},
        "no key": {"drop": ("Sec-WebSocket-Key",)},
    }.items(),
)  # fmt: skip
def test_a_hostile_handshake_is_refused(server: str, case: str, told: dict[str, Any]) -> None:
    first = handshake(server, **told)
    assert first.split(" ")[1] in {"400", "403", "426"}, f"{case}: {first}"


def test_a_refused_socket_says_the_same_as_any_answer(server: str) -> None:
    answer = ask(
        server, "/_stcore/stream", Origin="http://elsewhere.test", Connection="Upgrade", Upgrade="websocket",
        Sec_WebSocket_Version="13", Sec_WebSocket_Key=KEY,
    )  # fmt: skip
    assert answer.status == 403
    assert [name for name in NEEDED if answer.getheader(name) is None] == []


# Uploads


def upload_of(visit: Visit, tmp_path: Path) -> tuple[str, dict[str, str]]:
    """An upload as the page itself sends it: where to, and the headers that it needs."""
    file = tmp_path / "orders.csv"
    file.write_text("order_id,paid_at\n1,2026-10-01\n")
    page = visit.open("/data")
    with page.expect_response(lambda answer: "/upload_file/" in answer.url and answer.request.method == "PUT") as found:
        page.locator('input[type="file"]').first.set_input_files(file)
    sent = found.value.request
    assert found.value.status == 204
    told = sent.all_headers()
    return urlsplit(sent.url).path, {"X_Xsrftoken": told["x-xsrftoken"], "Cookie": told["cookie"]}


def test_an_upload_without_end_is_cut_off_and_takes_no_memory(
    visitor: Callable[..., Visit], cold: str, tmp_path: Path
) -> None:
    path, told = upload_of(visitor(cold), tmp_path)
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.csv"\r\n\r\n'
    before = resident_bytes(cold)
    sent = 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield head
        for _ in range(200):
            sent += 1
            yield b"x" * 1024**2

    status = 0
    with contextlib.suppress(OSError):  # the server may close while we still send
        status = ask(
            cold,
            path,
            "PUT",
            endless(),
            Content_Type="multipart/form-data; boundary=b",
            Transfer_Encoding="chunked",
            **told,
        ).status
    assert status in {0, 413}
    assert sent < 200 or status == 413
    assert resident_bytes(cold) - before < 60 * 1024**2
    assert ask(cold, path, "PUT", b"", Content_Length=str(1024**3), **told).status == 413
    assert ask(cold, "/_stcore/health").status == 200


# Where people sign in


@pytest.fixture(scope="module")
def door(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """A server with sign-in; nobody goes to a provider here, the cookies are signed by the test."""
    folder = tmp_path_factory.mktemp("guarded")
    home = folder / "home"
    home.mkdir()
    (home / "demo").symlink_to(demo_home / "demo")
    written = folder / "secrets.toml"
    written.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"\ncookie_secret = "{COOKIE_SECRET}"\n'
        'client_id = "x"\nclient_secret = "y"\nserver_metadata_url = "http://127.0.0.1:9/x"\n'
    )
    with serving(home, folder / "server.log", "--secrets.files", str(written)) as url:
        found = Door(url, home, "")
        found.records("viewers", "add", "--email", "ana@shop.example", "--role", "owner")
        found.records("viewers", "add", "--email", "pia@shop.example", "--role", "presenter")
        found.records("viewers", "add", "--email", "gus@shop.example", "--role", "presenter")
        yield found
        assert COOKIE_SECRET not in (folder / "server.log").read_text(encoding="utf-8")


def cookie(door: Door, subject: str, *, secret: str = COOKIE_SECRET) -> str:
    """The cookie that Streamlit gives somebody who has signed in."""
    said = {
        "origin": door.url,
        "is_logged_in": True,
        "iss": "https://id.example",
        "sub": subject,
        "iat": int(time.time()),
    }
    return create_signed_value(secret, "_streamlit_user", json.dumps(said | PEOPLE[subject])).decode()


@pytest.fixture
def seated(browser: Browser, door: Door) -> Iterator[Callable[[str], Visit]]:
    """Opens a window of somebody who is signed in."""
    opened: list[BrowserContext] = []

    def sit(subject: str) -> Visit:
        context = browser.new_context(accept_downloads=True)
        context.add_cookies([{"name": "_streamlit_user", "value": cookie(door, subject), "url": door.url}])
        opened.append(context)
        visit = Visit(context.new_page(), door.url)
        visit.listen()
        return visit

    yield sit
    for context in opened:
        context.close()


def downloaded(visit: Visit) -> str:
    """Where the trend's CSV came from, after it was downloaded by its button."""
    visit.open("/")
    visit.about("trend")
    with visit.page.expect_download() as found:
        visit.page.locator(".st-key-files-trend button").filter(has_text="CSV").click()
    assert Path(found.value.path()).stat().st_size > 100
    return urlsplit(found.value.url).path


def test_a_download_is_for_the_person_it_was_made_for_as_long_as_they_are_let_in(
    door: Door, seated: Callable[[str], Visit]
) -> None:
    path = downloaded(seated("gus"))
    mine = f"_streamlit_user={cookie(door, 'gus')}"
    assert ask(door.url, path, Cookie=mine).status == 200
    assert ask(door.url, path).status == 403
    assert ask(door.url, path, Cookie=f"_streamlit_user={cookie(door, 'gus', secret='another' * 8)}").status == 403
    assert ask(door.url, path, Cookie=f"_streamlit_user={cookie(door, 'ana')}").status == 403
    gus = next(
        one["viewer_id"] for one in door.records("viewers", "list")["viewers"] if one["email"] == "gus@shop.example"
    )
    door.records("viewers", "deactivate", gus)
    time.sleep(1.1)
    assert ask(door.url, path, Cookie=mine).status == 403


def test_only_an_owner_uploads_and_only_where_their_own_page_said(
    door: Door, seated: Callable[[str], Visit], tmp_path: Path
) -> None:
    path, told = upload_of(seated("ana"), tmp_path)
    form = b'--b\r\nContent-Disposition: form-data; name="f"; filename="x.csv"\r\n\r\nx\r\n--b--\r\n'
    told |= {"Content_Type": "multipart/form-data; boundary=b"}
    xsrf = next(one for one in told["Cookie"].split("; ") if one.startswith("_streamlit_xsrf"))
    assert ask(door.url, path, "PUT", form, **told).status == 204
    assert ask(door.url, path, "PUT", form, **(told | {"Cookie": xsrf})).status == 403
    assert (
        ask(door.url, path, "PUT", form, **(told | {"Cookie": f"{xsrf}; _streamlit_user={cookie(door, 'pia')}"})).status
        == 403
    )
    elsewhere = path[:-36] + "22222222-2222-4222-8222-222222222222"
    assert ask(door.url, elsewhere, "PUT", form, **told).status == 403
    del told["X_Xsrftoken"]
    assert ask(door.url, path, "PUT", form, **told).status == 403


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent/openapi.json"])
def test_nothing_of_the_inner_workings_is_told_to_strangers(door: Door, path: str) -> None:
    assert ask(door.url, path).status == 403
    assert ask(door.url, path, Cookie=f"_streamlit_user={cookie(door, 'pia')}").status == 403


def test_the_door_shows_its_pictures_to_everybody(door: Door, visitor: Callable[..., Visit]) -> None:
    visit = visitor(door.url)
    visit.open("/")
    refused = [said for said in visit.complaints if "403" in said or "Content Security Policy" in said]
    assert (refused, any("/media/" in url for url in visit.requests)) == ([], True)
