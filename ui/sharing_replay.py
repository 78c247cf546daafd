"""The Replay tab: why is this customer theirs, to the second, and does it come out the same again?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from charts.numbers import money, percent
from charts.sharing_replay import Mark, Spell, customer_timeline
from ui import links
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.layout import columns
from ui.sharing_customers import evidence_button, key_of, name_of_key, suggestions
from ui.sharing_rerun import why_card
from ui.sharing_words import CAUSES, METHODS, OUTCOMES, named, store_name

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_CUSTOMER = "customer"
_KIND = {"accepted": "granted", "no_change": "same"}
_MANY = 10


def replay_tab(view: View) -> None:
    """Draw the tab."""
    customer = _chosen(view)
    if customer is None:
        return
    who = name_of_key(view, customer)
    answer = view.ask("sharing/replay", customer=who)
    rows = answer.table.to_dicts()
    if not any(row["what"] == "spell" for row in rows):
        nothing_here(f"{plain(who)} has never had an owner.")
        return
    _timeline(view, who, answer, rows)
    left, right = columns(1.3, 1)
    with left:
        why_card(view, customer)
    with right:
        _days(view, customer, rows)
    with st.container(horizontal=True, key="replaybar"):
        evidence_button(view, customer, key="evidence")
    trust_line(answer)


def _chosen(view: View) -> int | None:
    """The customer of the URL, else the most contested one; a typed id works too."""
    known = suggestions(view)
    said = st.query_params.get(_CUSTOMER) or (known[0] if known else "")
    st.session_state["pick-customer"] = said or None
    st.selectbox(
        "Customer",
        known if not said or said in known else [said, *known],
        key="pick-customer",
        accept_new_options=True,
        placeholder="Pick a customer, or type an id",
        width=320,
        help="Those whom others tried to claim come first. Any other id can be typed.",
        on_change=lambda: links.write(
            _CUSTOMER, [st.session_state["pick-customer"]] if st.session_state["pick-customer"] else ()
        ),
    )
    customer = key_of(view, said) if said else None
    if customer is None:
        nothing_here(f"No customer {plain(said[:60])} here." if said else "Nobody is bound here.")
    return customer


def _timeline(view: View, who: str, answer: Answer, rows: list[dict[str, Any]]) -> None:
    zone = ZoneInfo(view.asked.snapshot.zone)
    spells = [_spell(view, row, zone) for row in rows if row["what"] == "spell"]
    marks = [_mark(view, row, zone) for row in rows if row["what"] != "spell"]
    refused = sum(mark.kind == "refused" for mark in marks)
    title = f"{who} belongs to {spells[-1].owner}" if spells[-1].owner != "Nobody's" else f"{who} is nobody's"
    title += {0: "", 1: "; one claim was refused"}.get(refused, f"; {refused} claims were refused")
    with card(
        title, "Owner · claims: ▲ accepted, ✕ refused, ○ own store · orders: ●", answer, key="timeline"
    ) as as_table:
        if not as_table:
            today = dt.datetime.combine(view.asked.snapshot.as_of, dt.time(), zone)
            now = max(today, spells[-1].since, *(mark.at for mark in marks)) if marks else max(today, spells[-1].since)
            wide = not view.is_phone
            draw(customer_timeline(spells, marks, view.theme, now=now, wide=wide, alt=title), key="timeline")


def _spell(view: View, row: dict[str, Any], zone: ZoneInfo) -> Spell:
    return Spell(
        store_name(view, row["store_id"]),
        row["at"].astimezone(zone),
        row["until"].astimezone(zone) if row["until"] else None,
        f"from {_at(row['at'], zone)}: {named(CAUSES, row['cause'])}",
    )


def _mark(view: View, row: dict[str, Any], zone: ZoneInfo) -> Mark:
    kind = "order" if row["what"] == "order" else _KIND.get(row["outcome"], "refused")
    return Mark(row["at"].astimezone(zone), kind, f"{_at(row['at'], zone)}: {_words(view, row, zone)}")


def _words(view: View, row: dict[str, Any], zone: ZoneInfo) -> str:
    """One thing that happened, in words."""
    if row["what"] == "order":
        return f"order of {money(row['net_minor'], row['currency'])}, after refunds"
    if row["what"] == "attempt":
        return f"{named(METHODS, row['method']).lower()} for {store_name(view, row['store_id'])}: {named(OUTCOMES, row['outcome'])}"
    owner = "nobody (head office's fund)" if row["store_id"] is None else store_name(view, row["store_id"])
    until = f", protected until {_at(row['protected_until'], zone)}" if row["protected_until"] else ""
    sure = "" if row["confidence"] is None else f", {percent(row['confidence'])} sure"
    return f"belongs to {owner}: {named(CAUSES, row['cause'])}{sure}{until}"


def _days(view: View, customer: int, rows: list[dict[str, Any]]) -> None:
    """What happened, to the second, in words, with what was credited."""
    zone = ZoneInfo(view.asked.snapshot.zone)
    said = [(row["at"], _words(view, row, zone)) for row in rows]
    credited = view.marts.shares.filter((pl.col("customer_key") == customer) & (pl.col("kind") != "payout"))
    sums = credited.group_by("order_id", "currency").agg(pl.col("at").min(), pl.col("amount_minor").sum())
    said += [
        (row["at"], f"credited for order {row['order_id']}: {money(row['amount_minor'], row['currency'])}")
        for row in sums.sort("at", "order_id").to_dicts()
    ]
    with card("What happened", f"To the second, {view.asked.snapshot.zone} time", key="days"):
        lines = [f"- **{_at(at, zone)}** {plain(what)}" for at, what in sorted(said, key=lambda one: one[0])]
        with st.container(height=360 if len(lines) > _MANY else "content", border=False, key="dayslist"):
            st.markdown("\n".join(lines))


def _at(at: dt.datetime, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"
