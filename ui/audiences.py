"""The Audiences page, card by card: how many they are, who may be written to, what else they liked, who comes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import streamlit as st

from exports.audience_words import (
    hint_rows,
    hints_title,
    lingered_title,
    people_rows,
    reach_rows,
    reach_title,
)
from schema.audience import PARAMETER
from schema.language import say
from ui import links
from ui.audience_results import fresh
from ui.cards import card, nothing_here
from ui.layout import columns
from ui.plain import plain
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from schema.audience import Definition
    from ui.view import View

_MOST: Final = 200
_FIRST: Final = 12
_HINTS: Final = (
    ("what", "product_id", "name", "people", "share", "base_share", "lift"),
    ("product_id", "people", "lift"),
)
_RANKING: Final = (
    ("product_id", "name", "people", "interest", "value_minor", "distance_m", "score"), ("product_id", "people", "score"),
)  # fmt: skip
_PEOPLE: Final = ("customer", "reach", "score")
"""Columns of a wide screen, and of a phone's, which holds few."""


def who_cards(view: View, found: Definition) -> Answer:
    """Of the audience that is described: how many, how many may be written to, who they are, what else they liked."""
    reach = fresh(view, "audiences/reach", who=found.texts)
    left, right = columns(1, 1.4)
    about = say("Everybody else is counted at the first reason why not")
    with left, card(reach_title(reach), about, reach, key="reach") as t:
        if not t:
            show_table(reach_rows(reach), key="reach")
            for note in reach.notes:
                st.caption(plain(note))
    hints = view.ask("audiences/hints", who=found.texts)
    with right, card(hints_title(hints), say("Shares of this audience and of all customers, highest lift first"), hints,
                     key="hints") as t:  # fmt: skip
        if hints.is_empty:
            nothing_here(say("Nothing that at least 20 of these people did more often than others."))
        elif not t:
            wanted = _HINTS[view.is_phone]
            show_table(hint_rows(hints).head(_FIRST), key="hints", columns=wanted, rank="lift", height=300)
    people = fresh(view, "audiences/people", who=found.texts)
    about = say("Pseudonyms, highest interest × expected value × nearness first; the CSV holds all of them")
    with card(say("Who they are"), about, people, key="audience-people") as t:
        if people.is_empty:
            nothing_here(say("Nobody fits these conditions."))
        elif not t:
            rows = people_rows(people, _MOST)
            told = _PEOPLE if view.is_phone else tuple(rows.columns)
            show_table(rows, key="audience-people", currency=view.asked.currency, columns=told, height=330)
    return reach


def ranking_card(view: View) -> Answer:
    """What was lingered on and not bought, by whose interest is worth most; each product leads to its audience."""
    ranking = view.ask("audiences/lingered")
    about = say("Members of the last 14 days · interest × expected value × nearness, highest first")
    with card(lingered_title(ranking), about, ranking, key="ranking") as t:
        if ranking.is_empty:
            nothing_here(
                say("Nobody lingered without buying in these 14 days, or no member is known."),
                remedy=say("Members need a customer id in your events."),
            )
        elif not t:
            wanted = _RANKING[view.is_phone]
            show_table(ranking.table.head(_FIRST), key="ranking", columns=wanted, currency=view.asked.currency,
                       rank="score", height=330)  # fmt: skip
            _take(ranking)
    return ranking


def _take(ranking: Answer) -> None:
    """The products that matter most, each a button that describes its audience."""
    with st.container(horizontal=True, key="take"):
        for product, people in ranking.table.head(4).select("product_id", "people").iter_rows():
            st.button(
                plain(say("{product} · {people}", product=product, people=people)), key=f"take-{product}",
                icon=":material/group_add:", help=say("Describe those who lingered on it and did not buy"),
                on_click=links.write, args=(PARAMETER, (f"lingered:product:{product}",)),
            )  # fmt: skip
