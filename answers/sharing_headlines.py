"""The findings of the Sharing page's cards as sentences; a plain noun where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

import polars as pl

from metrics.bound_latency import LATE_DAY, TIMELY_S
from schema.phrases import percent, whole_percent

if TYPE_CHECKING:
    import datetime as dt

    from answers.answer import Answer
    from answers.registry import Result

    HasTable: TypeAlias = Answer | Result

_MINUTE_S = 60
_HOUR_S = 3_600
_NEARLY = 0.95
_FRACTIONS = (
    (1 / 4, "A quarter"),
    (1 / 3, "One third"),
    (1 / 2, "Half"),
    (2 / 3, "Two thirds"),
    (3 / 4, "Three quarters"),
)
_FRACTION_AIR = 0.015


def coverage(answer: HasTable) -> str:
    """``98.7 % of members have an owner``."""
    share = _of_step(answer, "share", "bound")
    return "Who has an owner" if share is None else f"{percent(share)} of members have an owner"


def sureness(answer: HasTable) -> str:
    """``3.1 % of owners are contested``: of the bound, or that none is."""
    bound, contested = _of_step(answer, "customers", "bound"), _of_step(answer, "customers", "contested")
    if not bound:
        return "How sure the owner is"
    return f"{percent((contested or 0) / bound)} of owners are contested" if contested else "No owner is contested"


def _of_step(answer: HasTable, column: str, step: str) -> float | None:
    found = answer.table.filter(pl.col("step") == step)[column]
    return None if found.is_empty() else found[0]


def late_day(answer: HasTable) -> tuple[dt.date, int] | None:
    """The day on which most bindings came late, when they are many, with their number."""
    late = answer.table.filter(pl.col("late") >= LATE_DAY).sort("late", "day", descending=[True, False])
    return None if late.is_empty() else (late["day"][0], int(late["late"][0]))


def latency(answer: HasTable) -> str:
    """``312 bindings came late on 18 June``, or that none or few did."""
    worst = late_day(answer)
    if worst is not None:
        day, late = worst
        return f"{late:,} bindings came late on {day.day} {day:%B}"
    if not int(answer.table["bound"].sum()):
        return "How long a registration waits for its owner"
    late = int(answer.table["late"].sum())
    return f"{late:,} bindings came late, spread over the period" if late else "Every binding came within a minute"


def timeliness(answer: HasTable) -> str:
    """``99.1 % were bound within 60 s, 95 % within 48 s``."""
    table = answer.table.drop_nulls("timely_share")
    if table.is_empty():
        return "How fast owners are found"
    row = table.row(0, named=True)
    return f"{percent(row['timely_share'])} were bound within {TIMELY_S:.0f} s, 95 % within {duration(row['p95_s'])}"


def duration(seconds: float) -> str:
    """``48 s``, ``3 min 20 s``, ``2 h 30 min``."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        minutes, rest = divmod(whole, _MINUTE_S)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(round(whole / _MINUTE_S), _MINUTE_S)
    return f"{hours} h {minutes} min" if minutes else f"{hours} h"


def attempts(answer: HasTable) -> str:
    """``Protection held against 41 of 63 claims``; claims on own customers are left out."""
    claims = answer.table.filter(pl.col("outcome") != "no_change")
    whole, held = int(claims["attempts"].sum()), int(_outcome(claims, "rejected_protected"))
    if not whole:
        return "Attempts to claim customers"
    return f"Protection held against {held:,} of {whole:,} claims"


def _outcome(claims: pl.DataFrame, outcome: str) -> int:
    return int(claims.filter(pl.col("outcome") == outcome)["attempts"].sum())


def expiring(answer: HasTable) -> str:
    """``412 bindings run out within 30 days``."""
    n = int(answer.table["customers"].sum())
    return f"{n:,} binding{'s run' if n > 1 else ' runs'} out within 30 days" if n else "No binding runs out soon"


def balance(answer: HasTable) -> str:
    """``Allocated = distributed, to the minor unit``, or what is missing; for an agent their part of the pools."""
    table = answer.table
    pool = int(table["pool_minor"].sum())
    if not pool:
        return "Allocated and distributed"
    if table["unassigned_minor"].null_count() == table.height:
        return f"{percent(int(table['distributed_minor'].sum()) / pool)} of these pools came to you"
    lost = int(table["unassigned_minor"].abs().sum())
    said = "1 minor unit has" if lost == 1 else f"{lost:,} minor units have"
    return f"{said} no account" if lost else "Allocated = distributed, to the minor unit"


def leakage(answer: HasTable) -> str:
    """``39 % of bound customers' spend is elsewhere; owners get a share of nearly all of it``."""
    sums = answer.table.select(pl.col("spend_minor", "elsewhere_minor", "credited_minor").sum()).row(0)
    spend, elsewhere, credited = (int(value) for value in sums)
    if spend <= 0:
        return "Where bound customers spend"
    said = f"{whole_percent(elsewhere / spend)} of bound customers' spend is elsewhere"
    return f"{said}; owners get a share of {how_much(credited / elsewhere)} it" if elsewhere > 0 else said


def how_much(part: float) -> str:
    """``all of``, ``nearly all of``, ``62 % of``, ``hardly any of``, ``none of``."""
    if part >= 1 or part <= 0:
        return "all of" if part > 0 else "none of"
    if part >= _NEARLY:
        return "nearly all of"
    return "hardly any of" if part <= 1 - _NEARLY else f"{whole_percent(part)} of"


def spending(answer: HasTable, who: str) -> str:
    """``Two of three yuan are spent elsewhere``-like: how much bound customers spend elsewhere, and whether it is credited.

    Args:
        answer: ``sharing/spending``.
        who: the agent, or ``their owners``.
    """
    away = answer.table.filter(pl.col("place") != "own_store")
    elsewhere, spend = int(away["net_minor"].sum()), int(answer.table["net_minor"].sum())
    if spend <= 0 or elsewhere <= 0:
        return "Where bound customers buy"
    part = elsewhere / spend
    near = min(_FRACTIONS, key=lambda one: abs(one[0] - part))
    said = near[1] if abs(near[0] - part) <= _FRACTION_AIR else whole_percent(part)
    credited = how_much(int(away["credited_minor"].sum()) / elsewhere)
    got = "was" if who != "their owners" else "were"
    tail = {"all of": f"{who} {got} credited", "nearly all of": f"{who} {got} credited for nearly all of it"}
    end = tail.get(credited, f"{who} {got} credited for {credited} it")
    return f"{said} of bound customers' spend is elsewhere, and {end}"


def journey(answer: HasTable) -> str:
    """``My customers spend 71 % in my stores``."""
    own = answer.table.filter(pl.col("where") == "own_store")["part"].drop_nulls()
    return (
        "Where bound customers buy"
        if own.is_empty()
        else f"Bound customers spend {whole_percent(own[0])} at their owner's"
    )


def exposure(answer: HasTable) -> str:
    """``4.2 % of unpaid shares may still come back``."""
    known = answer.table.drop_nulls("exposure_minor")
    whole = int(known["accrued_minor"].sum())
    if not whole:
        return "What refunds may still take back"
    return f"{percent(int(known['exposure_minor'].sum()) / whole)} of unpaid shares may still come back"


def anomalies(answer: HasTable) -> str:
    """The first case's own sentence, or that nothing looks odd."""
    return "Nothing looks odd" if answer.table.is_empty() else str(answer.table["sentence"][0]).removesuffix(".")
