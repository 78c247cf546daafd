"""The Disputes tab: what is contested, by when it must be decided, what was said, and the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from ledger import disputes as quarrels
from ledger.api import ledger_now
from schema.errors import CatchlightError
from schema.language import later, plural, say
from ui import links
from ui.cards import card, nothing_here, plain
from ui.layout import columns, pick
from ui.sharing_customers import customer_field, evidence_button, name_of_key
from ui.sharing_words import CLAIMS, is_owner, named, names_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection

    from ui.view import View

_OUTCOMES: Final = {
    "upheld": later("Right; the customer stays"),
    "rejected": later("Not right"),
    "rebound": later("Right; the customer moves"),
}
_EVENTS: Final = {
    "opened": later("{who} opened it"),
    "commented": later("{who} wrote"),
    "decided": later("{who} decided"),
}
_STATUSES: Final = {"open": later("open"), "overdue": later("overdue"), "decided": later("decided")}
_SIDES: Final = {"head office": later("head office"), "another store": later("another store"), "you": later("you")}
"""Whom the ledger calls so, beside those who have a name."""
_TURN: Final = "_dispute_turn"
_COLOURS: Final[dict[str, Any]] = {"open": "blue", "overdue": "orange", "decided": "gray"}


def disputes_tab(view: View) -> None:
    """Draw the tab."""
    if view.scope.role == "presenter":
        nothing_here(say("Disputes are between the sides and head office; they are not presented."))
        return
    now = ledger_now(view.snapshot)
    table = quarrels.disputes(view.snapshot.mode, view.scope, now=now)
    left, right = columns(1.5, 1)
    with left:
        _list(view, table, now)
    with right:
        _open_form(view, now)


def _list(view: View, table: pl.DataFrame, now: dt.datetime) -> None:
    waiting = table.filter(pl.col("status") != "decided")
    late = int((waiting["status"] == "overdue").sum())
    title = say("No dispute is open")
    if waiting.height:
        title = plural("One dispute waits for a decision", "{n} disputes wait for a decision", waiting.height)
    said = say("Head office decides within 7 days")
    if late:
        said += " · " + say("{n} overdue", n=late)
    with card(title, said, key="disputes"):
        if table.is_empty():
            nothing_here(say("Nobody disputes anything."))
            return
        words = {row["dispute_id"]: _line(row) for row in table.iter_rows(named=True)}
        _understand(view, words)
        chosen = pick(say("Dispute"), "dispute", list(words), words, width=420)
        row = table.filter(pl.col("dispute_id") == chosen).row(0, named=True)
        _one(view, row, now)


def _understand(view: View, known: Collection[str]) -> None:
    """Head office opens an agent's link: the dispute under its own name."""
    said = st.query_params.get("dispute", "")
    if said and said not in known and (own := quarrels.own_name(view.snapshot.mode, view.scope, said)):
        links.write("dispute", [own])


def _line(row: dict[str, Any]) -> str:
    return f"{row['dispute_id']} · {named(CLAIMS, row['claim'])} · {named(_STATUSES, row['status'])}"


def _one(view: View, row: dict[str, Any], now: dt.datetime) -> None:
    names, zone = names_of(view), ZoneInfo(view.asked.snapshot.zone)
    with st.container(horizontal=True, vertical_alignment="center", key="disputehead"):
        st.badge(named(_STATUSES, row["status"]), color=_COLOURS.get(row["status"], "gray"))
        st.markdown(plain(_clock(row, now, zone)))
    facts = [
        (
            later("Customer: **{name}**"),
            name_of_key(view, row["customer_key"]) if row["customer_key"] is not None else None,
        ),
        (later("Order: **{name}**"), row["order_id"]),
        (later("For: **{name}**"), None if row["store_id"] is None else named(names, row["store_id"])),
        (later("Against: **{name}**"), None if row["other_store_id"] is None else named(names, row["other_store_id"])),
    ]
    st.markdown(" · ".join(say(words, name=plain(str(value))) for words, value in facts if value))
    sides = quarrels.names_of_sides(view.snapshot.mode, view.scope, row["dispute_id"])
    if sides:
        told = ", ".join(f"{named(names, agent)}: {name}" for agent, name in sides.items())
        st.caption(plain(say("Agents number their own disputes. {names}", names=told)))
    for event in quarrels.thread(view.snapshot.mode, view.scope, row["dispute_id"]).iter_rows(named=True):
        with st.container(key=f"said-{event['at']:%Y%m%d%H%M%S%f}-{event['event']}", gap=None):
            st.caption(plain(f"{event['at'].astimezone(zone):%Y-%m-%d %H:%M} · {_event_words(event, names)}"))
            st.markdown(plain(event["words"]))
    if row["customer_key"] is not None:
        evidence_button(view, row["customer_key"], key=f"evidence-{row['dispute_id']}")
    if row["status"] != "decided":
        _answer(view, row, now)


def _event_words(event: dict[str, Any], names: dict[str, str]) -> str:
    """Who did what, and how it was decided."""
    sentence = _EVENTS[event["event"]]
    said = say(sentence, who=named({**names, **_SIDES}, event["by"]))
    return f"{said}: {named(_OUTCOMES, event['outcome'])}" if event["outcome"] else said


def _clock(row: dict[str, Any], now: dt.datetime, zone: ZoneInfo) -> str:
    if row["status"] == "decided":
        return say("decided on {day}", day=f"{row['decided_at']:%Y-%m-%d}")
    days, day = (row["due_on"] - now.astimezone(zone).date()).days, f"{row['due_on']}"
    if days < 0:
        return plural("was due on {day}, {n} day ago", "was due on {day}, {n} days ago", -days, day=day)
    if days == 0:
        return say("due on {day}, today", day=day)
    return plural("due on {day}, {n} day left", "due on {day}, {n} days left", days, day=day)


def _answer(view: View, row: dict[str, Any], now: dt.datetime) -> None:
    """Comment, and for head office: decide."""
    if not view.scope.may_write:
        st.caption(say("Viewing as somebody else: what they may write stays with them."))
        return
    mode, dispute_id = view.snapshot.mode, row["dispute_id"]
    with st.form(f"comment-{dispute_id}", clear_on_submit=True):
        words = st.text_area(say("Your comment"), max_chars=2_000, height=80)
        if st.form_submit_button(say("Add the comment"), icon=":material/comment:"):
            _do(lambda: quarrels.comment(mode, view.scope, dispute_id, words, at=now))
    if not is_owner(view):
        return
    with st.expander(say("Decide"), icon=":material/gavel:"), st.form(f"decide-{dispute_id}"):
        outcome = st.radio(say("Decision"), list(_OUTCOMES), format_func=lambda key: say(_OUTCOMES[key]))
        stores = dict(view.marts.places.sort("name").select("store_id", "name").iter_rows())
        to = st.selectbox(
            say("If the customer moves: to which store"), list(stores), index=None, format_func=stores.__getitem__,
            placeholder=say("Only when the customer moves"),
        )  # fmt: skip
        words = st.text_area(say("Reason, read by both sides"), max_chars=2_000, height=80)
        st.caption(say("The next binding carries a move out. Settled months stay; open ones are corrected."))
        if st.form_submit_button(say("Decide"), type="primary"):
            rebind = to if outcome == "rebound" else None
            _do(lambda: quarrels.decide(mode, view.scope, dispute_id, outcome, words, rebind_to=rebind, at=now))


def _open_form(view: View, now: dt.datetime) -> None:
    if not view.scope.may_write:
        return
    turn = st.session_state.setdefault(_TURN, 0)  # a new form after each dispute
    with card(say("Open a dispute"), say("About a customer, an order, or a territory"), key="open-dispute"):
        claim = st.selectbox(
            say("What is not right"),
            list(CLAIMS),
            format_func=lambda key: say(CLAIMS[key]),
            key=f"dispute-claim-{turn}",
        )
        customer = customer_field(view, key=f"dispute-customer-{turn}")
        order = st.text_input(say("Order, if it is about one"), key=f"dispute-order-{turn}", max_chars=80)
        words = st.text_area(say("What happened"), max_chars=2_000, key=f"dispute-words-{turn}", height=110)
        if st.button(say("Open the dispute"), icon=":material/flag:", key="dispute-open"):
            source = _source(view, order.strip()) if order.strip() else None
            _do(
                lambda: quarrels.open_dispute(
                    view.snapshot.mode,
                    view.scope,
                    claim=claim,
                    words=words,
                    customer_key=customer,
                    source=source,
                    order_id=order.strip() or None,
                    at=now,
                )
            )


def _source(view: View, order_id: str) -> str | None:
    """The shop system of an order: of the shares booked for it."""
    found = view.marts.shares.filter(pl.col("order_id") == order_id)["source"].drop_nulls()
    return None if found.is_empty() else str(found[0])


def _do(act: Callable[[], object]) -> None:
    try:
        act()
    except CatchlightError as refusal:
        st.error(plain(str(refusal)), icon=":material/error:")
        return
    st.session_state[_TURN] = st.session_state.get(_TURN, 0) + 1
    st.rerun()
