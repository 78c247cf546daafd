"""Where one agent's bound customers bought in a month, beside the statement: the journey card."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import streamlit as st

from answers import sharing_headlines as headlines
from charts.numbers import count, money, money_compact
from charts.sharing_flows import spending_bars
from charts.theme import words
from exports.files import csv_bytes, file_stem, xlsx_bytes
from schema.language import say
from ui.cards import card, draw, nothing_here, plain
from ui.downloads import noted
from ui.sharing_words import agents_of, month_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Answer
    from ui.view import View

_MOST_TERMS = 34
"""So many characters of a rule fit beside a place's name on a phone."""


def spending_card(view: View, month: str, agent: str | None, lines: Answer, replay: Callable[[], None] | None) -> None:
    """Own stores, online, another store of theirs, another agent's: where the money went, and what came back of it.

    Args:
        view: who looks.
        month: such as ``2026-10``.
        agent: whose customers; None for everybody's.
        lines: the statement's lines, for the files.
        replay: opens the replay of one of these customers; None where no line has a customer.
    """
    answer = view.ask("sharing/spending", month=month, whose=agent or "")
    name = agents_of(view).get(agent or "")
    table = answer.table
    when = month_name(month)
    said = (
        say("Net sales to customers bound to {name} in {month}, by where they bought", name=name, month=when)
        if name
        else say("Net sales to bound customers in {month}, by where they bought", month=when)
    )
    title = headlines.spending(answer, name or headlines.THEIR_OWNERS)
    with card(title, said, answer, key="spending") as as_table:
        if answer.is_empty:
            nothing_here(say("No orders of bound customers in this month."))
        elif not as_table:
            rows, highlight = _rows(view, table, name)
            draw(spending_bars(rows, view.theme, highlight=highlight, alt=f"{title}."), key="spending")
            away = table.filter(pl.col("place") != "own_store")
            came = money(int(away["share_minor"].sum()), view.asked.currency)
            many = count(int(away["orders"].sum()))
            words_of_it = (
                say("Of these {n} orders elsewhere, {amount} came to {name}'s side.", n=many, amount=came, name=name)
                if name
                else say("Of these {n} orders elsewhere, {amount} came to the owner's side.", n=many, amount=came)
            )
            st.caption(plain(words_of_it))
        _buttons(lines, replay)


def _rows(view: View, table: pl.DataFrame, name: str | None) -> tuple[list[tuple[str, str, float, str]], int | None]:
    """Places where anything was sold, the owner's own first; the finding is the largest one elsewhere."""
    places = {
        "own_store": say("Own stores") if name else say("Their owner's store"),
        "online": say("Online"),
        "sister_store": say("Another {name} store", name=name) if name else say("Another store of its agent"),
        "another_store": say("Another agent's store"),
        "head_office": say("Head office's own store"),
    }
    shown = table.filter((pl.col("orders") > 0) | (pl.col("place") != "head_office")).to_dicts()
    rows = [
        (places[row["place"]], _terms(view, places[row["place"]], row), row["part"] or 0.0, _hover(view, places, row))
        for row in shown
    ]
    away = [index for index, row in enumerate(shown) if row["place"] != "own_store"]
    return rows, max(away, key=lambda index: rows[index][2], default=None)


def _terms(view: View, place: str, row: dict[str, Any]) -> str:
    fits = not view.is_phone or len(place + row["terms"]) <= _MOST_TERMS
    return str(row["terms"]) if fits else ""


def _hover(view: View, places: dict[str, str], row: dict[str, Any]) -> str:
    currency = view.asked.currency
    return say(
        "<b>{place}</b><br>{net} net sales, {orders} orders<br>{terms}<br>{share} came to the owner's side",
        place=words(places[row["place"]]),
        net=money_compact(row["net_minor"], currency),
        orders=count(row["orders"]),
        terms=words(row["terms"]),
        share=money(row["share_minor"], currency),
    )


def _buttons(lines: Answer, replay: Callable[[], None] | None) -> None:
    with st.container(horizontal=True, key="statementfiles"):
        if replay is not None:
            st.button(
                say("Replay one customer"), type="primary", icon=":material/history:", key="replay-one", on_click=replay
            )
        for form, made in (("CSV", lambda: csv_bytes(lines.table)), ("XLSX", lambda: xlsx_bytes(lines))):
            st.download_button(
                say("Statement {form}", form=form),
                data=noted(made, address=lines.address, rows=lines.table.height, form=form.lower()),
                file_name=f"{file_stem(lines)}.{form.lower()}",
                icon=":material/download:",
                on_click="ignore",
                key=f"statement-{form.lower()}",
            )
