"""Every byte that reaches an agent's browser, while the owner reads the same pages: not a word of anybody else's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.browser.signing import COOKIE_SECRET, Door, provider, sign_in
from tests.browser.visits import PATIENCE_MS, Visit, serving
from tests.scope.conftest import first  # noqa: F401  (the company, built once a test run)
from tests.scope.test_pages import NEIGHBOURS, PLACES, around, found

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Response, WebSocket

    from tests.scope.conftest import Company

pytestmark = pytest.mark.browser
SETTINGS = """[auth]
redirect_uri = "http://127.0.0.1:{{port}}/oauth2callback"
cookie_secret = "{secret}"
client_id = "catchlight"
client_secret = "told-to-nobody"
server_metadata_url = "{provider}/.well-known/openid-configuration"
"""
_LONGEST = frozenset({"nearest", "replay", "statements", "rules", "disputes", "flows"})
"""Parts of pages that tell most of stores and people; all of them are walked without a browser."""
SENT = '[data-testid="stApp"][data-test-script-state="notRunning"]'
WALK = [(page, query) for page, query in PLACES if not query or (len(query) == 1 and _LONGEST & {*query.values()})]


@pytest.fixture(scope="module")
def door(first: Company, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:  # noqa: F811
    """A cold server with sign-in over a copy of the company; Ana owns it, Ben is Amber's agent."""
    folder = tmp_path_factory.mktemp("canaries")
    home = folder / "home"
    shutil.copytree(first.home, home)
    with provider(folder / "provider.log") as told:
        settings = folder / "secrets.toml"
        settings.write_text(SETTINGS.format(secret=COOKIE_SECRET, provider=told), encoding="utf-8")
        made = Door("", home, told)
        made.records("viewers", "add", "--email", "ana@shop.example", "--role", "owner")
        made.records("viewers", "add", "--email", "ben@shop.example", "--role", "agent", "--agent", "AG-1")
        with serving(home, folder / "server.log", "--secrets.files", str(settings)) as url:
            made.url = url
            yield made


@pytest.fixture
def wire(browser: Browser, door: Door) -> Iterator[Callable[[], tuple[Visit, list[bytes]]]]:
    """Opens browsers of different people, and keeps what each is sent: frames unpacked, and files that are not the client's."""
    opened = []

    def visit() -> tuple[Visit, list[bytes]]:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(2 * PATIENCE_MS)
        opened.append(context)
        page, heard = context.new_page(), list[bytes]()

        def frames(channel: WebSocket) -> None:
            channel.on("framereceived", lambda said: heard.append(said if isinstance(said, bytes) else said.encode()))

        def files(response: Response) -> None:
            if "/media/" in response.url or "/_stcore/" in response.url:
                heard.append(response.url.encode() + str(response.headers).encode())

        page.on("websocket", frames)
        page.on("response", files)
        return Visit(page, door.url), heard

    yield visit
    for context in opened:
        context.close()


def drawn(visit: Visit) -> None:
    """Wait until the server has sent all of a page; whether the browser has painted it yet does not matter."""
    visit.page.locator("h2").first.wait_for(state="attached")
    visit.page.locator(SENT).wait_for(state="attached")


def test_no_byte_on_the_wire_to_an_agent_is_of_others(
    wire: Callable[[], tuple[Visit, list[bytes]]],
) -> None:
    (ana, hers), (ben, his) = wire(), wire()
    sign_in(ana, "ana")
    sign_in(ben, "ben")
    for page, query in WALK:
        path = f"/{'' if page == 'overview' else page}?" + "&".join(f"{name}={value}" for name, value in query.items())
        his.clear()
        ana.page.goto(ana.root + path, wait_until="commit")
        ben.page.goto(ben.root + path, wait_until="commit")
        drawn(ben)
        said = b"\n".join(his)
        hits = found(said, neighbours=page in NEIGHBOURS)
        assert not hits, (path, around(said, hits[0]))
        assert len(said) > 5_000, path
        drawn(ana)
    assert found(b"\n".join(hers)), "the owner is sent no canary either: this walk proves nothing"
