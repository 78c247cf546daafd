"""Where sales are made: the Overview's ranking of cities, agents or channels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from answers import headlines
from charts.overview import ranking_bars
from schema.language import say
from ui.cards import card, draw, nothing_here
from ui.layout import Choice
from ui.parts import part

if TYPE_CHECKING:
    from ui.view import View


@part("ranking")
def ranking_card(view: View) -> None:
    """Net sales by group, with their change on the period before.

    Args:
        view: who looks.
    """
    by = Choice(say("Rank by"), "rank", {"city": say("City"), "agent_id": say("Agent"), "channel": say("Channel")})
    group = view.ask("overview/ranking", by=by.value)
    about = say("Net sales · change on the period before")
    with card(headlines.leaders(group), about, group, key="ranking", own_frame=False) as as_table:
        by.draw(redraws=("ranking",))
        if group.is_empty:
            nothing_here(say("No sales to rank in this period."), remedy=say("Choose another, or load orders."))
        elif not as_table:
            rows, growing = headlines.ranked(group), headlines.growing(group)
            draw(ranking_bars(rows, view.theme, unit=view.asked.currency, highlight=growing), key="ranking")
