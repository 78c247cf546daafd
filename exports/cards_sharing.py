"""How the Sharing page's tabs are shown in a file: who is bound, where the money went, and one account's month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import sharing_headlines as headlines
from charts.numbers import count, money_compact, percent
from charts.sharing import attempts_by_month, binding_funnel, expiring_bars, method_bars
from charts.sharing_flows import exposure_bars, journey_bars, leakage_bars
from charts.sharing_latency import latency_by_day
from exports import natives
from exports.desk import Desk, native, plain_card, shows
from exports.document import Card, KeyFigure
from exports.words import spoken
from schema.days import day
from schema.language import plural, say
from schema.sharing_labels import METHODS, PLACES

if TYPE_CHECKING:
    from answers.answer import Answer

_SHOWN: Final = 10
_EXPIRING: Final = 8


def binding_cards(desk: Desk) -> tuple[Card, ...]:
    """The tab Binding."""
    methods, guides = desk.ask("sharing/methods"), desk.ask("sharing/guides")
    return (
        desk.card("sharing/latency"),
        desk.card("sharing/funnel"),
        *((desk.card("sharing/methods"),) if not methods.is_empty else ()),
        desk.card("sharing/attempts"),
        desk.card("sharing/expiring"),
        *((desk.card("sharing/guides"),) if not guides.is_empty else ()),
    )


def binding_figures(desk: Desk) -> tuple[KeyFigure, ...]:
    """How many are bound, and how fast."""
    steps = {row["step"]: row for row in desk.ask("sharing/funnel").table.iter_rows(named=True)}
    times = desk.ask("sharing/timeliness").table
    time: dict[str, Any] = times.row(0, named=True) if times.height else {}
    waits = [time.get(name) for name in ("p50_s", "p95_s")]
    half, most = ("—" if one is None else headlines.duration(one) for one in waits)
    return (
        KeyFigure(say("Bound"), percent(steps.get("bound", {}).get("share"))),
        KeyFigure(say("Within 60 s"), percent(time.get("timely_share"))),
        KeyFigure(say("Half wait at most"), half),
        KeyFigure(say("95 % wait at most"), most),
    )


def money_cards(desk: Desk) -> tuple[Card, ...]:
    """The tab Money."""
    leaks = desk.choice("leak", ["agent", "store"])
    return (
        desk.card("sharing/journey"),
        desk.card("sharing/leakage", by=leaks),
        desk.card("sharing/exposure"),
        desk.card("sharing/anomalies"),
    )


@shows("sharing/latency")
def latency(desk: Desk, answer: Answer) -> Card:
    """How long they wait for an owner."""
    title, said = headlines.latency(answer), say("From registering to having an owner, by day · promised: 60 s")
    if answer.is_empty or answer.table["p95_s"].null_count() == answer.table.height:
        empty = say("No registration of this period reached us live, so no waiting time can be measured.")
        return Card("latency", title, said, answer, empty=empty)
    worst = headlines.late_day(answer)
    finding = (
        None if worst is None else (worst[0], say("{day}: {count} late", day=day(worst[0]), count=count(worst[1])))
    )
    figure = latency_by_day(answer.table, desk.theme, finding=finding, height=400, alt=title if worst else None)
    return Card("latency", title, said, answer, figure)


@shows("sharing/funnel")
def funnel(desk: Desk, answer: Answer) -> Card:
    """Who has an owner, and how surely."""
    title, said = headlines.coverage(answer), say("Customers and share of the registered")
    if answer.is_empty:
        return Card("funnel", title, said, answer, empty=say("Nobody registered here yet."))
    rows = natives.binding_steps(answer)
    chart = natives.binding(answer, desk.theme)
    return Card("funnel", title, said, answer, binding_funnel(rows, desk.theme), native=chart)


@shows("sharing/methods")
def methods(desk: Desk, answer: Answer) -> Card:
    """What decided whose customer it is."""
    known = answer.table.drop_nulls("method").group_by("method").agg(pl.col("customers").sum())
    if known.is_empty():
        return Card(
            "methods",
            say("What decided"),
            say("Customers by what gave them an owner"),
            answer,
            empty=say("Nobody has an owner yet."),
        )
    rows = known.sort("customers", "method", descending=[True, False]).with_columns(
        pl.col("method").replace(spoken(METHODS))
    )
    chart = native("bars", rows, "method", {"customers": say("Customers")}, theme=desk.theme)
    said = say("Customers by what gave them an owner")
    return Card("methods", say("What decided"), said, answer, method_bars(rows, desk.theme), native=chart)


@shows("sharing/attempts")
def attempts(desk: Desk, answer: Answer) -> Card:
    """Who tried to take over whom."""
    title, said = headlines.attempts(answer), say("Scans and guides' codes of customers who had an owner")
    if answer.is_empty:
        return Card("attempts", title, said, answer, empty=say("Nobody tried to claim a customer who had an owner."))
    return Card("attempts", title, said, answer, attempts_by_month(answer.table, desk.theme))


@shows("sharing/expiring")
def expiring(desk: Desk, answer: Answer) -> Card:
    """Which bindings end soon."""
    title, said = headlines.expiring(answer), say("Unless an order is paid; then decided anew")
    if answer.is_empty:
        return Card("expiring", title, said, answer, empty=say("Every binding is valid for longer."))
    rows = answer.table.select("customers", name="store_name").head(_EXPIRING)
    chart = native("bars", rows, "name", {"customers": say("Customers")}, theme=desk.theme)
    return Card("expiring", title, said, answer, expiring_bars(rows, desk.theme), native=chart)


@shows("sharing/journey")
def journey(desk: Desk, answer: Answer) -> Card:
    """Where bound customers buy."""
    title, said = headlines.journey(answer), say("Net sales to bound customers by where they bought")
    if answer.is_empty:
        return Card("journey", title, said, answer, empty=say("No orders of bound customers in this period."))
    currency = desk.asked.currency
    rows = answer.table.select(
        "net_minor", place=pl.col("where").replace(spoken(PLACES)), share="part", credited_minor="share_minor"
    )
    chart = native("bars", rows, "place", {"net_minor": say("Net sales")}, theme=desk.theme, currency=currency)
    credited = money_compact(float(answer.table["share_minor"].sum()), currency)
    told = (say("{amount} of shares came to their owners for it.", amount=credited),)
    return Card(
        "journey", title, said, answer, journey_bars(rows, desk.theme, currency=currency), native=chart, said=told
    )


@shows("sharing/leakage")
def leakage(desk: Desk, answer: Answer) -> Card:
    """What leaks away."""
    title = headlines.leakage(answer)
    said = say("Spend elsewhere ÷ all spend of bound customers · right: for how much of it the owner got a share")
    rows = answer.table.drop_nulls("leakage").head(_SHOWN)
    if rows.is_empty():
        return Card("leakage", title, said, answer, empty=say("No orders of bound customers in this period."))
    columns = {"leakage": say("Leakage"), "credited_leakage": say("of it with a share")}
    chart = native("bars", rows, "name", columns, theme=desk.theme, unit="rate")
    return Card("leakage", title, said, answer, leakage_bars(rows, desk.theme), native=chart)


@shows("sharing/exposure")
def exposure(desk: Desk, answer: Answer) -> Card:
    """What refunds may still take back."""
    title = headlines.exposure(answer)
    said = say("Shares not yet paid × chance of a later refund, by age of the order · right: that chance")
    if answer.is_empty:
        return Card("exposure", title, said, answer, empty=say("No unpaid share is booked here."))
    ages = [
        say("over {n} d", n=str(first - 1))
        if last is None
        else say("{first}–{last} d", first=str(first), last=str(last))
        for first, last in answer.table.select("age_days", "to_days").iter_rows()
    ]
    rows, currency = answer.table.with_columns(age=pl.Series(ages, dtype=pl.String)), desk.asked.currency
    chart = native("bars", rows, "age", {"exposure_minor": say("May come back")}, theme=desk.theme, currency=currency)
    return Card("exposure", title, said, answer, exposure_bars(rows, desk.theme, currency=currency), native=chart)


@shows("sharing/anomalies")
def anomalies(desk: Desk, answer: Answer) -> Card:
    """What looks odd."""
    del desk
    n = answer.table.height
    title = plural("One thing looks odd", "{n} things look odd", n) if n else say("Nothing looks odd")
    said = say("Bursts of bindings, guides buying from themselves, uncertain stores")
    if answer.is_empty:
        return Card("odd", title, said, answer, empty=say("Nothing looks odd among what is checked."))
    return Card("odd", title, said, answer, shown=answer.table.select("sentence"))


@shows("sharing/rules")
def rules(desk: Desk, answer: Answer) -> Card:
    """By which rules money is shared."""
    del desk
    wanted = [name for name in ("sentence", "effective_from") if name in answer.table.columns]
    return plain_card(
        answer,
        say("The rules in force"),
        say("Each as a sentence"),
        table=answer.table.select(wanted or answer.table.columns),
    )
