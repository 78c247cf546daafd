"""An owner drops a file, is asked what nobody can guess, answers, accepts, and sees their own figures."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.browser.visits import serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.browser.visits import Visit

pytestmark = pytest.mark.browser


@pytest.fixture
def own(demo_home: Path, tmp_path: Path) -> Iterator[str]:
    """A server over a copy of the demo's home, so that the shared one stays as it is."""
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    with serving(home, tmp_path / "server.log") as url:
        yield url
    assert "Traceback" not in (tmp_path / "server.log").read_text(encoding="utf-8")


def orders() -> str:
    """24 orders of 6 customers in January to April; every date reads as day/month and as month/day."""
    head = "order_id,customer_id,order_date,amount\n"
    rows = [f"O{n},C{n % 6},{n % 12 + 1:02}/{n % 4 + 1:02}/2026,{100 + n}.50\n" for n in range(24)]
    return head + "".join(rows)


def accept(visit: Visit) -> None:
    visit.page.locator(".st-key-accept").get_by_role("button", name="Accept", exact=False).last.click()


def test_an_ambiguous_date_is_asked_about_and_the_answer_loads_the_file(
    own: str, visitor: Callable[..., Visit], tmp_path: Path
) -> None:
    file = tmp_path / "orders.csv"
    file.write_text(orders(), encoding="utf-8")
    visit = visitor(own)
    page = visit.open("/data")
    page.locator("input[type=file]").set_input_files(file)
    page.locator(".st-key-accept").wait_for()
    visit.settle()
    asked = page.get_by_test_id("stAlert").all_inner_texts()
    assert len(asked) == 2
    assert "is the day or the month first?" in asked[0]
    assert "in which currency" in asked[1]
    assert page.get_by_text("Answer the questions above first.").is_visible()
    assert page.locator(".st-key-accept button:enabled").count() == 0
    boxes = page.locator('[class*="st-key-source-"]')
    box = (boxes.locator('[class*="-date_order"]').get_attribute("class") or "").split("st-key-")[1].split()[0]
    visit.choose(box, "day / month / year")
    visit.choose(box.replace("-date_order", "-currency"), "CNY")
    page.locator(".st-key-accept button:enabled").first.wait_for()
    assert page.get_by_test_id("stAlert").count() == 0
    page.get_by_role("button", name="Check what would be accepted").click()
    page.get_by_text("Of 24 rows, 24 would be accepted or are known already, 0 set aside.").wait_for()
    visit.settle()
    assert not page.get_by_text("Your data, on this machine").is_visible()
    accept(visit)
    page.get_by_text("24 rows in, 0 set aside.").wait_for()
    visit.settle()
    page.get_by_role("link", name="Open the Overview").click()
    page.get_by_role("heading", level=2, name="Overview").wait_for()
    visit.settle()
    assert page.get_by_text("Your data, on this machine").is_visible()
    visit.open("/purchases?from=2026-01-01&to=2026-04-30&data=real")
    figures = visit.figures()
    assert (figures["Orders"], figures["Buyers"]) == ("24", "6")
    assert figures["Net sales"].endswith(("2,688", "2.69 k", "2.7 k", "2,688.00"))
    visit.open("/?data=demo")
    assert page.get_by_text("Hazel & Wool, an invented company").is_visible()
    assert visit.complaints == []
    assert visit.abroad == []


def test_a_file_that_is_no_table_is_refused_in_words(own: str, visitor: Callable[..., Visit], tmp_path: Path) -> None:
    file = tmp_path / "picture.xlsx"
    file.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    visit = visitor(own)
    page = visit.open("/data")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_test_id("stAlert").wait_for()
    visit.settle()
    said = page.get_by_test_id("stAlert").inner_text()
    assert "picture.xlsx" in said
    assert "Traceback" not in said
    assert page.locator(".st-key-accept").count() == 0
