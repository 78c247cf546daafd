"""The Audiences page: what the link says is who is meant, and nonsense is nobody."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from records import audiences
from schema.scope import LOCAL_OWNER, Scope
from ui.audiences_keep import row_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

ORDERS = """order_id,customer_id,order_date,amount
O1,C1,2026-03-01 10:00:00,100.00
O2,C2,2026-03-20 18:30:00,80.00
O3,C3,2026-04-30 12:00:00,20.00
"""
WC07 = "lingered:product:WC-07"


def who(at: AppTest) -> list[str]:
    """What the link says."""
    given = at.query_params.get("who", [])
    return [given] if isinstance(given, str) else list(given)


def texts(at: AppTest) -> str:
    kinds = (at.markdown, at.caption, at.subheader, at.header, at.warning, at.info)
    return "\n".join(str(one.value) for kind in kinds for one in kind).replace("\\", "")


def test_a_link_describes_an_audience_with_its_counts(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences", who=WC07)
    assert not at.exception
    assert "421 customers, 282 may be written to" in texts(at)
    assert "lingered on WC-07 and did not buy it" in texts(at)
    assert "WC-07 first: 421 members lingered on it and did not buy" in texts(at)


def test_without_a_link_nobody_is_meant_and_nothing_is_counted(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences")
    assert not at.exception
    assert not re.search(r"\d may be written to", texts(at))
    assert "Who they are" not in texts(at)


@pytest.mark.parametrize("text", ["everybody", "lingered:product:NONE", "value:lots", "<b>x</b>"])
def test_nonsense_in_the_link_selects_nobody_and_is_said(text: str, demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences", who=text)
    assert not at.exception
    assert any("So nobody is selected." in str(one.value) for one in at.warning)
    assert "Who they are" not in texts(at)


def test_conditions_are_added_to_the_link_and_taken_away(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences", who=WC07)
    at.selectbox(key="who-kind").select("segment").run()
    at.selectbox(key="who-segment").select("loyal").run()
    at.button(key="who-add").click().run()
    assert not at.exception
    assert who(at) == [WC07, "segment:loyal"]
    at.checkbox(key="who-not").check().run()
    at.button(key="who-or").click().run()
    assert who(at) == [WC07, "segment:loyal", "or", "not:segment:loyal"]
    at.button(key="who-drop-3").click().run()
    assert who(at) == [WC07, "segment:loyal"]
    at.button(key="who-drop-0").click().run()
    assert who(at) == ["segment:loyal"]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("dwell", "dwell:300"), ("value", "value:1000"), ("contact", "contact:30"), ("cohort", "cohort:never"),
        ("channel", "channel:wechat_mini"), ("bought", "bought:product:BG-01"), ("interest", "interest:60:product:BG-01"),
    ],
)  # fmt: skip
def test_every_kind_is_described_by_the_form(kind: str, text: str, demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences")
    at.selectbox(key="who-kind").select(kind).run()
    at.button(key="who-add").click().run()
    assert not at.exception
    assert who(at) == [text]
    assert re.search(r"\d may be written to", texts(at))


@pytest.mark.parametrize(
    ("kind", "by", "start"),
    [("place", "city", "place:city:"), ("place", "tier", "place:tier:primary:"), ("binding", "store", "binding:store:"),
     ("binding", "agent", "binding:agent:"), ("binding", "status", "binding:status:exact")],
)  # fmt: skip
def test_homes_and_owners_are_described_by_the_form(
    kind: str, by: str, start: str, demo: Path, app: Callable[..., AppTest]
) -> None:
    at = app("audiences")
    at.selectbox(key="who-kind").select(kind).run()
    at.selectbox(key=f"who-by-{kind}").select(by).run()
    at.button(key="who-add").click().run()
    assert not at.exception
    assert who(at)[0].startswith(start)


def test_an_audience_is_saved_opened_changed_and_taken_away(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    at = app("audiences", who="cohort:2026-03")
    at.text_input(key="who-name").set_value("wool eve").run()
    at.button(key="who-save").click().run()
    assert not at.exception
    (kept,) = audiences.audiences("real", LOCAL_OWNER)
    assert (kept.name, kept.who, kept.customers, kept.version) == ("wool eve", ("cohort:2026-03",), 2, 1)
    other = app("audiences", who="cohort:2026-04")
    other.text_input(key="who-name").set_value("Wool eve").run()
    other.button(key="who-save").click().run()
    (kept,) = audiences.audiences("real", LOCAL_OWNER)
    assert (kept.who, kept.customers, kept.version) == (("cohort:2026-04",), 1, 2)
    third = app("audiences")
    third.button(key=f"open-{row_key(kept)}").click().run()
    assert who(third) == ["cohort:2026-04"]
    third.button(key=f"gone-{row_key(kept)}").click().run()
    assert audiences.audiences("real", LOCAL_OWNER) == ()


def test_a_name_that_means_something_else_is_refused_in_words(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    at = app("audiences", who="cohort:2026-03")
    at.text_input(key="who-name").set_value("people").run()
    at.button(key="who-save").click().run()
    assert not at.exception
    assert "The name 'people' means something else here; take another one." in texts(at)
    assert audiences.audiences("real", LOCAL_OWNER) == ()


def test_orders_alone_make_an_audience_whom_nobody_may_write_to(shop: Shop, app: Callable[..., AppTest]) -> None:
    shop.load("orders.csv", ORDERS)
    at = app("audiences", who="cohort:2026-03")
    assert "2 customers, 0 may be written to" in texts(at)
    assert "Nobody of them may be written to." in texts(at)


def test_a_list_waits_for_a_reason(demo: Path, app: Callable[..., AppTest]) -> None:
    at = app("audiences", who=WC07)
    assert "Type a reason of at least 10 letters first." in texts(at)
    at.selectbox(key="handout-tool").select("meta").run()
    assert not at.exception
    assert "This tool needs e-mails or telephone numbers, which are not kept here: add the shop's file." in texts(at)


def test_a_presenter_is_told_of_nobody(
    demo: Path, app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.signin.LOCAL_OWNER", Scope("presenter", "guest"))
    at = app("audiences", who=WC07)
    assert not at.exception
    assert "Audiences are of single customers: they are not presented." in texts(at)
    assert "421" not in texts(at)
    assert "C-" not in "".join(str(frame.value) for frame in at.dataframe)


@pytest.mark.parametrize(("page", "query"), [("dwell", {}), ("products", {"product": "WC-07"})])
def test_other_pages_lead_to_those_who_lingered_under_the_same_filters(
    page: str, query: dict[str, str], demo: Path, app: Callable[..., AppTest]
) -> None:
    at = app(page, city="Suzhou", **query)
    links = [one.proto for one in at.get("page_link") if one.proto.label == "Send to audience"]
    assert len(links) == 1
    assert "who=lingered%3Aproduct%3AWC-07" in links[0].query_string
    assert "city=Suzhou" in links[0].query_string
