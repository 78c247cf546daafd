"""How the campaigns' answers are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from charts.lift import lift_intervals
from exports.campaign_words import (
    campaign_line,
    overlaps_title,
    planned_about,
    planned_title,
    results_about,
    results_title,
)
from exports.desk import Desk, plain_card, shows
from exports.document import Card
from schema.language import say

if TYPE_CHECKING:
    from answers.answer import Answer


@shows("audiences/results")
def results(desk: Desk, answer: Answer) -> Card:
    """Which campaigns worked."""
    title, about = results_title(answer), results_about()
    if answer.is_empty:
        return Card("results", title, about, answer, empty=next(iter(answer.notes), say("No campaign was sent yet.")))
    lines = tuple(campaign_line(row, answer.currency) for row in answer.table.iter_rows(named=True))
    return Card("results", title, about, answer, lift_intervals(answer.table, desk.theme), said=lines)


@shows("audiences/overlaps")
def overlaps(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Which campaigns shared customers."""
    return plain_card(answer, overlaps_title(answer), say("Customers on the lists of two campaigns"))


@shows("audiences/planned")
def planned(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """What the next one could prove."""
    return plain_card(answer, planned_title(answer), planned_about(answer))
