"""The Binding tab: who has an owner, how surely, how fast, and who tried to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from answers import sharing_headlines as headlines
from charts.numbers import count, percent
from charts.sharing import attempts_by_month, binding_funnel, expiring_bars, method_bars
from charts.sharing_latency import duration, latency_by_day
from schema import days
from schema.language import say
from schema.sharing_labels import METHODS, STEPS
from ui.cards import card, draw, nothing_here, trust_line
from ui.layout import columns
from ui.sellers import guides_card
from ui.sharing_start import bind_button
from ui.sharing_words import MEANING, PARTS, figures, in_words

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Answer
    from ui.view import View

_SHOWN = 8
_TALL_PX = 430
_PHONE_PX = 300


def binding_tab(view: View) -> None:
    """Draw the tab."""
    _figures(view)
    left, right = columns(1.6, 1)
    with left:
        _latency(view)
    with right:
        _funnel(view)
    left, right = columns(1, 1)
    with left:
        _attempts(view)
    with right:
        _expiring(view)
    guides_card(view)
    bind_button(view)
    trust_line(view.ask("sharing/timeliness"))


def _figures(view: View) -> None:
    steps = {row["step"]: row for row in view.ask("sharing/funnel").table.iter_rows(named=True)}
    times = view.ask("sharing/timeliness").table
    time: dict[str, Any] = times.row(0, named=True) if times.height else {}
    bound = steps.get("bound", {})
    timely = say(
        "Registrations that had their owner within a minute ÷ those that reached us within ten minutes; {n} came later "
        "(old files) and are left out.",
        n=count(time.get("historic")),
    )
    figures(
        [
            (
                say("Bound"),
                percent(bound.get("share")),
                say("{n} customers have a store as owner.", n=count(bound.get("customers"))),
            ),
            (say("Within 60 s"), percent(time.get("timely_share")), timely),
            (
                say("Half wait at most"),
                duration(time.get("p50_s")),
                say("Median time from registering to having an owner."),
            ),
            (
                say("95 % wait at most"),
                duration(time.get("p95_s")),
                say("All but the slowest 5 % have their owner by then."),
            ),
        ],
        key="binding",
    )


def _latency(view: View) -> None:
    answer = view.ask("sharing/latency")
    title = headlines.latency(answer)
    worst = headlines.late_day(answer)
    finding = None if worst is None else (worst[0], _late_words(view, answer, *worst))
    with card(
        title, say("From registering to having an owner, by day · promised: 60 s"), answer, key="latency"
    ) as as_table:
        if answer.is_empty or answer.table["p95_s"].null_count() == answer.table.height:
            nothing_here(say("No registration of this period reached us live, so no waiting time can be measured."))
        elif not as_table:
            draw(
                latency_by_day(
                    answer.table,
                    view.theme,
                    finding=finding,
                    phone=view.is_phone,
                    height=_PHONE_PX if view.is_phone else _TALL_PX,
                    alt=title if worst else None,
                ),
                key="latency",
            )


def _late_words(view: View, answer: Answer, day: dt.date, late: int) -> str:
    if view.is_phone:
        return say("{n} late", n=count(late))  # the card's title has the day
    slow = answer.table.filter(pl.col("day") == day)["p95_s"][0]
    return say("{day}: {n} late, 95 % within {time}", day=days.day(day), n=count(late), time=duration(slow))


def _funnel(view: View) -> None:
    answer = view.ask("sharing/funnel")
    with card(
        headlines.coverage(answer), say("Customers and share of the registered"), answer, key="funnel"
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("Nobody registered here yet."))
        elif not as_table:
            table = answer.table.with_columns(
                sort=pl.when(pl.col("step").is_in(list(PARTS))).then(pl.lit("part")).otherwise(pl.lit("step")),
                step=pl.col("step").replace(in_words(STEPS)),
            )
            draw(binding_funnel(table, view.theme), key="funnel")
            _methods(view)
            with st.popover(say("What the words mean"), icon=":material/help:", key="meaning"):
                st.markdown(say(MEANING))


def _methods(view: View) -> None:
    """Below the funnel: by what those who have an owner got theirs."""
    known = view.ask("sharing/methods").table.drop_nulls("method").group_by("method").agg(pl.col("customers").sum())
    if known.is_empty():
        return
    st.markdown(say("**What decided**"))
    rows = known.sort("customers", "method", descending=[True, False])
    draw(method_bars(rows.with_columns(pl.col("method").replace(in_words(METHODS))), view.theme), key="methods")


def _attempts(view: View) -> None:
    answer = view.ask("sharing/attempts")
    with card(
        headlines.attempts(answer), say("Scans and guides' codes of customers who had an owner"), answer, key="attempts"
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("Nobody tried to claim a customer who had an owner."))
        elif not as_table:
            draw(attempts_by_month(answer.table, view.theme), key="attempts")


def _expiring(view: View) -> None:
    answer = view.ask("sharing/expiring")
    with card(
        headlines.expiring(answer), say("Unless an order is paid; then decided anew"), answer, key="expiring"
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("Every binding is valid for longer."))
        elif not as_table:
            rows = answer.table.select("customers", name="store_name").head(_SHOWN)
            draw(expiring_bars(rows, view.theme), key="expiring")
