"""The sections of the Catchment page, over the demo and over a company of a few typed rows."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.ui.conftest import look_at

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

SECTIONS = ("map", "flows", "openings", "whatif", "territories")
STORES = """store_id,store_name,agent_id,city,lat,lng,datum,area_m2,opened_on
S1,Harbour *one*,A1,Pier,1.3000,103.8000,WGS-84,100,2020-01-01
S2,Hill,A2,Pier,1.3200,103.8000,WGS-84,100,2020-01-01
"""
CUSTOMERS = """customer_id,registered_at,home_lat,home_lng,datum,home_src
C1,2026-01-10 10:00:00,1.3010,103.8000,WGS-84,address
C2,2026-01-11 10:00:00,1.3190,103.8000,WGS-84,address
C3,2026-01-12 10:00:00,1.3020,103.8010,WGS-84,address
"""
ORDERS = """order_id,customer_id,order_date,amount,channel,store_id
O1,C1,2026-02-01 10:00:00,100.00,pos,S1
O2,C2,2026-02-15 10:00:00,50.00,pos,S1
O3,C3,2026-03-20 18:30:00,80.00,pos,S1
"""
TERRITORIES = """territory_id,agent_id,store_id,kind,value,protects,valid_from
T-1,A1,S1,radius_m,4000,opening,2021-01-01
"""


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.header, at.warning, at.info, at.success)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def stands(at: AppTest) -> AppTest:
    assert not at.exception
    assert not at.error
    assert [head.value for head in at.header] == ["Catchment"]
    return at


@pytest.fixture
def company(shop: Shop) -> Shop:
    """Two agents with a store each, 2.2 km apart; all three customers buy at the first."""
    for name, text in (("stores.csv", STORES), ("customers.csv", CUSTOMERS), ("orders.csv", ORDERS)):
        shop.load(name, text)
    return shop


@pytest.mark.parametrize("section", SECTIONS)
def test_the_demo_fills_every_section_and_each_number_says_what_it_rests_on(
    section: str, demo: Path, app: Callable[..., AppTest]
) -> None:
    at = stands(app("catchment", section=section))
    said = texts(at)
    assert "straight-line" in said or section == "whatif"
    files = [button for button in at.get("download_button") if button.label == "CSV"]
    assert len(at.toggle) == len(files)
    assert said.count("Address: ") == len(files)


@pytest.mark.parametrize("section", SECTIONS)
def test_orders_alone_let_every_section_stand(section: str, shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", "order_id,customer_id,order_date,amount\nO1,C1,2026-03-01 10:00:00,100.00\n")
    stands(app("catchment", section=section))


@pytest.mark.parametrize("section", SECTIONS)
def test_a_small_company_fills_every_section(section: str, company: Shop, app: Callable[..., AppTest]) -> None:
    stands(app("catchment", section=section))


def test_the_demo_says_who_draws_past_a_nearer_store(demo: Path, app: Callable[..., AppTest]) -> None:
    said = texts(app("catchment", section="flows")).replace("\u202f", " ")
    assert "Beijing Amber Gate Mall draws 31 % of its orders past a nearer store, a detour of 3.5 km" in said
    assert "Beijing Amber Gate Mall has 30.4 % more orders than its size and place explain" in said


def test_the_demo_says_what_the_new_store_took_and_how_sure_that_is(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("catchment", section="openings")
    said = texts(at).replace("\u202f", " ")
    assert "45 % of Chengdu Tianfu's sales came from Chengdu Brocade Park (90 % interval " in said
    assert [figure.label for figure in at.metric] == ["Exposure", "Transfer", "Impact"]
    assert at.metric[2].value == "45.0 %"


def test_a_flow_is_told_from_home_to_till(company: Shop, app: Callable[..., AppTest]) -> None:
    said = texts(app("catchment", section="flows")).replace("\u202f", " ")
    assert "100.0 % of the orders nearest to Hill are made at Harbour *one*" in said
    assert "are assumed, not fitted" in said


def test_what_if_waits_for_a_place(company: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("catchment", section="whatif"))
    assert len(at.metric) == 0
    assert len(at.get("deck_gl_json_chart")) == 1


def test_what_if_answers_what_the_link_asks(company: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("catchment", section="whatif", lat="1.3195", lng="103.8", area="300", owner="A2"))
    figures = {figure.label: figure.value for figure in at.metric}
    assert figures["New registrants"] == "+1"
    assert figures["Promises broken"] == "—"
    assert figures["Payouts to agents"] == "—"
    assert at.text_input(key="site-place").value == "1.31950, 103.80000"
    assert at.number_input(key="site-area").value == 300
    assert at.selectbox(key="site-owner").value == "A2"


def test_a_typed_place_is_written_into_the_address(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("catchment", section="whatif", cell="886526acc5fffff")
    at.text_input(key="site-place").set_value("1.31, 103.81").run()
    assert at.query_params["lat"] == "1.31000"
    assert at.query_params["lng"] == "103.81000"
    assert "cell" not in at.query_params
    assert len(stands(at).metric) == 5


def test_words_that_are_no_place_are_said_to_be_none(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("catchment", section="whatif")
    at.text_input(key="site-place").set_value("the harbour").run()
    assert "Write two numbers, latitude then longitude" in texts(stands(at))


def test_closing_a_store_gives_its_sales_to_the_other(company: Shop, app: Callable[..., AppTest]) -> None:
    said = texts(stands(app("catchment", section="whatif", kind="close", shop="S1"))).replace("\u202f", " ")
    assert "100 % of its " in said
    assert "would go to Hill" in said


def test_starting_anew_forgets_everything_chosen(company: Shop, app: Callable[..., AppTest]) -> None:
    at = app("catchment", section="whatif", kind="close", shop="S2", area="9")
    at.button(key="site-reset").click().run()
    assert set(at.query_params) == {"section"}
    assert len(stands(at).metric) == 0


@pytest.mark.parametrize(
    "query",
    [
        {"lat": "abc", "lng": "1"},
        {"lat": "1"},
        {"cell": "zz"},
        {"cell": "ffffffffffffffff"},
        {"lat": "1.3", "lng": "103.8", "area": "-5"},
        {"lat": "1.3", "lng": "103.8", "area": "many", "owner": "nobody"},
        {"kind": "move", "shop": "S9"},
        {"kind": "explode", "shop": "<b>"},
    ],
)
def test_nonsense_in_the_link_is_refused_in_words(
    query: dict[str, str], company: Shop, app: Callable[..., AppTest]
) -> None:
    stands(app("catchment", section="whatif", **query))


def test_a_site_on_promised_ground_breaks_a_promise(company: Shop, app: Callable[..., AppTest]) -> None:
    company.load("territories.csv", TERRITORIES)
    at = stands(app("catchment", section="whatif", lat="1.301", lng="103.8", owner="A2"))
    assert {figure.label: figure.value for figure in at.metric}["Promises broken"] == "1"
    assert "The site lies in territory T-1, promised to A1 for opening." in texts(at)


def test_territories_are_listed_with_their_breaches(company: Shop, app: Callable[..., AppTest]) -> None:
    company.load("territories.csv", TERRITORIES)
    said = texts(stands(app("catchment", section="territories")))
    assert "1 territory" in said
    assert "Hill of A2 stands in T-1 (promised to A1); it was there first." in said
    at = stands(app("catchment", layer="territories"))
    assert len(at.get("deck_gl_json_chart")) == 1


def test_without_territories_the_section_says_how_to_load_them(company: Shop, app: Callable[..., AppTest]) -> None:
    said = texts(app("catchment", section="territories"))
    assert "No territory is loaded" in said
    assert "territories.csv" in said
    assert "travel.csv" in said


def test_the_contested_strip_leaves_out_cells_of_few(company: Shop, app: Callable[..., AppTest]) -> None:
    at = stands(app("catchment", layer="contested"))
    assert "cells of fewer than 5 are blank" in texts(at)
    assert len(at.get("deck_gl_json_chart")) == 0


def test_shifted_stores_are_corrected_with_one_click_and_back(
    demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, app: Callable[..., AppTest]
) -> None:
    home = tmp_path / "home"
    shutil.copytree(demo_home, home)
    look_at(home, monkeypatch)
    at = app("catchment")
    assert "4 stores look like GCJ-02 labelled WGS-84" in texts(at)
    assert at.button(key="datum-fix").disabled
    at.checkbox(key="datum-sure").check().run()
    at.button(key="datum-fix").click().run(timeout=120)
    assert "4 stores are read as GCJ-02." in texts(stands(at))
    assert "look like GCJ-02" not in texts(at)
    at.button(key="datum-undo").click().run(timeout=120)
    assert "4 stores are read as WGS-84." in texts(stands(at))
    assert "4 stores look like GCJ-02 labelled WGS-84" in texts(at)
