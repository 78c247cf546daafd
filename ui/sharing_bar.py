"""The one bar on the Statements tab: allocated = distributed, or what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import streamlit as st

from charts.numbers import count, money, percent
from charts.sharing_split import split_bar
from schema.language import say
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
    choice = Choice(say("Pools of"), "bar", {"agent": name or "", "all": say("Whole company")}) if can_choose else None
    whose = agent if name is not None and (choice is None or choice.value == "agent") else None
    answer = view.ask("sharing/split", month=month, whose=whose or "")
    if answer.is_empty:
        with card(say("No pool in this month"), month_name(month), answer, key="balance"):
            if choice is not None:
                choice.draw()
            nothing_here(say("No order of this month is shared."))
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
    when, accrued = month_name(month), money(pool, currency)
    said = (
        say("Pool accrued on orders of {name}'s bound customers, {month} · {pool}", name=name, month=when, pool=accrued)
        if name
        else say("Pool accrued on all orders, {month} · {pool}", month=when, pool=accrued)
    )
    if rest is None:
        others = int(answer.table["amount_minor"][-1])
        share = percent((pool - others) / pool if pool else None, 2)
        return say("{share} of these pools came to you", share=share), said
    if name is None:
        found = view.ask("sharing/balance").table
        borne = found.filter(found["month"] == month)["hq_rounding_minor"].drop_nulls()
        if borne.len():
            said += " · " + say("rounding borne by head office {amount}", amount=money(borne[0], currency))
    if rest > 0:
        return say("{amount} of the pool has no account", amount=money(rest, currency)), said
    if rest:
        return say("{amount} of the pool was given twice", amount=money(-rest, currency)), said
    share = percent((pool - rest) / pool if pool else None, 2)
    return say("Allocated = distributed = {share}", share=share), said


def _badge(answer: Answer) -> None:
    """*Verified* only where the parts add up to the pool, to the minor unit."""
    row = answer.table.row(0, named=True)
    if row["unassigned_minor"] is None:
        return
    said = say("{stores} stores · {n} lines", stores=count(row["stores"]), n=count(answer.n))
    if row["unassigned_minor"] == 0 and int(answer.table["amount_minor"].sum()) == row["pool_minor"]:
        st.badge(plain(say("Verified") + f" · {said}"), icon=":material/verified:", color="green")
    else:
        st.badge(plain(say("Does not add up") + f" · {said}"), icon=":material/error:", color="red")


def _parts(table: pl.DataFrame, name: str | None) -> list[tuple[str, int]]:
    called = (
        {
            "stores": say("{name}'s stores", name=name),
            "agent": say("{name}, agent", name=name),
            "guides": say("Guides"),
            "others": say("Others"),
        }
        if name
        else {"stores": say("Stores"), "agent": say("Agents"), "guides": say("Guides"), "others": say("Head office")}
    )
    return [(called[part], max(0, amount)) for part, amount in table.select("part", "amount_minor").iter_rows()]
