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
    said = f"Net sales to {f'customers bound to {name}' if name else 'bound customers'} in {month_name(month)}"
    title = headlines.spending(answer, name or "their owners")
    with card(title, f"{said}, by where they bought", answer, key="spending") as as_table:
        if answer.is_empty:
            nothing_here("No orders of bound customers in this month.")
        elif not as_table:
            rows, highlight = _rows(view, table, name)
            draw(spending_bars(rows, view.theme, highlight=highlight, alt=f"{title}."), key="spending")
            away = table.filter(pl.col("place") != "own_store")
            came = money(int(away["share_minor"].sum()), view.asked.currency)
            st.caption(
                plain(
                    f"Of these {count(int(away['orders'].sum()))} orders elsewhere, {came} came to {name or 'the owner'}'s side."
                )
            )
        _buttons(lines, replay)


def _rows(view: View, table: pl.DataFrame, name: str | None) -> tuple[list[tuple[str, str, float, str]], int | None]:
    """Places where anything was sold, the owner's own first; the finding is the largest one elsewhere."""
    places = {
        "own_store": "Own stores" if name else "Their owner's store",
        "online": "Online",
        "sister_store": f"Another {name} store" if name else "Another store of its agent",
        "another_store": "Another agent's store",
        "head_office": "Head office's own store",
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
    return (
        f"<b>{words(places[row['place']])}</b><br>{money_compact(row['net_minor'], currency)} net sales, "
        f"{count(row['orders'])} orders<br>{words(row['terms'])}"
        f"<br>{money(row['share_minor'], currency)} came to the owner's side"
    )


def _buttons(lines: Answer, replay: Callable[[], None] | None) -> None:
    with st.container(horizontal=True, key="statementfiles"):
        if replay is not None:
            st.button(
                "Replay one customer", type="primary", icon=":material/history:", key="replay-one", on_click=replay
            )
        for form, made in (("CSV", lambda: csv_bytes(lines.table)), ("XLSX", lambda: xlsx_bytes(lines))):
            st.download_button(
                f"Statement {form}",
                data=noted(made, address=lines.address, rows=lines.table.height, form=form.lower()),
                file_name=f"{file_stem(lines)}.{form.lower()}",
                icon=":material/download:",
                on_click="ignore",
                key=f"statement-{form.lower()}",
            )
