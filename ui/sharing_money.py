"""The Money tab: where bound customers buy, what leaks, what may come back, what looks odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from answers import sharing_headlines as headlines
from charts.numbers import money_compact
from charts.sharing_flows import exposure_bars, journey_bars, leakage_bars
from schema.language import later, plural, say
from schema.sharing_labels import PLACES
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.layout import Choice, columns
from ui.sharing_lines import go
from ui.sharing_words import in_words

if TYPE_CHECKING:
    from ui.view import View

_SHOWN = 10
_ODD = 12
BY = Choice(later("Leakage of"), "leak", {"agent": later("Agents"), "store": later("Stores")})


def money_tab(view: View) -> None:
    """Draw the tab."""
    left, right = columns(1, 1)
    with left:
        _journey(view)
        _exposure(view)
    with right:
        _leakage(view)
    _anomalies(view)
    trust_line(view.ask("sharing/journey"))


def _journey(view: View) -> None:
    answer = view.ask("sharing/journey")
    with card(
        headlines.journey(answer), say("Net sales to bound customers by where they bought"), answer, key="journey"
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("No orders of bound customers in this period."))
        elif not as_table:
            rows = answer.table.select(
                pl.col("where").replace(in_words(PLACES)).alias("place"),
                "net_minor",
                pl.col("part").alias("share"),
                pl.col("share_minor").alias("credited_minor"),
            )
            draw(journey_bars(rows, view.theme, currency=view.asked.currency), key="journey")
            credited = float(answer.table["share_minor"].sum())
            st.caption(
                plain(
                    say(
                        "{amount} of shares came to their owners for it.",
                        amount=money_compact(credited, view.asked.currency),
                    )
                )
            )


def _leakage(view: View) -> None:
    answer = view.ask("sharing/leakage", by=BY.value)
    with card(
        headlines.leakage(answer),
        say("Spend elsewhere ÷ all spend of bound customers · right: for how much of it the owner got a share"),
        answer,
        key="leakage",
    ) as as_table:
        BY.draw()
        rows = answer.table.drop_nulls("leakage").head(_SHOWN)
        if rows.is_empty():
            nothing_here(say("No orders of bound customers in this period."))
        elif not as_table:
            draw(leakage_bars(rows, view.theme), key="leakage")


def _exposure(view: View) -> None:
    answer = view.ask("sharing/exposure")
    with card(
        headlines.exposure(answer),
        say("Shares not yet paid × chance of a later refund, by age of the order · right: that chance"),
        answer,
        key="exposure",
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("No unpaid share is booked here."))
        elif not as_table:
            draw(exposure_bars(_aged(answer.table), view.theme, currency=view.asked.currency), key="exposure")


def _odd(view: View, place: int, row: dict[str, Any]) -> None:
    """One case, with the ways to look at one of its customers and to dispute it."""
    customer = row["customer_id"]
    with st.container(horizontal=True, vertical_alignment="center", key=f"odd-{place}"):
        st.markdown(f":material/report: &nbsp;{plain(row['sentence'])}")
        if customer is None:
            return
        st.button(say("Replay one customer"), key=f"odd-replay-{place}", icon=":material/history:", type="tertiary",
                  on_click=lambda: go("replay", customer=customer, order=""))  # fmt: skip
        if view.scope.role != "presenter":
            st.button(say("Dispute"), key=f"odd-dispute-{place}", icon=":material/flag:", type="tertiary",
                      on_click=lambda: go("disputes", customer=customer))  # fmt: skip


def _aged(table: pl.DataFrame) -> pl.DataFrame:
    """The bands of age in words."""
    ages = [
        say("over {n} d", n=first - 1) if last is None else say("{first}–{last} d", first=first, last=last)
        for first, last in table.select("age_days", "to_days").iter_rows()
    ]
    return table.with_columns(age=pl.Series(ages, dtype=pl.String))


def _anomalies(view: View) -> None:
    answer = view.ask("sharing/anomalies")
    n = answer.table.height
    title = plural("One thing looks odd", "{n} things look odd", n) if n else say("Nothing looks odd")
    with card(
        title, say("Bursts of bindings, guides buying from themselves, uncertain stores"), answer, key="odd"
    ) as as_table:
        if answer.is_empty:
            st.markdown(
                say(
                    "Checked: one guide binding over 20 people in ten minutes from one place, guides buying on their own "
                    "code, stores with over 30 % of customers near a border."
                )
            )
        elif not as_table:
            for place, row in enumerate(answer.table.head(_ODD).iter_rows(named=True)):
                _odd(view, place, row)
            if answer.table.height > _ODD:
                st.caption(say("{n} more in the table behind the ⓘ.", n=answer.table.height - _ODD))
