"""Pictures of the pages Sharing and Data: pools, statements, other rules, and what was checked."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import sharing_headlines
from charts.numbers import count, money, money_compact, percent
from charts.sharing import binding_funnel
from charts.sharing_money import statement_steps, statement_waterfall, winners_losers
from charts.sharing_split import split_bar
from exports import natives, story_grid
from exports.story_found import Found, Number
from exports.story_kinds import Kind, register
from schema.days import month as month_of
from schema.language import later, say
from schema.phrases import percent as exact

if TYPE_CHECKING:
    from charts.theme import Theme
    from exports.document import Native
    from exports.story_found import Picture

_PARTS: Final = {
    "stores": later("Stores"),
    "agent": later("Agents"),
    "guides": later("Guides"),
    "others": later("Head office"),
}


def _split(found: Found, theme: Theme) -> Picture:
    if found.main.is_empty:
        return story_grid.grid(found)
    parts = [
        (say(_PARTS[part]), max(0, minor))
        for part, minor in found.main.table.select("part", "amount_minor").iter_rows()
    ]
    return split_bar(parts, theme, currency=found.main.currency)


def _split_said(found: Found) -> str:
    if found.main.is_empty:
        return say("No pool in this month")
    row = found.main.table.row(0, named=True)
    rest, pool = row["unassigned_minor"], row["pool_minor"]
    if rest is None or not pool:
        return say("Into whose accounts the pools went")
    return say("Allocated = distributed = *{share}*", share=percent((pool - rest) / pool, 2))


def _split_facts(found: Found) -> dict[str, str]:
    if found.main.is_empty:
        return {}
    row = found.main.table.row(0, named=True)
    rest = row["unassigned_minor"]
    told = {"pool": money(row["pool_minor"], found.main.currency), "lines": count(found.main.n)}
    return told | ({} if rest is None else {"unassigned": money(rest, found.main.currency)})


def _split_about(found: Found) -> str:
    month = _month(found)
    return say("Pools of all orders, {month}", month=month) if month else say("Pools of all orders")


def _month(found: Found) -> str:
    month = str(found.options.get("month") or found.given("month"))
    return _month_name(month) if month else ""


def _month_name(month: str) -> str:
    """``2026-10`` → ``October 2026``."""
    return month_of(dt.date.fromisoformat(f"{month}-01"))


def _row(found: Found) -> dict[str, Any] | None:
    """The statement of the month that the step is about: the page's, else the newest settled one."""
    table = found.main.table
    month = found.given("month")
    here = table.filter(pl.col("month") == month) if month else table.filter(~pl.col("is_open"))
    here = (here if here.height else table).sort("month")
    return here.row(-1, named=True) if here.height else None


def _statement(found: Found, theme: Theme) -> Picture:
    row = _row(found)
    if row is None:
        return story_grid.grid(found)
    return statement_waterfall(statement_steps(row), theme, currency=found.main.currency)


def _statement_native(found: Found, theme: Theme) -> Native | None:
    row = _row(found)
    return None if row is None else natives.statement(row, found.main.currency, theme)


def _statement_said(found: Found) -> str:
    row = _row(found)
    if row is None:
        return say("Statements")
    closing = money(row["closing_minor"], found.main.currency)
    if row["is_open"]:
        return say("{name} stands at *{closing}*", name=row["name"], closing=closing)
    return say("{name} closes with *{closing}*", name=row["name"], closing=closing)


def _statement_about(found: Found) -> str:
    row = _row(found)
    if row is None:
        return say("Statements by month")
    return say("Statement of {month} · opening and what moved it add up to closing", month=_month_name(row["month"]))


def _statement_facts(found: Found) -> dict[str, str]:
    row = _row(found)
    if row is None:
        return {}
    names = ("opening", "accrued", "clawback", "paid", "adjust", "closing")
    amounts = {name: money(row[f"{name}_minor"], found.main.currency) for name in names}
    digest = {"digest": f"{row['digest'][:12]}…"} if row.get("digest") else {}
    return {"name": str(row["name"]), "month": _month_name(row["month"]), **amounts, **digest}


def _simulated(found: Found) -> pl.DataFrame:
    return found.main.table.with_columns(
        name=pl.col("agent_id").replace(found.names).fill_null(say("Head office"))
    ).filter(pl.col("delta_minor") != 0)


def _simulation(found: Found, theme: Theme) -> Picture:
    rows = _simulated(found)
    if rows.is_empty():
        return story_grid.grid(found)
    return winners_losers(
        rows.select("name", "delta_minor"), theme, currency=found.main.currency, highlight=say("Head office")
    )


def _simulation_native(found: Found, theme: Theme) -> Native | None:
    rows = _simulated(found)
    if rows.is_empty():
        return None
    return natives.differences(rows, found.main.currency, say("Head office"), theme)


def _office(found: Found) -> int | None:
    own = found.main.table.filter(pl.col("agent_id").is_null())["delta_minor"]
    return int(own[0]) if own.len() else None


def _simulation_said(found: Found) -> str:
    office = _office(found)
    if not office:
        return say("Nobody would receive more or less")
    amount = money_compact(abs(office), found.main.currency)
    if office < 0:
        return say("It would cost head office *{amount}* a year", amount=amount)
    return say("It would bring head office *{amount}* a year", amount=amount)


def _simulation_facts(found: Found) -> dict[str, str]:
    office = _office(found)
    return {} if office is None else {"office": money_compact(abs(office), found.main.currency)}


def _funnel_said(found: Found) -> str:
    return sharing_headlines.coverage(found.main)


def _checked(found: Found, _: Theme) -> tuple[Number, ...]:
    table = found.main.table
    told = [
        (say("Rows read"), "rows_in", 0),
        (say("Duplicates removed"), "duplicate", 0),
        (say("Set aside, none lost"), "quarantined", 0),
    ]
    return tuple(Number(words, count(int(table[name].sum())), tone=tone) for words, name, tone in told)


def _checked_said(found: Found) -> str:
    rows, aside = (int(found.main.table[name].sum()) for name in ("rows_in", "quarantined"))
    return (
        say("*{share}* of all rows were accepted or known already", share=exact(1 - aside / rows))
        if rows
        else say("What was checked")
    )


def _checked_facts(found: Found) -> dict[str, str]:
    table = found.main.table
    return {name: count(int(table[name].sum())) for name in ("rows_in", "accepted", "duplicate", "quarantined")}


for _kind in (
    Kind("sharing.split", "sharing/split", _split_said, _split_about,
         _split, facts=_split_facts, cards=(("sharing", "balance"),)),
    Kind("sharing.statement", "sharing/statement", _statement_said, _statement_about, _statement,
         facts=_statement_facts, cards=(("sharing", "statement"),), native=_statement_native),
    Kind("sharing.simulation", "sharing/simulation", _simulation_said,
         lambda _: say("The last twelve months under other rules · nothing is written"), _simulation,
         facts=_simulation_facts, has_places=True, native=_simulation_native),
    Kind("sharing.funnel", "sharing/funnel", _funnel_said, lambda _: say("From registration to an owner"),
         lambda f, t: binding_funnel(natives.binding_steps(f.main), t), cards=(("sharing", "funnel"),),
         native=lambda f, t: natives.binding(f.main, t)),
    Kind("data.checked", "data/report", _checked_said, lambda _: say("Every row is accepted, known already, or set aside"),
         _checked, facts=_checked_facts, cards=(("overview", "checks"),)),
):  # fmt: skip
    register(_kind)
