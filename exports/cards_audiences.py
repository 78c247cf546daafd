"""How the Audiences page's answers are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from answers.audiences import read
from exports.audience_words import (
    hint_rows,
    hints_title,
    lingered_title,
    people_rows,
    reach_rows,
    reach_title,
)
from exports.desk import Desk, plain_card, shows
from schema.audience import PARAMETER
from schema.errors import UsageError
from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from answers.answer import Answer
    from exports.document import Card

_MOST: Final = 200
BETWEEN: Final = "\n"
"""Stands between the conditions of an audience where a page's choices are one text each; no link holds it."""


def one_text(values: Sequence[str]) -> str:
    """All conditions of a link as one choice of the page."""
    return BETWEEN.join(values)


def last_of_each(options: Mapping[str, str | Sequence[str]]) -> dict[str, str]:
    """A page's choices: the last value of each counts, and of an audience's conditions all."""
    return {
        name: value if isinstance(value, str) else (one_text(value) if name == PARAMETER else value[-1])
        for name, value in options.items()
    }


def audience_cards(desk: Desk) -> tuple[Card, ...]:
    """The page's cards; of an audience only where one is described.

    Raises:
        UsageError: a description that nothing understands, where nobody sees what would be shown instead.
    """
    results = (desk.card("audiences/results"), desk.card("audiences/overlaps"))
    if desk.asked.scope.role == "presenter":
        return results
    found = read(desk.asked, tuple(one for one in desk.options.get(PARAMETER, "").split(BETWEEN) if one))
    if found.unreadable and desk.is_strict:
        raise UsageError(" ".join(found.unreadable))
    ranking = desk.card("audiences/lingered")
    if found.unreadable or not found.groups:
        return (ranking, *results)
    names = ("audiences/reach", "audiences/hints", "audiences/people")
    return (*(desk.card(name, who=found.texts) for name in names), ranking, *results)


@shows("audiences/reach")
def reach(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """How many may be written to."""
    about = say("Everybody else is counted at the first reason why not")
    return plain_card(answer, reach_title(answer), about, table=reach_rows(answer))


@shows("audiences/hints")
def hints(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """What else they liked."""
    about = say("Shares of this audience and of all customers, highest lift first")
    return plain_card(answer, hints_title(answer), about, table=hint_rows(answer))


@shows("audiences/people")
def people(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Who they are."""
    about = say("Pseudonyms, highest interest × expected value × nearness first")
    return plain_card(answer, say("Who they are"), about, table=people_rows(answer, _MOST))


@shows("audiences/lingered")
def lingered(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Whom to write to first."""
    about = say("Members of the last 14 days · interest × expected value × nearness, highest first")
    return plain_card(answer, lingered_title(answer), about)
