"""Signing in at a real provider's pages: who comes in as whom, who stays outside, and who is out again at the next click."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from tests.browser.conftest import PHONE
from tests.browser.signing import COOKIE_SECRET, Door, arrive, behind_a_door, sign_in
from tests.browser.visits import PATIENCE_MS, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, WebSocketRoute

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def door(demo_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder = tmp_path_factory.mktemp("door")
    with behind_a_door(demo_home, folder) as made:
        yield made
    assert "Traceback" not in (folder / "server.log").read_text(encoding="utf-8")


@pytest.fixture
def someone(browser: Browser, door: Door) -> Iterator[Callable[[], Visit]]:
    """Opens browsers of different people: nothing is shared between two."""
    opened = []

    def visit() -> Visit:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        made = Visit(context.new_page(), door.url)
        made.listen()
        return made

    yield visit
    for context in opened:
        context.close()


def _nothing_else(visit: Visit) -> None:
    """The card, and not a word beside it: no pages, no filters, no company, a title that tells nothing."""
    page = visit.page
    assert page.locator(".st-key-door").count() == 1
    assert page.title() == "Catchlight"
    assert visit.pages() == []
    assert page.get_by_test_id("stSidebar").count() == 0
    said = page.locator(".stApp").inner_text()
    for word in ("Hazel", "Demo", "Dwell", "Overview", "Filters", "V-00"):
        assert word not in said


def test_an_owner_signs_in_and_lands_where_the_link_pointed(door: Door, someone: Callable[[], Visit]) -> None:
    visit = someone()
    arrive(visit, "/purchases?period=30")
    _nothing_else(visit)
    page = sign_in(visit, "ana", "/purchases?data=demo")
    page.get_by_role("heading", level=2, name="Purchases", exact=True).wait_for()
    visit.settle()
    assert page.url == f"{door.url}/purchases?data=demo"
    person = page.locator(".st-key-person").inner_text().splitlines()
    assert person[:1] == ["Ana Ruiz"]
    assert "Owner" in person
    assert [line["viewer"] for line in door.log("sign_in")] == ["V-001"]
    visit.reload()
    assert len(door.log("sign_in")) == 1  # the same sign-in


@pytest.mark.parametrize(("said", "lang"), [("zh-CN", "zh-CN"), ("es-MX", "es"), ("fi-FI", "en")])
def test_the_door_tells_the_browser_its_language(said: str, lang: str, browser: Browser, door: Door) -> None:
    context = browser.new_context(locale=said)
    context.set_default_timeout(PATIENCE_MS)
    visit = Visit(context.new_page(), door.url)
    visit.listen()
    page = arrive(visit)
    page.locator(f"html[lang='{lang}']").wait_for(state="attached")
    heads = {"en": "Sign in", "zh-CN": "登录", "es": "Iniciar sesión"}
    assert page.get_by_role("heading", level=2, name=heads[lang], exact=True).count() == 1
    assert visit.complaints == []
    page.goto(f"{door.url}/dwell?lang=es")  # a link's own language counts before the browser's
    page.locator("html[lang='es']").wait_for(state="attached")
    context.close()


def test_an_agent_and_a_presenter_see_their_own_role(someone: Callable[[], Visit]) -> None:
    ben, pia = someone(), someone()
    for visit, who, role in ((ben, "ben", "Regional agent A-01"), (pia, "pia", "Presenter")):
        sign_in(visit, who)
        visit.settle()
        assert role in visit.page.locator(".st-key-person").inner_text()
    ben.reload()
    assert "Regional agent A-01" in ben.page.locator(".st-key-person").inner_text()
    assert "Ana" not in ben.page.content()


@pytest.mark.parametrize(
    ("who", "address", "words"),
    [
        ("eve", "eve@elsewhere.example", "not on the list"),
        ("una", "ana@shop.example", "does not vouch for this e-mail address"),
    ],
)
def test_somebody_else_meets_a_door_that_names_their_account_and_lets_them_out(
    who: str, address: str, words: str, door: Door, someone: Callable[[], Visit]
) -> None:
    visit = someone()
    page = sign_in(visit, who, "/dwell")
    page.locator(".st-key-door-sign-out").wait_for()
    assert words in page.locator(".st-key-door").inner_text()
    assert address in page.locator(".st-key-door").inner_text()
    _nothing_else(visit)
    page.goto(f"{door.url}/sharing")
    page.locator(".st-key-door-sign-out").wait_for()
    _nothing_else(visit)
    reasons = [line["what"]["reason"] for line in door.log("refusal")]
    assert reasons.count({"eve": "unknown", "una": "unverified"}[who]) == 1
    assert address not in str(door.log("refusal"))
    page.locator(".st-key-door-sign-out button").click()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("button", name="Sign in", exact=True).wait_for()


def test_somebody_deactivated_is_out_at_the_next_click_and_after_a_reload(
    door: Door, someone: Callable[[], Visit]
) -> None:
    visit = someone()
    page = sign_in(visit, "gus")
    visit.settle()
    door.records("viewers", "deactivate", "V-004")
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Dwell").click()
    page.locator(".st-key-door").get_by_text("access has ended").wait_for()
    page.wait_for_timeout(300)
    _nothing_else(visit)
    page.goto(f"{door.url}/catchment?layer=stores")
    page.locator(".st-key-door").wait_for()
    _nothing_else(visit)
    lines = [line for line in door.log("refusal") if line["what"]["reason"] == "inactive"]
    assert [line["viewer"] for line in lines] == ["V-004"]


def test_a_cookie_signed_with_another_secret_opens_nothing(door: Door, someone: Callable[[], Visit]) -> None:
    claims = {
        "is_logged_in": True, "origin": door.url, "iss": door.provider, "sub": "ana", "iat": 1_700_000_000,
        "email": "ana@shop.example", "email_verified": True, "provider": "default",
    }  # fmt: skip
    for secret, comes_in in (("k" * 20 + "another-secret-than-the-servers", False), (COOKIE_SECRET, True)):
        visit = someone()
        signed = create_signed_value(secret, "_streamlit_user", json.dumps(claims)).decode()
        visit.page.context.add_cookies([{"name": "_streamlit_user", "value": signed, "url": door.url}])
        if comes_in:  # the very same cookie, so that the refusal is about the secret
            visit.open("/dwell")
            assert "Ana Ruiz" in visit.page.locator(".st-key-person").inner_text()
        else:
            arrive(visit, "/dwell")
            _nothing_else(visit)


def test_signing_out_ends_the_sign_in_in_the_other_window_too(door: Door, someone: Callable[[], Visit]) -> None:
    visit = someone()
    page = sign_in(visit, "pia")
    visit.settle()
    other = Visit(page.context.new_page(), door.url)
    other.open("/purchases")
    page.locator(".st-key-sign-out button").click()
    page.get_by_role("button", name="End session").click()
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    _nothing_else(visit)
    assert [line["viewer"] for line in door.log("sign_out")].count("V-003") == 1
    other.page.get_by_test_id("stSidebarNavLink").filter(has_text="Products").click()
    other.page.locator(".st-key-door").wait_for()
    _nothing_else(other)


def test_state_forged_over_the_web_socket_makes_no_presenter_an_owner(someone: Callable[[], Visit]) -> None:
    visit = someone()
    forged = 0

    def forge(data: str | bytes) -> str | bytes:
        nonlocal forged
        said = BackMsg()
        said.ParseFromString(data if isinstance(data, bytes) else data.encode())
        if said.WhichOneof("type") != "rerun_script":
            return data
        for name in ("_seat", "_view_as", "_view"):
            widget = said.rerun_script.widget_states.widgets.add()
            widget.id = name
            widget.json_value = '{"role": "owner", "viewer": "V-001"}'
        forged += 1
        sent: bytes = said.SerializeToString()
        return sent

    def between(channel: WebSocketRoute) -> None:
        server = channel.connect_to_server()
        channel.on_message(lambda data: server.send(forge(data)))

    visit.page.route_web_socket("**/_stcore/stream", between)
    page = sign_in(visit, "pia")
    visit.settle()
    page.get_by_test_id("stSidebarNavLink").filter(has_text="Purchases").click()
    page.get_by_role("heading", level=2, name="Purchases", exact=True).wait_for()
    visit.settle()
    assert forged >= 2
    assert "Presenter" in page.locator(".st-key-person").inner_text()
    assert "People" not in visit.pages()


def test_who_turns_back_at_the_provider_finds_the_door_with_a_word_about_it(someone: Callable[[], Visit]) -> None:
    visit = someone()
    page = arrive(visit, "/dwell")
    assert page.get_by_text("did not come through").count() == 0
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("button", name="Deny").click()
    page.get_by_text("The last sign-in did not come through").wait_for()
    _nothing_else(visit)
    sign_in(visit, "ana")
    visit.settle()
    assert "Ana Ruiz" in page.locator(".st-key-person").inner_text()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_everybody_can_use_the_door_also_on_a_phone(dark: bool, door: Door, browser: Browser) -> None:  # noqa: FBT001
    context = browser.new_context(color_scheme="dark" if dark else "light", **PHONE)
    visit = Visit(context.new_page(), door.url)
    visit.listen()
    page = arrive(visit)
    page.get_by_role("button", name="Sign in", exact=True).wait_for()
    page.wait_for_timeout(500)
    faults = [one["id"] for one in Axe().run(page).response["violations"] if one["impact"] in {"serious", "critical"}]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert visit.abroad == []
    assert visit.complaints == []
    context.close()
