"""What pages say to whoever is not the owner: how fresh, never how to load, and nothing about others' values."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from records import audit
from schema.errors import RefusedError
from schema.scope import Scope
from tests.ui.test_people import company, look_as, press, texts
from ui.loading import _run, loading
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable

    from streamlit.testing.v1 import AppTest

    from tests.ui.conftest import Shop

__all__ = ["company"]

ANN = Scope("agent", "V-002", "A1")
GUEST = Scope("presenter", "V-003")
LENT = Scope("agent", "local", "A1", is_borrowed=True)
OTHERS = pytest.mark.parametrize("scope", [ANN, GUEST, LENT], ids=["agent", "presenter", "view as"])


@pytest.fixture
def seen_by(app: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """Opens a page as somebody whom the frame takes for the one before the screen."""

    def opened(scope: Scope, page: str, **query: str) -> AppTest:
        monkeypatch.setattr("ui.signin.LOCAL_OWNER", scope)
        at = app(page, **query)
        assert not at.exception
        assert not at.error
        return at

    return opened


@OTHERS
@pytest.mark.parametrize("section", ["load", "report", "aside", "profile"])
def test_the_data_page_tells_others_how_fresh_it_is_and_no_more(
    section: str, scope: Scope, company: Shop, seen_by: Callable[..., AppTest]
) -> None:
    at = seen_by(scope, "data", section=section)
    assert [card.value for card in at.subheader] == ["Freshness"]
    assert not at.get("file_uploader")
    # the language is everybody's to choose; the data's own switches are not
    assert [switch.key for switch in at.segmented_control] == ["choose-language"]
    assert not at.expander
    assert "Every row is accounted for" not in texts(at)


@OTHERS
@pytest.mark.parametrize("page", ["overview", "dwell", "products", "data"])
def test_without_data_nobody_else_is_asked_to_load(
    page: str, scope: Scope, shop: Shop, seen_by: Callable[..., AppTest]
) -> None:
    at = seen_by(scope, page, data="real")
    said = texts(at)
    assert "as soon as the owner has loaded them" in said
    assert "drop your files" not in said
    assert not at.get("page_link")
    assert not at.get("file_uploader")


@OTHERS
def test_what_loads_and_removes_refuses_others_though_nothing_was_drawn(
    scope: Scope, company: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ui.loading.current_scope", lambda: scope)
    with pytest.raises(RefusedError):
        loading()
    with pytest.raises(RefusedError):
        _run({}, {}, dry_run=False)
    with pytest.raises(RefusedError):
        warehouse.reset("real", scope)
    assert warehouse.has_rows("real")
    assert audit.entries(kinds=["refusal"]).height == 3


@pytest.mark.parametrize("page", ["overview", "purchases", "catchment", "sharing"])
def test_anothers_store_is_as_unknown_as_one_that_never_was(
    page: str, company: Shop, seen_by: Callable[..., AppTest]
) -> None:
    for name, others, invented in (("store", "S2", "S9"), ("agent", "A2", "A9")):
        there, nowhere = (seen_by(ANN, page, **{name: value}) for value in (others, invented))
        assert f"No {name} {others} here. So nothing is selected." in texts(there)
        assert texts(there).replace(others, "?") == texts(nowhere).replace(invented, "?")


def test_filters_of_the_owner_do_not_follow_into_the_agents_view(company: Shop, app: Callable[..., AppTest]) -> None:
    at = look_as(app("people", section="viewas", agent="A2"))
    assert "agent" not in at.query_params
    assert not at.warning


def test_whose_data_these_are_is_said_in_words_true_for_the_reader(
    company: Shop, app: Callable[..., AppTest], seen_by: Callable[..., AppTest]
) -> None:
    assert "Your data, on this machine" in texts(app("data"))
    assert "Your stores and customers" in texts(seen_by(ANN, "data"))
    assert "For presenting: nobody is named" in texts(seen_by(GUEST, "data"))


def test_the_way_back_leads_to_the_page_where_it_was_pressed(company: Shop, app: Callable[..., AppTest]) -> None:
    at = look_as(app("people", section="viewas"))
    at.switch_page("../pages/purchases.py").run()
    press(at, "Back to your own view")
    assert [one.value for one in at.header] == ["Purchases"]
    assert "nothing can be changed" not in texts(at)
