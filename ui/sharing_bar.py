"""The one bar on the Statements tab: allocated = distributed, or what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from charts.numbers import count, money, percent
from charts.sharing_split import split_bar
from ui.cards import card, draw, nothing_here, plain
from ui.layout import Choice
from ui.sharing_words import agents_of, month_name

if TYPE_CHECKING:
    import polars as pl

    from answers.answer import Answer
    from ui.view import View


def pool_bar(view: View, month: str, agent: str | None) -> None:
    """Where the pools of a month went.

    Args:
        view: who looks.
        month: such as ``2026-10``.
        agent: whose bound customers' orders it is about, where one was chosen; else the whole company. The other of the
            two is one click away.
    """
    name = agents_of(view).get(agent or "")
    can_choose = name is not None and view.scope.role != "agent" and not view.filters.agent
    choice = Choice("Pools of", "bar", {"agent": name or "", "all": "Whole company"}) if can_choose else None
    whose = agent if name is not None and (choice is None or choice.value == "agent") else None
    answer = view.ask("sharing/split", month=month, whose=whose or "")
    if answer.is_empty:
        with card("No pool in this month", month_name(month), answer, key="balance"):
            if choice is not None:
                choice.draw()
            nothing_here("No order of this month is shared.")
        return
    title, said = _words(view, answer, month, name if whose else None)
    with card(title, said, answer, key="balance") as as_table:
        apart: Literal["right", "distribute"] = "right" if choice is None else "distribute"
        with st.container(horizontal=True, horizontal_alignment=apart, vertical_alignment="center", key="barhead"):
            if choice is not None:
                choice.draw()
            _badge(answer)
        if not as_table:
            drawn = _parts(answer.table, name if whose else None)
            draw(split_bar(drawn, view.theme, currency=view.asked.currency, phone=view.is_phone), key="balance")


def _words(view: View, answer: Answer, month: str, name: str | None) -> tuple[str, str]:
    row, currency = answer.table.row(0, named=True), view.asked.currency
    pool, rest = row["pool_minor"], row["unassigned_minor"]
    whose = f"orders of {name}'s bound customers" if name else "all orders"
    said = f"Pool accrued on {whose}, {month_name(month)} · {money(pool, currency)}"
    if rest is None:
        others = int(answer.table["amount_minor"][-1])
        return f"{percent((pool - others) / pool if pool else None, 2)} of these pools came to you", said
    if name is None:
        found = view.ask("sharing/balance").table
        borne = found.filter(found["month"] == month)["hq_rounding_minor"].drop_nulls()
        if borne.len():
            said += f" · rounding borne by head office {money(borne[0], currency)}"
    if rest:
        return f"{money(abs(rest), currency)} of the pool {'has no account' if rest > 0 else 'was given twice'}", said
    return f"Allocated = distributed = {percent((pool - rest) / pool if pool else None, 2)}", said


def _badge(answer: Answer) -> None:
    """*Verified* only where the parts add up to the pool, to the minor unit."""
    row = answer.table.row(0, named=True)
    if row["unassigned_minor"] is None:
        return
    said = f"{count(row['stores'])} stores · {count(answer.n)} lines"
    if row["unassigned_minor"] == 0 and int(answer.table["amount_minor"].sum()) == row["pool_minor"]:
        st.badge(plain(f"Verified · {said}"), icon=":material/verified:", color="green")
    else:
        st.badge(plain(f"Does not add up · {said}"), icon=":material/error:", color="red")


def _parts(table: pl.DataFrame, name: str | None) -> list[tuple[str, int]]:
    called = (
        {"stores": f"{name}'s stores", "agent": f"{name}, agent", "guides": "Guides", "others": "Others"}
        if name
        else {"stores": "Stores", "agent": "Agents", "guides": "Guides", "others": "Head office"}
    )
    return [(called[part], max(0, amount)) for part, amount in table.select("part", "amount_minor").iter_rows()]
