"""The Statements tab: one receiver's month from opening to closing, and the proof that every fen went somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from charts.days import month_words
from charts.numbers import count, money
from charts.sharing_money import statement_steps, statement_waterfall
from ledger import api as ledger
from schema.language import later, say
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.layout import Choice, columns, pick, toolbar
from ui.sharing_bar import pool_bar
from ui.sharing_lines import chosen_line, lines_card, open_replay
from ui.sharing_settle import settle_card
from ui.sharing_spending import spending_card
from ui.sharing_start import first_shares
from ui.sharing_words import RECEIVERS, is_owner, month_name

if TYPE_CHECKING:
    from ui.view import View

_SHORT = 12
_HOW = later(
    "It is computed from the statement's lines in order (see the CSV): each line's fields "
    "`{fields}` that are not empty, as JSON with sorted keys and without blanks, amounts as whole minor units, days as "
    "`2026-10-11`, instants as `2026-10-11T20:00:00.000000Z`; a line feed after each, and SHA-256 of all. "
    "`python -m ledger verify` does it for every statement. One changed fen gives another digest."
)


def statements_tab(view: View) -> None:
    """Draw the tab."""
    if view.marts.shares.is_empty():
        first_shares(view)
        return
    here = set(view.marts.shares["receiver_kind"].unique())
    by = Choice(say("Accounts of"), "by", {kind: words for kind, words in RECEIVERS.items() if kind in here})
    answer = view.ask("sharing/statement", by=by.value)
    with toolbar("statementbar"):
        by.draw()
        row = _chosen(answer.table)
    if row is None:
        nothing_here(say("No statement of these accounts in this period."))
    else:
        _month(view, row)
    if is_owner(view):
        settle_card(view)
    trust_line(answer)


def _month(view: View, row: dict[str, Any]) -> None:
    """One receiver's month: the bar, the statement, where the money was spent, and every line."""
    lines = view.ask("sharing/lines", by=row["receiver_kind"], receiver=row["receiver_id"], month=row["month"])
    line = chosen_line(view, lines)
    pool_bar(view, row["month"], _asked_for(view, row))
    left, right = columns(1, 1.18)
    with left:
        _statement(view, row)
    with right:
        replay = None if line is None else (lambda: open_replay(line))
        spending_card(view, row["month"], row["agent_id"], lines, replay)
    lines_card(view, lines, _short(row))


def _asked_for(view: View, row: dict[str, Any]) -> str | None:
    """The agent whose pools the bar is about: only one that somebody chose, by the filter or by the account."""
    is_chosen = (
        bool(view.filters.agent) or st.query_params.get("of") == row["receiver_id"] or view.scope.role == "agent"
    )
    return row["agent_id"] if is_chosen else None


def _short(row: dict[str, Any]) -> str:
    """What the lines' column is called: the agent's name, or the account's."""
    return str(row["name"]) if row["receiver_kind"] != "guide" else str(row["receiver_id"])


def _chosen(table: pl.DataFrame) -> dict[str, Any] | None:
    """The month (newest settled first) and the receiver (most accrued first) that the URL names."""
    if table.is_empty():
        return None
    settled = table.filter(~pl.col("is_open"))
    months = table["month"].unique().sort(descending=True).to_list()
    first = settled["month"].max() if settled.height else months[0]
    months = [first, *(one for one in months if one != first)]
    month = pick(say("Month"), "month", months, {one: month_words(one) for one in months}, width=130)
    here = table.filter(pl.col("month") == month).sort("accrued_minor", "receiver_id", descending=[True, False])
    names = dict(here.select("receiver_id", "name").iter_rows())
    receiver = pick(say("Whose"), "of", list(names), names, width=220)
    return here.filter(pl.col("receiver_id") == receiver).row(0, named=True)


def _statement(view: View, row: dict[str, Any]) -> None:
    currency, closing = view.asked.currency, money(row["closing_minor"], view.asked.currency)
    month = month_name(row["month"])
    title = (
        say("{name} stands at {closing} in {month}", name=row["name"], closing=closing, month=month)
        if row["is_open"]
        else say("{name} closes {month} with {closing}", name=row["name"], month=month, closing=closing)
    )
    state = say("open: it changes until it is settled") if row["is_open"] else say("settled: it never changes again")
    answer = view.ask("sharing/statement", by=row["receiver_kind"], receiver=row["receiver_id"])
    with card(
        title, say("Statement in {currency}", currency=currency) + f" · {state}", answer, key="statement"
    ) as as_table:
        if not as_table:
            steps = statement_steps(row)
            draw(statement_waterfall(steps, view.theme, currency=currency, phone=view.is_phone), key="statement")
        _facts(view, row)


def _facts(view: View, row: dict[str, Any]) -> None:
    """What may be paid, what is held, and the digest with the way to check it."""
    currency = view.asked.currency
    payable, held = (plain(money(row[name], currency)) for name in ("payable_minor", "held_minor"))
    st.markdown(
        say(
            "May be paid on the 10th: **{payable}** · held back: **{held}** · lines: **{lines}**",
            payable=payable,
            held=held,
            lines=count(row["entries"]),
        ),
        help=say("Shares wait 15 days after an order is complete: most returns have come in by then."),
    )
    if row["closing_minor"] < 0:
        st.markdown(say("The balance is negative: the next months' shares make it up."))
    if row["digest"] is None:
        st.caption(say("The month is open. Its digest is made when it is settled."))
        return
    with st.container(horizontal=True, vertical_alignment="center", key="digestbar"):
        st.markdown(say("Digest") + f" `{row['digest'][:_SHORT]}…`", width="content")
        with st.popover(say("Check the digest"), icon=":material/fingerprint:", key="digest"):
            st.markdown(say("The whole digest (SHA-256), to copy and compare:"))
            st.code(row["digest"], language=None, wrap_lines=True)
            st.markdown(say(_HOW, fields=", ".join(ledger.DIGEST_FIELDS)))
