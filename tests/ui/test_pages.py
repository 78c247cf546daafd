"""Every page, whatever was loaded: the demo, nothing, orders alone, a single order."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from streamlit.testing.v1 import AppTest

from schema.scope import LOCAL_OWNER
from tests.ui.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.ui.conftest import Shop

PAGES = ("overview", "dwell", "purchases", "products", "catchment", "audiences", "sync", "data")
CHARTS = {
    "overview": 3,
    "dwell": 4,
    "purchases": 8,
    "products": 5,
    "catchment": 3,
    "audiences": 0,
    "sync": 2,
    "data": 0,
}
FIGURES = {
    "overview": 15,
    "dwell": 0,
    "purchases": 6,
    "products": 6,
    "catchment": 0,
    "audiences": 0,
    "sync": 0,
    "data": 0,
}
MAPS = {"products": 1, "catchment": 1}
ORDERS = """order_id,customer_id,order_date,amount
O1,C1,2026-03-01 10:00:00,100.00
O2,C1,2026-03-15 10:00:00,50.00
O3,C2,2026-03-20 18:30:00,80.00
O4,C3,2026-03-31 12:00:00,20.00
"""


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.header, at.warning, at.info)
    return "\n".join(str(one.value) for kind in kinds for one in kind)


def assert_stands(at: AppTest, page: str) -> None:
    assert not at.exception
    assert not at.error
    assert [head.value for head in at.header] == [page.capitalize()]


@pytest.mark.parametrize("page", PAGES)
def test_the_demo_fills_every_page(page: str, demo: Path, app: Callable[..., AppTest]) -> None:
    at = app(page)
    assert_stands(at, page)
    assert len(at.get("plotly_chart")) >= CHARTS[page]
    assert len(at.get("deck_gl_json_chart")) == MAPS.get(page, 0)
    assert len(at.metric) == FIGURES[page]
    assert not [figure.label for figure in at.metric if figure.value == "—"]
    if page != "data":
        assert "as of 15 Nov 2026" in texts(at).replace("\\", "")
        assert "snapshot 2" in texts(at)  # the demo's files, then its books


def test_owners_and_shares_wait_for_the_ledger(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    labels = [figure.label for figure in app("overview").metric]
    assert len(labels) == 11
    assert "Pool accrued" not in labels


@pytest.mark.parametrize("page", PAGES)
def test_every_number_in_the_demo_says_what_it_rests_on(page: str, demo: Path, app: Callable[..., AppTest]) -> None:
    at = app(page, section="report") if page == "data" else app(page)
    assert not at.exception
    files = [button for button in at.get("download_button") if button.label == "CSV"]
    assert len(files) >= 2
    assert len(at.toggle) == len(files)
    assert texts(at).count("Address: ") == len(files)


@pytest.mark.parametrize("section", ["load", "report", "aside", "profile"])
def test_the_data_page_shows_each_section(section: str, demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("data", section=section)
    assert_stands(at, "data")
    assert len(at.dataframe) >= (0 if section == "load" else 1)


@pytest.mark.parametrize("page", [page for page in PAGES if page != "data"])
def test_an_empty_warehouse_names_the_three_steps(page: str, shop: Shop, app: Callable[..., AppTest]) -> None:
    at = app(page)
    assert not at.exception
    assert not at.error
    assert "Open **Data** and drop your files" in texts(at)
    assert len(at.metric) == 0


def test_an_empty_warehouse_takes_files_on_the_data_page(shop: Shop, app: Callable[..., AppTest]) -> None:
    at = app("data")
    assert_stands(at, "data")
    assert len(at.get("file_uploader")) == 1


@pytest.mark.parametrize("page", PAGES)
def test_orders_alone_are_enough_for_every_page_to_stand(page: str, shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    assert_stands(app(page), page)


def test_orders_alone_give_purchases(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    figures = {figure.label: figure.value for figure in app("purchases").metric}
    assert figures["Orders"] == "4"
    assert figures["Buyers"] == "3"
    assert figures["Net sales"].replace(" ", "") == "€250"


@pytest.mark.parametrize(
    ("page", "needs"),
    [
        ("dwell", "Load events"),
        ("catchment", "Load customers"),
        ("products", "Load order lines or events"),
    ],
)
def test_orders_alone_let_the_other_pages_say_what_they_need(
    page: str, needs: str, shop: Shop, app: Callable[..., AppTest]
) -> None:
    shop.load("orders.csv", ORDERS)
    assert needs in texts(app(page))


@pytest.mark.parametrize("page", PAGES)
def test_a_single_order_is_no_reason_to_fall(page: str, shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", "order_id,customer_id,order_date,amount\nO1,C1,2026-03-01 10:00:00,100.00\n")
    assert_stands(app(page), page)


@pytest.mark.parametrize("page", PAGES)
def test_a_single_view_is_no_reason_to_fall(page: str, shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load(
        "events.csv",
        "event_id,visitor_id,event_name,event_time,product_id,dwell_seconds\nE1,V1,view,2026-03-01 10:00:00,P1,12\n",
    )
    assert_stands(app(page), page)


def test_what_was_removed_is_never_shown_again(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    before = {figure.label: figure.value for figure in app("purchases").metric}
    warehouse_reset()
    shop.load("other.csv", "order_id,customer_id,order_date,amount\nX1,C9,2026-03-30 10:00:00,7.00\n")
    after = {figure.label: figure.value for figure in app("purchases").metric}
    assert before["Orders"] == "4"
    assert after["Orders"] == "1"
    assert after["Net sales"].replace(" ", "") == "€7"


def warehouse_reset() -> None:
    from warehouse import api  # noqa: PLC0415  (the one test that removes)

    api.reset("real", LOCAL_OWNER)


@pytest.mark.parametrize("page", [page for page in PAGES if page != "data"])
def test_a_page_without_the_frame_draws_nothing_but_the_hint(page: str, demo: Path) -> None:
    at = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=180).run()
    assert [info.value for info in at.info] == ["Open Catchlight from its front page."]
    assert not at.metric
    assert not at.get("plotly_chart")
    assert not at.exception


def test_filters_stay_with_the_reader_on_the_next_page(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("overview", agent="AG-05")
    first = at.metric[0].value
    assert first != app("overview").metric[0].value
    at.switch_page("../pages/purchases.py").run()
    assert not at.warning
    assert not at.exception


@pytest.mark.parametrize("page", [page for page in PAGES if page != "data"])
def test_an_unknown_store_is_named_and_selects_nothing(page: str, demo: Path, app: Callable[..., AppTest]) -> None:
    at = app(page, store=["S-001", "S9"])
    assert_stands(at, page)
    assert [said.value for said in at.warning] == ["No store S9 here. So nothing is selected."]
    assert {figure.value for figure in at.metric} <= {"—"}
    assert not at.get("plotly_chart")
