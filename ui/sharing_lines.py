"""The lines of a statement: why each came here, and the way to the replay of its customer at that order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from charts.numbers import count, digits, money, symbol
from schema.language import say
from schema.wording import CHANNEL_LABELS
from ui import links
from ui.cards import card, nothing_here
from ui.layout import pick
from ui.plain import plain
from ui.sharing_customers import suggestions
from ui.sharing_words import KINDS, in_words

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_MOST: Final = 500
_ORDER: Final = "order"
_TABLE: Final = "statement-lines"
_MONEY: Final = ("base_minor", "pool_minor", "amount_minor")
_PHONE: Final = ("order_id", "kind", "amount_minor")


def go(view_tab: str, **parameters: str) -> None:
    """Open another part of the page with its parameters in the URL."""
    for name, value in {"tab": view_tab, **parameters}.items():
        links.write(name, [value] if value else ())


def open_replay(line: dict[str, Any]) -> None:
    """The replay of a line's customer at its order."""
    go("replay", customer=str(line["customer_id"]), order=str(line["order_id"]))


def replayable(answer: Answer) -> pl.DataFrame:
    """Lines about an order of a known customer, one an order, largest amount first."""
    found = answer.table.filter(pl.col("order_id").is_not_null() & pl.col("customer_id").is_not_null())
    return found.sort(pl.col("amount_minor").abs(), "seq", descending=[True, False]).unique(
        "order_id", keep="first", maintain_order=True
    )


def chosen_line(view: View, answer: Answer) -> dict[str, Any] | None:
    """The line that the URL names, else one whose customer has a story, else the largest."""
    rows = replayable(answer)
    if rows.is_empty():
        return None
    said = rows.filter(pl.col("order_id") == st.query_params.get(_ORDER, ""))
    story = rows.filter(pl.col("customer_id").is_in(suggestions(view)))
    return (said if said.height else story if story.height else rows).row(0, named=True)


def lines_card(view: View, answer: Answer, name: str) -> None:
    """Every line of the statement, newest first; a row or the box below chooses the customer to replay."""
    if view.scope.role == "presenter":
        nothing_here(say("The lines of a statement are single orders; they are not presented."))
        return
    title = say("Every line replays to the second") if answer.table.height else say("No line in this month")
    said = say("Orders, refunds, payouts and corrections behind the statement · choose a row to replay its customer")
    with card(title, said, answer, key="lines") as as_table:
        if answer.is_empty:
            nothing_here(say("No line in this month: the balance was carried over."))
            return
        shown = answer.table.sort("local_on", "seq", descending=True).head(_MOST)
        if not as_table:
            _table(view, shown, name)
            if answer.table.height > _MOST:
                st.caption(
                    say(
                        "The newest {most} of {all} lines; the files above have all.",
                        most=_MOST,
                        all=count(answer.table.height),
                    )
                )
        _chooser(view, answer)


def _table(view: View, shown: pl.DataFrame, name: str) -> None:
    currency = view.asked.currency
    sign = symbol(currency).strip()
    rows = shown.with_columns(
        pl.col("kind").replace(in_words(KINDS)),
        pl.col("channel").replace(in_words(CHANNEL_LABELS)),
        (pl.col(_MONEY) / 10 ** digits(currency)).name.keep(),
        rule=pl.format("{} v{}", "rule_id", "rule_version"),
    )
    headings: dict[str, Any] = {
        "order_id": say("Order"), "local_on": st.column_config.DateColumn(say("Day"), format="YYYY-MM-DD"),
        "kind": say("Kind"), "customer_id": say("Customer"), "channel": say("Channel"),
        "why": st.column_config.Column(say("Why {name}", name=name), width="medium"),
        "rule": st.column_config.Column(say("Rule"), width="small"),
    }  # fmt: skip
    for column, words in zip(_MONEY, (say("Base"), say("Pool"), name), strict=True):
        headings[column] = st.column_config.NumberColumn(f"{words} {sign}", format="accounting")
    order = ["order_id", "local_on", "kind", "customer_id", "why", "channel", *_MONEY, "rule"]
    wanted = [column for column in order if not view.is_phone or column in _PHONE]

    def take() -> None:
        picked = st.session_state[_TABLE].selection.rows
        order_id = rows["order_id"][picked[0]] if picked and picked[0] < rows.height else None
        if order_id is not None:
            links.write(_ORDER, [order_id])

    st.dataframe(
        rows.select(wanted),
        hide_index=True,
        row_height=36,
        height=368,
        key=_TABLE,
        placeholder="—",
        column_config=headings,
        on_select=take,
        selection_mode="single-row",
    )


def _chooser(view: View, answer: Answer) -> None:
    """The same by name, for the keyboard and for phones."""
    rows = replayable(answer).head(_MOST)
    line = chosen_line(view, answer)
    if line is None:
        return
    said = {
        row[
            "order_id"
        ]: f"{row['order_id']} · {row['customer_id']} · {money(row['amount_minor'], view.asked.currency, sign='always')}"
        for row in [line, *rows.to_dicts()]
    }
    with st.container(horizontal=True, vertical_alignment="bottom", key="linebar"):
        pick(say("Line to replay"), _ORDER, list(said), said, width=360)
        st.button(
            say("Replay {customer}", customer=plain(line["customer_id"])),
            key="replay-line",
            icon=":material/history:",
            on_click=lambda: open_replay(line),
        )
