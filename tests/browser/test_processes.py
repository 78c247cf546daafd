"""Two server processes on one data folder behind a sticky proxy: one import for both, and people who outlive a process."""

from __future__ import annotations

import os
import shutil
import signal
from typing import TYPE_CHECKING

import pytest

from benchmarks.serving import serving
from tests.browser.proxy import sticky
from tests.browser.visits import PATIENCE_MS, Visit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

pytestmark = pytest.mark.browser

ORDERS = "order_id,customer_id,paid_at,amount,currency\n" + "".join(
    f"O{n},C{n % 6},2026-{n % 4 + 1:02}-{n % 12 + 13} 10:00:00,{100 + n}.50,CNY\n" for n in range(24)
)


@pytest.fixture
def people(browser: Browser) -> Iterator[Callable[[str], Visit]]:
    """Opens windows of people who share no cookies."""
    contexts = []

    def somebody(root: str) -> Visit:
        context = browser.new_context(viewport={"width": 1440, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        visit = Visit(context.new_page(), root)
        visit.listen()
        return visit

    yield somebody
    for context in contexts:
        context.close()


def test_people_stay_on_their_process_see_each_others_imports_and_outlive_a_process(
    demo_home: Path, tmp_path: Path, people: Callable[[str], Visit]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    with serving(home) as (first, number), serving(home) as (second, _), sticky([first, second]) as proxy:
        ann, ben = people(proxy.url), people(proxy.url)
        for visit in (ann, ben):
            visit.open("/")
            assert visit.page.get_by_text("Hazel & Wool, an invented company").is_visible()
        assert proxy.of("/_stcore/stream") == [0, 1]

        (tmp_path / "orders.csv").write_text(ORDERS, encoding="utf-8")
        page = ann.open("/data")
        page.locator("input[type=file]").set_input_files(tmp_path / "orders.csv")
        page.locator(".st-key-accept button:enabled").first.wait_for()
        ann.settle()
        page.locator(".st-key-accept").get_by_role("button", name="Accept", exact=False).last.click()
        page.get_by_text("24 rows in, 0 set aside.").wait_for()
        ben.open("/purchases?from=2026-01-01&to=2026-04-30&data=real")
        assert ben.figures()["Orders"] == "24"

        mine = [(process, named) for process, line, named in proxy.seen if "/_stcore/" in line]
        assert {process for process, _ in mine} == {0, 1}
        assert all(named for _, named in mine)
        assert set(proxy.of("/_stcore/upload_file/")) == {0}
        assert proxy.of("/_stcore/stream") == [0, 1, 0, 1]

        os.kill(number, signal.SIGKILL)
        ann.page.wait_for_function("() => !document.querySelector('[data-test-connection-state=CONNECTED]')")
        ann.page.locator("[data-test-connection-state=CONNECTED]").wait_for(state="attached")
        ann.open("/purchases?from=2026-01-01&to=2026-04-30&data=real")
        assert ann.figures() == ben.figures()
        assert proxy.of("/_stcore/stream")[-1] == 1
        assert ben.complaints == []
        for visit in (ann, ben):
            visit.page.context.close()  # while there is a proxy: a window without one tries again and again
