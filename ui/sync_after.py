"""The Sync page's after-sales, and products that are not the same on every channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import polars as pl
import streamlit as st

from answers import sync_headlines as headlines
from schema.language import later, say
from schema.wording import CHANNEL_LABELS
from ui.cards import card, nothing_here
from ui.layout import columns
from ui.tables import show_table
from warehouse import api as warehouse

if TYPE_CHECKING:
    from ui.view import View

_BY: Final = {"channel": later("Channels"), "agent": later("Agents")}


def after_cards(view: View) -> None:
    """How it is afterwards, and where a product is not the same."""
    left, right = columns(1, 1)
    with left:
        _after_sales(view)
    with right:
        _mismatches(view)
    _complaints(view)


def _after_sales(view: View) -> None:
    by = st.session_state.get("after_by") or "channel"
    found = view.ask("sync/after_sales", by=by)
    words = _group_words(view, by)
    with card(headlines.after_sales(found, _frozen(words)), say("Goods that came back, of orders 30 days old and older"), found,
              key="after") as t:  # fmt: skip
        st.segmented_control(
            say("By"), list(_BY), key="after_by", default="channel", label_visibility="collapsed",
            format_func=lambda name: say(_BY[name]),
        )  # fmt: skip
        if found.is_empty:
            nothing_here(say("No order here is old enough to tell."))
        elif not t:
            shown = found.table.with_columns(pl.col("group").replace(words))
            show_table(
                shown, key="after", height=260, currency=view.asked.currency,
                columns=["group", "orders", "refund_rate", "median_days", "reason"],
            )  # fmt: skip


def _complaints(view: View) -> None:
    by = st.session_state.get("complaints_by") or "channel"
    found = view.ask("sync/complaints", by=by)
    about = say("Made and settled in the period, open at its end")
    with card(headlines.complaints(found), about, found, key="complaints") as t:
        if not warehouse.has_complaints(view.snapshot):
            nothing_here(
                say("No complaints are loaded, so nobody can be left out of a campaign because of one."),
                remedy=say("Load complaints.csv: complaint_id, customer_id, opened_at, closed_at."),
                link=("data", say("Load complaints")),
            )
            return
        st.segmented_control(
            say("By"), list(_BY), key="complaints_by", default="channel", label_visibility="collapsed",
            format_func=lambda name: say(_BY[name]),
        )  # fmt: skip
        if found.is_empty:
            nothing_here(say("No complaint was made or settled in this period, and none is open."))
        elif not t:
            shown = found.table.with_columns(pl.col("group").replace(_group_words(view, by)))
            show_table(shown, key="complaints", height=260, phone=("group", "complaints", "open", "median_days"))


def _group_words(view: View, by: str) -> dict[str, str]:
    if by == "channel":
        return {name: say(word) for name, word in CHANNEL_LABELS.items()}
    return dict(view.marts.places.select("agent_id", "agent_name").drop_nulls().iter_rows())


def _frozen(words: dict[str, str]) -> tuple[tuple[str, str], ...]:
    """Words as a headline is remembered by."""
    return tuple(sorted(words.items()))


def _mismatches(view: View) -> None:
    found = view.ask("sync/mismatches")
    with card(headlines.mismatches(found), say("{n} products checked, before discounts", n=found.n), found,
              key="mismatches") as t:  # fmt: skip
        if found.is_empty:
            nothing_here(
                say("{n} products were checked: none is dearer on one channel, none has two ids.", n=found.n)
                if found.n
                else say("Nothing to check: no orders in this period.")
            )
        elif not t:
            channels = {name: say(word) for name, word in CHANNEL_LABELS.items()}
            kinds = {name: say(word) for name, word in headlines.MISMATCH_WORDS.items()}
            shown = found.table.with_columns(
                pl.col("kind").replace(kinds), pl.col("channel", "other_channel").replace(channels)
            )
            show_table(
                shown, key="mismatches", height=260, currency=view.asked.currency,
                columns=["kind", "name", "channel", "high_minor", "other_channel", "low_minor", "gap_share"],
            )  # fmt: skip
