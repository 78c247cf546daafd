"""Channels, models and guides side by side: a card on Purchases, one on Sharing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exports import seller_words as said
from schema.language import later, say
from ui.cards import card, nothing_here
from ui.layout import Choice
from ui.parts import part
from ui.tables import show_table

if TYPE_CHECKING:
    from ui.view import View


@part("ways")
def ways_card(view: View) -> None:
    """Which channel or business model earns.

    Args:
        view: who looks.
    """
    by = Choice(later("Compare"), "ways", {"model": later("Models"), "channel": later("Channels")})
    answer = view.ask("purchases/models", by=by.value)
    with card(said.ways_title(answer), said.ways_about(), answer, key="ways", own_frame=False) as as_table:
        by.draw(redraws=("ways",))
        if answer.is_empty:
            nothing_here(say("Nothing was looked at or sold here."))
        elif not as_table:
            show_table(
                said.ways_table(answer),
                key="ways",
                currency=answer.currency,
                phone=("name", "net_minor", "return_rate"),
                rank="net_minor",
            )


def guides_card(view: View) -> None:
    """Which guide earns. Nothing where nobody may be told of a guide.

    Args:
        view: who looks.
    """
    if view.scope.role == "presenter":
        return
    answer = view.ask("sharing/guides")
    with card(said.guides_title(answer), said.guides_about(), answer, key="guides") as as_table:
        if answer.is_empty:
            nothing_here(
                say("No guide sold or bound anybody here."),
                remedy=say("Load guides.csv, and orders that name a guide."),
                link=("data", say("Load guides")),
            )
        elif not as_table:
            show_table(
                said.guides_table(answer),
                key="guides",
                currency=answer.currency,
                phone=("guide_id", "orders", "net_minor"),
                rank="net_minor",
                height=360,
            )
