"""The Replay tab: why is this customer theirs, to the second, and does it come out the same again?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from charts.numbers import money
from charts.sharing_replay import Mark, Spell, customer_timeline
from schema.language import plural, say
from ui import links
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.layout import columns
from ui.sharing_customers import evidence_button, key_of, name_of_key, suggestions
from ui.sharing_events import clock, decisions_card, event_words, orders_card, shares_by_order
from ui.sharing_rerun import why_card
from ui.sharing_words import CAUSES, named, store_name

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_CUSTOMER = "customer"
_ORDER = "order"
_KIND = {"accepted": "granted", "no_change": "same"}


def replay_tab(view: View) -> None:
    """Draw the tab."""
    customer = _chosen(view)
    if customer is None:
        return
    who = name_of_key(view, customer)
    answer = view.ask("sharing/replay", customer=who)
    rows = answer.table.to_dicts()
    if not any(row["what"] == "spell" for row in rows):
        nothing_here(say("{who} has never had an owner.", who=plain(who)))
        return
    shares = shares_by_order(view, customer)
    order = _order(shares)
    _timeline(view, who, answer, rows, order)
    left, right = columns(1, 1.15)
    with left:
        why_card(view, customer)
    with right:
        decisions_card(view, rows)
    orders_card(view, rows, shares, order["order_id"] if order else None)
    with st.container(horizontal=True, key="replaybar"):
        evidence_button(view, customer, key="evidence")
    trust_line(answer)


def _chosen(view: View) -> int | None:
    """The customer of the URL, else the one whose days tell the most; a typed id works too."""
    known = suggestions(view)
    said = st.query_params.get(_CUSTOMER) or (known[0] if known else "")
    st.session_state["pick-customer"] = said or None
    st.selectbox(
        say("Customer"),
        known if not said or said in known else [said, *known],
        key="pick-customer",
        accept_new_options=True,
        placeholder=say("Pick a customer, or type an id"),
        width=320,
        help=say(
            "Those whose story shows a choice, a refused and an accepted claim come first. Any other id can be typed."
        ),
        on_change=_take_customer,
    )
    customer = key_of(view, said) if said else None
    if customer is None:
        nothing_here(say("No customer {said} here.", said=plain(said[:60])) if said else say("Nobody is bound here."))
    return customer


def _take_customer() -> None:
    """Another customer: the order of the one before is not theirs."""
    said = st.session_state["pick-customer"]
    links.write(_CUSTOMER, [said] if said else ())
    links.write(_ORDER, ())


def _order(shares: pl.DataFrame) -> dict[str, Any] | None:
    """The order that the URL names, if shares of this customer are about it."""
    found = shares.filter(pl.col("order_id") == st.query_params.get(_ORDER, ""))
    return found.row(0, named=True) if found.height else None


def _timeline(view: View, who: str, answer: Answer, rows: list[dict[str, Any]], order: dict[str, Any] | None) -> None:
    zone = ZoneInfo(view.asked.snapshot.zone)
    spells = [_spell(view, row, zone) for row in rows if row["what"] == "spell"]
    marks = [_mark(view, row, zone) for row in rows if row["what"] != "spell"]
    owner = spells[-1].owner if _owned(rows) else None
    title, said = _title(who, owner, marks), say("Owner · claims: ▲ accepted, ✕ refused, ○ own store · orders: ●")
    if order is not None:
        shared = money(order["amount_minor"], order["currency"])
        words = say(
            "{time}: order {order}, {amount} shared",
            time=clock(order["at"], zone),
            order=order["order_id"],
            amount=shared,
        )
        marks.append(Mark(order["at"].astimezone(zone), "this", words))
        said += " · " + say("circled: order {order}", order=order["order_id"])
    with card(title, said, answer, key="timeline") as as_table:
        if not as_table:
            today = dt.datetime.combine(view.asked.snapshot.as_of, dt.time(), zone)
            now = max(today, spells[-1].since, *(mark.at for mark in marks)) if marks else max(today, spells[-1].since)
            wide = not view.is_phone
            draw(customer_timeline(spells, marks, view.theme, now=now, wide=wide, alt=title), key="timeline")


def _owned(rows: list[dict[str, Any]]) -> bool:
    """Whether a store owns the customer last."""
    return [row["store_id"] for row in rows if row["what"] == "spell"][-1] is not None


def _title(who: str, owner: str | None, marks: list[Mark]) -> str:
    refused, taken = (sum(mark.kind == kind for mark in marks) for kind in ("refused", "granted"))
    title = (
        say("{who} is nobody's", who=who) if owner is None else say("{who} belongs to {owner}", who=who, owner=owner)
    )
    told = [plural("one refused", "{n} refused", refused)] if refused else []
    told += [plural("one accepted", "{n} accepted", taken)] if taken else []
    return say("{title}; claims: {claims}", title=title, claims=", ".join(told)) if told else title


def _spell(view: View, row: dict[str, Any], zone: ZoneInfo) -> Spell:
    return Spell(
        store_name(view, row["store_id"]),
        row["at"].astimezone(zone),
        row["until"].astimezone(zone) if row["until"] else None,
        say("from {time}: {cause}", time=clock(row["at"], zone), cause=named(CAUSES, row["cause"])),
    )


def _mark(view: View, row: dict[str, Any], zone: ZoneInfo) -> Mark:
    kind = "order" if row["what"] == "order" else _KIND.get(row["outcome"], "refused")
    return Mark(row["at"].astimezone(zone), kind, f"{clock(row['at'], zone)}: {event_words(view, row, zone)}")
