"""Closing a month: the next one in order, after it was confirmed, with progress."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from charts.days import month_words
from charts.numbers import count
from ledger import api as ledger
from schema.language import say
from ui.sharing_start import work

if TYPE_CHECKING:
    from ui.sharing_start import Told
    from ui.view import View


def settle_card(view: View) -> None:
    """The next month to close; months settle in order, and only whole ones."""
    month = next_month(view)
    with st.container(border=True, key="settle"):
        if month is None:
            done = not view.marts.statements.is_empty()
            st.markdown(
                say("Every complete month is settled.") if done else say("No whole month has shares to settle yet.")
            )
            return
        name = month_words(month)
        st.markdown(
            say(
                "**Settle {month}.** Its statements get a digest and never change; what comes later is booked later.",
                month=name,
            )
        )
        with st.container(horizontal=True, vertical_alignment="center"):
            sure = st.checkbox(say("I have checked {month}", month=name), key=f"settle-sure-{month}")
            if st.button(
                say("Settle {month}", month=name), disabled=not sure, key="settle-now", icon=":material/lock:"
            ):
                _settle(view, month)


def next_month(view: View) -> str | None:
    """The first month with entries that is open and over; None when there is none."""
    this = f"{view.snapshot.as_of:%Y-%m}"
    rows = view.marts.shares.filter(pl.col("statement_id").is_null() & (pl.col("month") < this))
    found = rows["month"].min()
    return found if isinstance(found, str) else None


def _settle(view: View, month: str) -> None:
    mode = view.snapshot.mode

    def step(told: Told) -> str:
        report = ledger.settle(mode, month, view.scope, progress=lambda share, text: told(share * 0.9, text))
        told(0.95, say("Publishing"))
        ledger.publish(mode)
        return say(
            "{month} is settled: {n} statements.",
            month=month_words(month),
            n=count(report.statements),
        )

    work(say("Settling {month}", month=month_words(month)), step)
