"""A presenter is shown the company and never one person: no id, no pseudonym, no key, no order of theirs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from answers.groups import TOO_FEW
from answers.registry import ADDRESSES
from schema.scope import LOCAL_OWNER
from tests.scope.company import GUEST
from tests.scope.looking import asked_of, questions, told
from tests.scope.test_addresses import member
from tests.scope.test_pages import PLACES, look
from warehouse.frames import load_marts

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.scope.conftest import Company

__all__ = ["look"]

PERSON = re.compile(r"\bC-[0-9a-f]{10}\b|(?:Amber|Basalt|Cobalt|Dolomite)-[CO]\d+|\bX-\d\b")
"""A pseudonym, a shop's own id, an order."""
ASKED_FOR = "C-0000000000"
"""What a question of this test names itself, and is told not to be here."""


def persons(said: str) -> list[str]:
    return [one for one in PERSON.findall(said) if one != ASKED_FOR]


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_no_answer_to_a_presenter_tells_of_one_person(
    name: str, first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    keys = {str(key) for key in load_marts(first.snapshot, LOCAL_OWNER).people["customer_key"]}
    asked = asked_of(first, GUEST)
    for _, options in questions((name,)):
        _, said = told(asked, name, options)
        assert not persons(said), (options, persons(said))
        assert not [key for key in keys if key in said], options


@pytest.mark.parametrize("name", ["sharing/replay", "sharing/candidates"])
def test_a_presenter_who_knows_a_pseudonym_learns_nothing_of_it(
    name: str, first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    asked = asked_of(first, GUEST)
    said = [told(asked, name, {"customer": one})[1].replace(one, "?") for one in (member(first), "C-0123456789")]
    assert said[0] == said[1]


@pytest.mark.parametrize(
    ("page", "query"), PLACES, ids=lambda one: one if isinstance(one, str) else "-".join(one.values())
)
def test_no_page_sends_a_presenter_one_person(page: str, query: dict[str, str], look: Callable[..., bytes]) -> None:
    look(LOCAL_OWNER, page, query)
    said = look(GUEST, page, query).decode(errors="replace")
    assert not persons(said), persons(said)[:5]


def test_what_is_left_out_for_a_presenter_is_not_called_nothing(look: Callable[..., bytes]) -> None:
    """One buys it; a card says that there are too few to tell, and not that there is nobody."""
    nobody = "Nobody known bought it in this period."
    said = look(GUEST, "products", {}).decode(errors="replace")
    assert TOO_FEW in said
    assert nobody not in said


PEOPLE = (
    "customers",
    "buyers",
    "people",
    "active",
    "viewers",
    "members",
    "at_risk",
    "n_a",
    "n_b",
    "switchers",
    "shared",
)


@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_no_group_told_to_a_presenter_is_smaller_than_ten(
    name: str, first: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CATCHLIGHT_HOME", str(first.home))
    asked = asked_of(first, GUEST)
    for _, options in questions((name,)):
        answer, _ = told(asked, name, options)
        for column in () if answer is None else PEOPLE:
            if column in answer.table.columns and answer.table.schema[column].is_integer():  # type: ignore[union-attr]
                counts = answer.table[column].drop_nulls().to_list()  # type: ignore[union-attr]
                assert not [n for n in counts if 0 < n < 10], (options, column)
