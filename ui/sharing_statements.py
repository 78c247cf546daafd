"""The Statements tab: one receiver's month from opening to closing, and the proof that every fen went somewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from charts.numbers import count, money, percent
from charts.sharing import month_words
from charts.sharing_money import split_bar, statement_steps, statement_waterfall
from ledger import api as ledger
from schema.wording import CHANNEL_LABELS
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.layout import Choice, columns, pick, toolbar
from ui.sharing_settle import settle_card
from ui.sharing_start import first_shares
from ui.sharing_words import KINDS, RECEIVERS, is_owner
from ui.tables import show_table

if TYPE_CHECKING:
    from ui.view import View

_SHORT = 12
_MOST = 500
_LINES = [
    "order_id",
    "day",
    "kind",
    "customer_id",
    "channel",
    "rule_id",
    "base_minor",
    "pool_minor",
    "amount_minor",
]
_PHONE_LINES = ["order_id", "kind", "amount_minor"]
_HOW = (
    "It is computed from the statement's lines in order (CSV behind the ⓘ of the table below): each line's fields "
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
    by = Choice("Accounts of", "by", {kind: words for kind, words in RECEIVERS.items() if kind in here})
    answer = view.ask("sharing/statement", by=by.value)
    with toolbar("statementbar"):
        by.draw()
        row = _chosen(answer.table)
    if row is None:
        nothing_here("No statement of these accounts in this period.")
    else:
        _balance(view, row["month"])
        left, right = columns(1.6, 1)
        with left:
            _statement(view, row)
        with right:
            _facts(view, row)
        _lines(view, row)
    if is_owner(view):
        settle_card(view)
    trust_line(answer)


def _chosen(table: pl.DataFrame) -> dict[str, Any] | None:
    """The month (newest settled first) and the receiver (largest balance first) that the URL names."""
    if table.is_empty():
        return None
    settled = table.filter(~pl.col("is_open"))
    months = table["month"].unique().sort(descending=True).to_list()
    first = settled["month"].max() if settled.height else months[0]
    months = [first, *(one for one in months if one != first)]
    month = pick("Month", "month", months, {one: month_words(one) for one in months}, width=130)
    here = table.filter(pl.col("month") == month).sort("closing_minor", "receiver_id", descending=[True, False])
    names = dict(here.select("receiver_id", "name").iter_rows())
    receiver = pick("Whose", "of", list(names), names, width=220)
    return here.filter(pl.col("receiver_id") == receiver).row(0, named=True)


def _balance(view: View, month: str) -> None:
    """Allocated = distributed = 100 %."""
    answer = view.ask("sharing/balance")
    found = answer.table.filter(pl.col("month") == month).drop_nulls("share")
    if found.is_empty():
        return
    row = found.row(0, named=True)
    currency = view.asked.currency
    rest, rounding = row["unassigned_minor"], row["hq_rounding_minor"]
    said = f"{month_words(month)} · pool {money(row['pool_minor'], currency)}"
    if rest is None:
        title = f"{percent(row['share'], 2)} of these pools came to you"
        said += f" · others received {money(row['others_minor'], currency)}"
    else:
        title = f"Allocated = distributed = {percent(row['share'], 2)}"
        said += f" · unassigned {money(rest, currency)} · rounding borne by head office {money(rounding, currency)}"
    with card(title, said, answer, key="balance") as as_table:
        parts = [(words, _accrued(view, by, month)) for by, words in RECEIVERS.items()]
        drawn = [(words, amount) for words, amount in parts if amount > 0]
        if drawn and not as_table:
            draw(split_bar(drawn, view.theme, currency=currency, phone=view.is_phone), key="balance")


def _accrued(view: View, by: str, month: str) -> int:
    table = view.ask("sharing/statement", by=by).table
    return int(table.filter(pl.col("month") == month)["accrued_minor"].sum())


def _statement(view: View, row: dict[str, Any]) -> None:
    currency, closing = view.asked.currency, money(row["closing_minor"], view.asked.currency)
    month = month_words(row["month"])
    title = (
        f"{row['name']} stands at {closing} in {month}"
        if row["is_open"]
        else f"{row['name']} closes {month} with {closing}"
    )
    state = "open: it changes until it is settled" if row["is_open"] else "settled: it never changes again"
    answer = view.ask("sharing/statement", by=row["receiver_kind"], receiver=row["receiver_id"])
    with card(title, f"Statement in {currency} · {state}", answer, key="statement") as as_table:
        if not as_table:
            steps = statement_steps(row)
            draw(statement_waterfall(steps, view.theme, currency=currency, phone=view.is_phone), key="statement")


def _facts(view: View, row: dict[str, Any]) -> None:
    """What may be paid, what is held, and the digest with the way to check it."""
    currency = view.asked.currency
    with card("What is paid, and when", "On the 10th of the next month", key="facts"):
        st.markdown(f"May be paid out: **{plain(money(row['payable_minor'], currency))}**")
        st.markdown(
            f"Held back: **{plain(money(row['held_minor'], currency))}**",
            help="Shares wait 15 days after an order is complete: most returns have come in by then.",
        )
        st.markdown(f"Lines: **{count(row['entries'])}**")
        if row["closing_minor"] < 0:
            st.markdown("The balance is negative: the next months' shares make it up.")
        if row["digest"] is None:
            st.caption("The month is open. Its digest is made when it is settled.")
            return
        st.markdown(f"Digest `{row['digest'][:_SHORT]}…`", help="A fingerprint of all lines of this statement.")
        with st.popover("Check the digest", icon=":material/fingerprint:", key="digest"):
            st.markdown("The whole digest (SHA-256), to copy and compare:")
            st.code(row["digest"], language=None, wrap_lines=True)
            st.markdown(_HOW.format(fields=", ".join(ledger.DIGEST_FIELDS)))


def _lines(view: View, row: dict[str, Any]) -> None:
    answer = view.ask("sharing/lines", by=row["receiver_kind"], receiver=row["receiver_id"], month=row["month"])
    with card("Every line", "Orders, refunds, payouts and corrections behind the statement", answer, key="lines") as t:
        if answer.is_empty:
            nothing_here("No line in this month: the balance was carried over.")
        elif not t:
            wanted = _PHONE_LINES if view.is_phone else _LINES
            rows = answer.table.head(_MOST).with_columns(
                pl.col("kind").replace(KINDS), pl.col("channel").replace(CHANNEL_LABELS), day="local_on"
            )
            show_table(rows, key="lines", currency=view.asked.currency, columns=wanted, height=330)
            if answer.table.height > _MOST:
                st.caption(f"The first {_MOST} of {count(answer.table.height)} lines; the CSV behind the ⓘ has all.")
