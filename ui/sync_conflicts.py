"""The Sync page's queue of identities in conflict, and what head office decides of them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import polars as pl
import streamlit as st

from answers import sync_headlines as headlines
from answers.sync_decisions import groups_of
from records import identity_decisions
from schema.language import say
from ui.cards import card, nothing_here
from ui.people import attempt, say_done
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

MOST_ROWS: Final = 1_000
"""Rows of the queue on screen; the export has all."""


def conflict_card(view: View) -> None:
    """Identities of people who cannot be one; the owner says of each who they are."""
    conflicts = view.ask("sync/conflicts")
    with card(headlines.conflicts(conflicts), _shown(conflicts), conflicts, key="conflicts") as t:
        say_done()
        if conflicts.is_empty:
            nothing_here(next(iter(conflicts.notes), say("No identity is shared by people who cannot be one.")))
        elif not t:
            words = {name: say(word) for name, word in headlines.CONFLICT_WORDS.items()}
            show_table(
                conflicts.table.head(MOST_ROWS).with_columns(pl.col("kind").replace(words)),
                key="conflicts",
                height=300,
                phone=("conflict", "id_type", "customer_id"),
            )
            if view.scope.role == "owner" and view.scope.may_write:
                _decide(view, conflicts.table.head(MOST_ROWS))


def _shown(conflicts: Answer) -> str:
    height = conflicts.table.height
    if height > MOST_ROWS:
        return say("Kept apart; {shown} of {all} rows are shown, the export has all", shown=MOST_ROWS, all=height)
    return say("Kept apart; rows of one conflict belong together")


def _decide(view: View, table: pl.DataFrame) -> None:
    """One conflict, and two buttons."""
    persons = table.group_by("conflict", "person", maintain_order=True).agg(pl.col("customer_id").str.join(", "))
    labels = dict(
        persons.group_by("conflict", maintain_order=True).agg(pl.col("customer_id").str.join(" | ")).iter_rows()
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        chosen = st.selectbox(
            say("Conflict"), list(labels), key="conflict", format_func=lambda number: f"{number}: {labels[number]}"
        )
        several = table.filter(pl.col("conflict") == chosen)["customer_id"].n_unique() > 1
        if st.button(say("One person"), key="decide-one", icon=":material/merge:", disabled=not several):
            attempt(partial(_keep, view, chosen, is_one=True), say("They are one person from now on."))
        if st.button(say("Keep apart"), key="decide-apart", icon=":material/call_split:"):
            attempt(partial(_keep, view, chosen, is_one=False), say("They stay apart, whatever is loaded."))


def _keep(view: View, conflict: int, *, is_one: bool) -> None:
    groups = groups_of(view.asked, conflict)
    identity_decisions.decide(view.snapshot.mode, view.scope, groups, is_one=is_one)


def decision_card(view: View) -> None:
    """What was decided, by whom and when, and the way back; head office alone."""
    decided = view.ask("sync/decisions")
    if decided.is_empty:
        return
    with card(headlines.decisions(decided), say("They hold for every import until they are taken back"), decided,
              key="decisions") as t:  # fmt: skip
        if t:
            return
        words = {name: say(word) for name, word in headlines.VERDICT_WORDS.items()}
        show_table(decided.table.with_columns(pl.col("verdict").replace(words)), key="decisions", height=260)
        with st.container(horizontal=True, vertical_alignment="bottom"):
            ids = decided.table["decision"].unique(maintain_order=True).to_list()
            chosen = st.selectbox(say("Decision"), ids, key="decision")
            if st.button(say("Take it back"), key="undo-decision", icon=":material/undo:"):
                mode, scope = view.snapshot.mode, view.scope
                attempt(partial(identity_decisions.undo, mode, scope, chosen), say("It was taken back."))
