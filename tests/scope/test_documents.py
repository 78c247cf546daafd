"""Whole pages and statements in every form: no part of a file made for an agent or a presenter tells what they may not read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from exports.desk import Desk
from exports.forms import PAGE_FORMS, document_bytes
from exports.pages import PAGES, page_document
from schema.errors import RefusedError, UsageError
from tests.exports.opened import parts
from tests.scope.company import AGENTS_OF_OTHERS, AMBER, BORROWED, FIRST, GUEST
from tests.scope.looking import asked_of
from tests.scope.test_presenter import persons

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema.scope import Scope
    from tests.scope.conftest import Company

CHOICES = {
    "overview": [{}, {"rank": "agent_id"}, {"rank": "channel"}],
    "dwell": [{}, {"rows": "product", "measure": "median", "by": "store"}, {"by": "agent"}],
    "purchases": [{}, {"split": "city", "rfm": "quintiles"}],
    "products": [{}],
    "audiences": [{}, {"who": "lingered:product:P1"}, {"who": "channel:pos\nor\nbought:product:P2"}],
    "sync": [{}],
    "catchment": [{}, *({"layer": name} for name in ("sales", "nearest", "tiers", "overlap", "interest", "contested"))],
    "sharing": [{"tab": name} for name in ("binding", "statements", "money", "rules", "disputes")],
    "statement": [{}, {"by": "store"}, {"by": "guide"}],
}
"""What a page's URL may choose, so that every card is written once."""
FORMS = tuple(form for form in PAGE_FORMS if form != "png")
"""A PNG holds no words to search; it is drawn from the very strokes of the SVG."""

FEW = ("html",)
"""Of further choices: the one form that holds pictures, words and tables alike."""


def written(
    company: Company, scope: Scope, page: str, chosen: dict[str, str], forms: tuple[str, ...] = FORMS
) -> Iterator[tuple[str, str]]:
    """Each form and every word in it, zip files unpacked; a refusal is words too."""
    try:
        desk = Desk(asked_of(company, scope, page=page), options=chosen)
        made = page_document(page, desk)
    except (UsageError, RefusedError) as refusal:
        yield "refusal", str(refusal).lower()
        return
    for form in forms:
        content = document_bytes(made, form)
        pieces = parts(content).values() if content[:2] == b"PK" else (content,)
        yield form, b"\n".join(pieces).decode(errors="replace").lower()


@pytest.mark.parametrize("scope", [AMBER, BORROWED], ids=["agent", "owner looking as the agent"])
@pytest.mark.parametrize("page", [*PAGES, "statement"])
def test_no_file_of_a_page_made_for_an_agent_holds_a_word_of_others(
    page: str, scope: Scope, first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    for number, chosen in enumerate(CHOICES[page] if scope == AMBER else CHOICES[page][:1]):
        for form, said in written(first, scope, page, chosen, FORMS if number == 0 else FEW):
            found = [word for word in (*FIRST.canaries, *AGENTS_OF_OTHERS) if word.lower() in said]
            assert not found, (page, chosen, form, found)


@pytest.mark.parametrize("page", [*PAGES, "statement"])
def test_no_file_of_a_page_made_for_a_presenter_tells_of_one_person(
    page: str, first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    for number, chosen in enumerate(CHOICES[page]):
        for form, said in written(first, GUEST, page, chosen, FORMS if number == 0 else FEW):
            assert not persons(said), (page, chosen, form, persons(said))


def test_a_presenter_is_handed_no_statement(first: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    with pytest.raises(RefusedError) as error:
        page_document("statement", Desk(asked_of(first, GUEST, page="sharing")))
    assert str(error.value).startswith("Statements are between head office and those who are paid")


def test_no_statement_names_a_customer_and_the_agents_own_is_there(
    first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    said = dict(written(first, AMBER, "statement", {"by": "store"}))
    assert "amber" in said["html"]
    for words in said.values():
        assert re.findall(r"c-[0-9a-f]{10}\b", words) == []
