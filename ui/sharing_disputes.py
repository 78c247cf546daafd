"""The Disputes tab: what is contested, by when it must be decided, what was said, and the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

import polars as pl
import streamlit as st

from charts.numbers import count
from ledger import disputes as quarrels
from ledger.api import ledger_now
from schema.errors import CatchlightError
from ui.cards import card, nothing_here, plain
from ui.layout import columns, pick
from ui.sharing_customers import customer_field, evidence_button, name_of_key
from ui.sharing_words import CLAIMS, is_owner, named, names_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from ui.view import View

_OUTCOMES: Final = {
    "upheld": "Right; the customer stays",
    "rejected": "Not right",
    "rebound": "Right; the customer moves",
}
_EVENTS: Final = {"opened": "opened it", "commented": "wrote", "decided": "decided"}
_TURN: Final = "_dispute_turn"
_COLOURS: Final[dict[str, Any]] = {"open": "blue", "overdue": "orange", "decided": "gray"}


def disputes_tab(view: View) -> None:
    """Draw the tab."""
    if view.scope.role == "presenter":
        nothing_here("Disputes are between the sides and head office; they are not presented.")
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
    title = f"{count(waiting.height)} disputes wait for a decision" if waiting.height else "No dispute is open"
    if waiting.height == 1:
        title = "One dispute waits for a decision"
    with card(title, f"Head office decides within 7 days{f' · {late} overdue' if late else ''}", key="disputes"):
        if table.is_empty():
            nothing_here("Nobody disputes anything.")
            return
        words = {row["dispute_id"]: _line(row) for row in table.iter_rows(named=True)}
        chosen = pick("Dispute", "dispute", list(words), words, width=420)
        row = table.filter(pl.col("dispute_id") == chosen).row(0, named=True)
        _one(view, row, now)


def _line(row: dict[str, Any]) -> str:
    return f"{row['dispute_id']} · {named(CLAIMS, row['claim'])} · {row['status']}"


def _one(view: View, row: dict[str, Any], now: dt.datetime) -> None:
    names, zone = names_of(view), ZoneInfo(view.asked.snapshot.zone)
    with st.container(horizontal=True, vertical_alignment="center", key="disputehead"):
        st.badge(row["status"], color=_COLOURS.get(row["status"], "gray"))
        st.markdown(plain(_clock(row, now, zone)))
    facts = [
        ("Customer", name_of_key(view, row["customer_key"]) if row["customer_key"] is not None else None),
        ("Order", row["order_id"]),
        ("For", None if row["store_id"] is None else named(names, row["store_id"])),
        ("Against", None if row["other_store_id"] is None else named(names, row["other_store_id"])),
    ]
    st.markdown(" · ".join(f"{what}: **{plain(str(value))}**" for what, value in facts if value))
    for event in quarrels.thread(view.snapshot.mode, view.scope, row["dispute_id"]).iter_rows(named=True):
        with st.container(key=f"said-{event['at']:%Y%m%d%H%M%S%f}-{event['event']}", gap=None):
            who = named(names, event["by"])
            result = f": {_OUTCOMES.get(event['outcome'], event['outcome'])}" if event["outcome"] else ""
            st.caption(
                plain(
                    f"{event['at'].astimezone(zone):%Y-%m-%d %H:%M} · {who} {_EVENTS.get(event['event'], event['event'])}{result}"
                )
            )
            st.markdown(plain(event["words"]))
    if row["customer_key"] is not None:
        evidence_button(view, row["customer_key"], key=f"evidence-{row['dispute_id']}")
    if row["status"] != "decided":
        _answer(view, row, now)


def _clock(row: dict[str, Any], now: dt.datetime, zone: ZoneInfo) -> str:
    if row["status"] == "decided":
        return f"decided on {row['decided_at']:%Y-%m-%d}"
    days = (row["due_on"] - now.astimezone(zone).date()).days
    if days < 0:
        return f"was due on {row['due_on']}, {-days} days ago"
    return f"due on {row['due_on']}, {'today' if days == 0 else f'{days} days left'}"


def _answer(view: View, row: dict[str, Any], now: dt.datetime) -> None:
    """Comment, and for head office: decide."""
    if not view.scope.may_write:
        st.caption("Viewing as somebody else: what they may write stays with them.")
        return
    mode, dispute_id = view.snapshot.mode, row["dispute_id"]
    with st.form(f"comment-{dispute_id}", clear_on_submit=True):
        words = st.text_area("Your comment", max_chars=2_000, height=80)
        if st.form_submit_button("Add the comment", icon=":material/comment:"):
            _do(lambda: quarrels.comment(mode, view.scope, dispute_id, words, at=now))
    if not is_owner(view):
        return
    with st.expander("Decide", icon=":material/gavel:"), st.form(f"decide-{dispute_id}"):
        outcome = st.radio("Decision", list(_OUTCOMES), format_func=_OUTCOMES.__getitem__)
        stores = dict(view.marts.places.sort("name").select("store_id", "name").iter_rows())
        to = st.selectbox(
            "If the customer moves: to which store", list(stores), index=None, format_func=stores.__getitem__,
            placeholder="Only when the customer moves",
        )  # fmt: skip
        words = st.text_area("Reason, read by both sides", max_chars=2_000, height=80)
        st.caption("The next binding carries a move out. Settled months stay; open ones are corrected.")
        if st.form_submit_button("Decide", type="primary"):
            rebind = to if outcome == "rebound" else None
            _do(lambda: quarrels.decide(mode, view.scope, dispute_id, outcome, words, rebind_to=rebind, at=now))


def _open_form(view: View, now: dt.datetime) -> None:
    if not view.scope.may_write:
        return
    turn = st.session_state.setdefault(_TURN, 0)  # a new form after each dispute
    with card("Open a dispute", "About a customer, an order, or a territory", key="open-dispute"):
        claim = st.selectbox(
            "What is not right", list(CLAIMS), format_func=CLAIMS.__getitem__, key=f"dispute-claim-{turn}"
        )
        customer = customer_field(view, key=f"dispute-customer-{turn}")
        order = st.text_input("Order, if it is about one", key=f"dispute-order-{turn}", max_chars=80)
        words = st.text_area("What happened", max_chars=2_000, key=f"dispute-words-{turn}", height=110)
        if st.button("Open the dispute", icon=":material/flag:", key="dispute-open"):
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
