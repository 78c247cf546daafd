"""A name is shown letter by letter, whatever Markdown, HTML, icons or links it spells."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.hostile.strings import ALL
from ui.cards import plain

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Dialog

HERE = Path(__file__).parent
JOINER = "\u2060"
READ = """() => Object.fromEntries(
  [...document.querySelectorAll('[class*="st-key-alone-"], [class*="st-key-among-"], [class*="st-key-head-"], [class*="st-key-label-"]')].map(box => [
    [...box.classList].find(name => name.startsWith('st-key-')).slice(7),
    [box.innerText, [...box.querySelectorAll('a, img, svg, script, style, iframe, ul, ol, li, hr, br, em, strong, del, code, pre, blockquote, table, h1, h2, input, sup, object, form, .katex, [data-testid="stIconMaterial"], p span, h3 span span span')].map(one => one.tagName)],
  ]))"""


def seen(name: str) -> str:
    """What is left to see of a name in one line: HTML has no NUL and draws no byte-order mark."""
    return " ".join(name.replace("\0", "\ufffd").replace("\ufeff", "").split())


@pytest.fixture(scope="module")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", str(HERE / "shown.py"), "--server.port", str(port)]
    options = ["--server.address", "127.0.0.1", "--server.headless", "true", "--browser.gatherUsageStats", "false"]
    log = tmp_path_factory.mktemp("probe") / "log"
    with log.open("wb") as out:
        server = subprocess.Popen([*command, *options], cwd=HERE, stdout=out, stderr=out)
    try:
        for _ in range(300):
            assert server.poll() is None, log.read_text(encoding="utf-8")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.terminate()
        server.wait(10)


@pytest.mark.browser
def test_in_a_browser_every_name_is_text_and_nothing_else(probe: str, browser: Browser) -> None:
    page = browser.new_page()
    requests: list[str] = []
    dialogs: list[str] = []
    page.on("request", lambda request: requests.append(request.url))

    def answer(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", answer)
    page.goto(probe)
    page.locator(f".st-key-label-{len(ALL) - 1} button").wait_for(timeout=60_000)
    page.wait_for_timeout(1_000)
    found = page.evaluate(READ)
    wrong = {}
    for index, name in enumerate(ALL):
        for key, words in (
            (f"alone-{index}", name),
            (f"among-{index}", f"Before {name} after"),
            (f"head-{index}", f"Of {name}"),
            (f"label-{index}", f"To {name}"),
        ):
            text, tags = found.get(key, ("", ["missing"]))
            if seen(text.replace(JOINER, "")) != seen(words) or tags:
                wrong[key, name[:60]] = text[:80], tags
    assert wrong == {}
    assert page.evaluate("window.__hit") is None
    assert dialogs == []
    assert [url for url in requests if not url.startswith((probe, "data:", "blob:"))] == []
    page.close()


@pytest.mark.parametrize("name", ALL, ids=range(len(ALL)))
def test_a_name_loses_no_letter_to_its_escaping(name: str) -> None:
    shown = plain(name)
    assert "\n" not in shown
    assert "\r" not in shown
    kept = shown.replace(JOINER, "")
    # undone from the left: a backslash belongs to the sign behind it
    letters, at = [], 0
    while at < len(kept):
        at += kept[at] == "\\"
        letters.append(kept[at])
        at += 1
    assert "".join(letters) == " ".join(name.split())


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("<b>", r"\<b\>"),
        ("AT&T", r"AT\&T"),
        ("&lt;", r"\&lt;"),
        ("1. item", r"1\. item"),
        ("2.5 m", r"2.5 m"),
        ("- item", r"\- item"),
        ("a\n===", r"a \=\=\="),
        ("www.x.example", f"www{JOINER}.x.example"),
        (":material/home:", rf"\:{JOINER}material/home\:"),
        ("10:30", r"10\:30"),
        ("a@b.c", f"a@{JOINER}b.c"),
        ("a -> b", rf"a \-{JOINER}\> b"),
    ],
)
def test_what_markdown_would_read_is_held_back(name: str, shown: str) -> None:
    assert plain(name) == shown
