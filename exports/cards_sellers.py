"""How channels, models and guides are shown in a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports import seller_words as said
from exports.desk import Desk, plain_card, shows

if TYPE_CHECKING:
    from answers.answer import Answer
    from exports.document import Card


@shows("purchases/models")
def ways(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Which way of selling earns."""
    return plain_card(answer, said.ways_title(answer), said.ways_about(), table=said.ways_table(answer))


@shows("sharing/guides")
def guides(desk: Desk, answer: Answer) -> Card:  # noqa: ARG001
    """Which guide earns."""
    return plain_card(answer, said.guides_title(answer), said.guides_about(), table=said.guides_table(answer))
