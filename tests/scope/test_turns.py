"""One window, several roles: what an owner left in it is gone while they look as somebody else; and what a ledger refuses."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from ledger.dispute_views import thread
from ledger.disputes import comment, disputes, open_dispute
from schema.errors import CatchlightError
from schema.scope import LOCAL_OWNER, Scope
from tests.scope.company import AMBER, BORROWED, FIRST, key_of
from tests.scope.test_pages import NEIGHBOURS, PLACES, around, found, look

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.scope.conftest import Company

__all__ = ["look"]

TURNS = [place for place in PLACES if place[0] in {"overview", "catchment", "sharing"}]


@pytest.mark.parametrize(
    ("page", "query"), TURNS, ids=lambda one: one if isinstance(one, str) else "-".join(one.values())
)
def test_nothing_the_owner_was_sent_comes_again_while_they_look_as_an_agent(
    page: str,
    query: dict[str, str],
    look: Callable[..., bytes],
) -> None:
    assert look(LOCAL_OWNER, page, query)
    said = look(BORROWED, page, query, again=LOCAL_OWNER)
    hits = found(said, neighbours=page in NEIGHBOURS)
    assert not hits, around(said, hits[0])


@pytest.fixture
def books(first: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """A copy of the company to write into."""
    shutil.copytree(first.home, tmp_path / "home")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    return first


def refusal(act: Callable[[], object]) -> str:
    with pytest.raises(CatchlightError) as said:
        act()
    return str(said.value)


def test_a_dispute_of_others_is_as_unknown_as_one_that_nobody_opened(books: Company) -> None:
    """Their own too is unknown under the ledger's name: which of the numbers are theirs would count the others'."""
    assert disputes("real", AMBER)["dispute_id"].to_list() == ["D-AG-1-001"]
    theirs = disputes("real", LOCAL_OWNER)["dispute_id"].to_list()
    assert len(theirs) == 4
    for one in [*theirs, "D-AG-2-001", "D-AG-3-001", "D-AG-1-002"]:
        for act in (lambda name: thread("real", AMBER, name), lambda name: comment("real", AMBER, name, "Me too.")):
            assert refusal(lambda: act(one)).replace(one, "D-999") == refusal(lambda: act("D-999"))  # noqa: B023


def test_nobody_disputes_about_a_customer_or_an_order_of_others_and_learns_that_they_exist(books: Company) -> None:
    def ask(key: int | None, order: str | None) -> str:
        return refusal(
            lambda: open_dispute(
                "real",
                AMBER,
                claim="late",
                words="?",
                customer_key=key,
                source="main" if order else None,
                order_id=order,
            )
        )

    assert ask(key_of(f"{FIRST.words[1]}-S2"), None) == ask(12_345, None)
    assert ask(None, "Basalt-O130") == ask(None, "Zzzzzz-O130")


def test_an_unknown_role_reads_no_dispute(books: Company) -> None:
    assert disputes("real", Scope("auditor", "eve")).is_empty()  # type: ignore[arg-type]
