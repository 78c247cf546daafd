"""The findings of the Sharing page's cards as sentences; a plain noun where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

import polars as pl

from answers.memo import of_answer
from metrics.bound_latency import LATE_DAY, TIMELY_S
from schema.days import long_day
from schema.language import later, plural, say
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
    (1 / 4, later("A quarter")),
    (1 / 3, later("One third")),
    (1 / 2, later("Half")),
    (2 / 3, later("Two thirds")),
    (3 / 4, later("Three quarters")),
)
_FRACTION_AIR = 0.015


@of_answer
def coverage(answer: HasTable) -> str:
    """``98.7 % of members have an owner``."""
    share = _of_step(answer, "share", "bound")
    return say("Who has an owner") if share is None else say("{part} of members have an owner", part=percent(share))


@of_answer
def sureness(answer: HasTable) -> str:
    """``3.1 % of owners are contested``: of the bound, or that none is."""
    bound, contested = _of_step(answer, "customers", "bound"), _of_step(answer, "customers", "contested")
    if not bound:
        return say("How sure the owner is")
    return (
        say("{part} of owners are contested", part=percent((contested or 0) / bound))
        if contested
        else say("No owner is contested")
    )


def _of_step(answer: HasTable, column: str, step: str) -> float | None:
    found = answer.table.filter(pl.col("step") == step)[column]
    return None if found.is_empty() else found[0]


@of_answer
def late_day(answer: HasTable) -> tuple[dt.date, int] | None:
    """The day on which most bindings came late, when they are many, with their number."""
    late = answer.table.filter(pl.col("late") >= LATE_DAY).sort("late", "day", descending=[True, False])
    return None if late.is_empty() else (late["day"][0], int(late["late"][0]))


@of_answer
def latency(answer: HasTable) -> str:
    """``312 bindings came late on 18 June``, or that none or few did."""
    worst = late_day(answer)
    if worst is not None:
        day, late = worst
        return say("{n} bindings came late on {day}", n=late, day=long_day(day))
    if not int(answer.table["bound"].sum()):
        return say("How long a registration waits for its owner")
    late = int(answer.table["late"].sum())
    return (
        say("{n} bindings came late, spread over the period", n=late)
        if late
        else say("Every binding came within a minute")
    )


@of_answer
def timeliness(answer: HasTable) -> str:
    """``99.1 % were bound within 60 s, 95 % within 48 s``."""
    table = answer.table.drop_nulls("timely_share")
    if table.is_empty():
        return say("How fast owners are found")
    row = table.row(0, named=True)
    return say(
        "{part} were bound within {seconds} s, 95 % within {duration}",
        part=percent(row["timely_share"]),
        seconds=f"{TIMELY_S:.0f}",
        duration=duration(row["p95_s"]),
    )


def duration(seconds: float) -> str:
    """``48 s``, ``3 min 20 s``, ``2 h 30 min``."""
    whole = round(seconds)
    if whole < _MINUTE_S:
        return say("{n} s", n=whole)
    if whole < _HOUR_S:
        minutes, rest = divmod(whole, _MINUTE_S)
        return say("{minutes} min {rest} s", minutes=minutes, rest=rest) if rest else say("{n} min", n=minutes)
    hours, minutes = divmod(round(whole / _MINUTE_S), _MINUTE_S)
    return say("{hours} h {minutes} min", hours=hours, minutes=minutes) if minutes else say("{n} h", n=hours)


@of_answer
def attempts(answer: HasTable) -> str:
    """``Protection held against 41 of 63 claims``; claims on own customers are left out."""
    claims = answer.table.filter(pl.col("outcome") != "no_change")
    whole, held = int(claims["attempts"].sum()), int(_outcome(claims, "rejected_protected"))
    if not whole:
        return say("Attempts to claim customers")
    return say("Protection held against {held} of {whole} claims", held=held, whole=whole)


def _outcome(claims: pl.DataFrame, outcome: str) -> int:
    return int(claims.filter(pl.col("outcome") == outcome)["attempts"].sum())


@of_answer
def expiring(answer: HasTable) -> str:
    """``412 bindings run out within 30 days``."""
    n = int(answer.table["customers"].sum())
    return (
        plural("{n} binding runs out within 30 days", "{n} bindings run out within 30 days", n)
        if n
        else say("No binding runs out soon")
    )


@of_answer
def balance(answer: HasTable) -> str:
    """``Allocated = distributed, to the minor unit``, or what is missing; for an agent their part of the pools."""
    table = answer.table
    pool = int(table["pool_minor"].sum())
    if not pool:
        return say("Allocated and distributed")
    if table["unassigned_minor"].null_count() == table.height:
        return say("{part} of these pools came to you", part=percent(int(table["distributed_minor"].sum()) / pool))
    lost = int(table["unassigned_minor"].abs().sum())
    if not lost:
        return say("Allocated = distributed, to the minor unit")
    return plural("{n} minor unit has no account", "{n} minor units have no account", lost)


@of_answer
def leakage(answer: HasTable) -> str:
    """``39 % of bound customers' spend is elsewhere; owners get a share of nearly all of it``."""
    sums = answer.table.select(pl.col("spend_minor", "elsewhere_minor", "credited_minor").sum()).row(0)
    spend, elsewhere, credited = (int(value) for value in sums)
    if spend <= 0:
        return say("Where bound customers spend")
    part = whole_percent(elsewhere / spend)
    if elsewhere <= 0:
        return say("{part} of bound customers' spend is elsewhere", part=part)
    given = credited / elsewhere
    return say(_LEAKED[_how_much(given)], part=part, credited=whole_percent(given))


_LEAKED: Final = {
    "all": later("{part} of bound customers' spend is elsewhere; owners get a share of all of it"),
    "nearly all": later("{part} of bound customers' spend is elsewhere; owners get a share of nearly all of it"),
    "part": later("{part} of bound customers' spend is elsewhere; owners get a share of {credited} of it"),
    "hardly any": later("{part} of bound customers' spend is elsewhere; owners get a share of hardly any of it"),
    "none": later("{part} of bound customers' spend is elsewhere; owners get a share of none of it"),
}


def _how_much(part: float) -> str:
    """Which of the sentences: ``all``, ``nearly all``, ``part``, ``hardly any``, ``none``."""
    if part >= 1 or part <= 0:
        return "all" if part > 0 else "none"
    if part >= _NEARLY:
        return "nearly all"
    return "hardly any" if part <= 1 - _NEARLY else "part"


@of_answer
def spending(answer: HasTable, who: str) -> str:
    """``Two of three yuan are spent elsewhere``-like: how much bound customers spend elsewhere, and whether it is credited.

    Args:
        answer: ``sharing/spending``.
        who: the agent, or ``THEIR_OWNERS``.
    """
    away = answer.table.filter(pl.col("place") != "own_store")
    elsewhere, spend = int(away["net_minor"].sum()), int(answer.table["net_minor"].sum())
    if spend <= 0 or elsewhere <= 0:
        return say("Where bound customers buy")
    part = elsewhere / spend
    near = min(_FRACTIONS, key=lambda one: abs(one[0] - part))
    said = say(near[1]) if abs(near[0] - part) <= _FRACTION_AIR else whole_percent(part)
    credited = int(away["credited_minor"].sum()) / elsewhere
    sentences = _OWNERS_SPENT if who in {THEIR_OWNERS, say(THEIR_OWNERS)} else _SPENT
    return say(sentences[_how_much(credited)], part=said, who=who, credited=whole_percent(credited))


THEIR_OWNERS: Final = later("their owners")
_SPENT: Final = {
    "all": later("{part} of bound customers' spend is elsewhere, and {who} was credited"),
    "nearly all": later("{part} of bound customers' spend is elsewhere, and {who} was credited for nearly all of it"),
    "part": later("{part} of bound customers' spend is elsewhere, and {who} was credited for {credited} of it"),
    "hardly any": later("{part} of bound customers' spend is elsewhere, and {who} was credited for hardly any of it"),
    "none": later("{part} of bound customers' spend is elsewhere, and {who} was credited for none of it"),
}
_OWNERS_SPENT: Final = {
    "all": later("{part} of bound customers' spend is elsewhere, and their owners were credited"),
    "nearly all": later(
        "{part} of bound customers' spend is elsewhere, and their owners were credited for nearly all of it"
    ),
    "part": later("{part} of bound customers' spend is elsewhere, and their owners were credited for {credited} of it"),
    "hardly any": later(
        "{part} of bound customers' spend is elsewhere, and their owners were credited for hardly any of it"
    ),
    "none": later("{part} of bound customers' spend is elsewhere, and their owners were credited for none of it"),
}


@of_answer
def journey(answer: HasTable) -> str:
    """``My customers spend 71 % in my stores``."""
    own = answer.table.filter(pl.col("where") == "own_store")["part"].drop_nulls()
    return (
        say("Where bound customers buy")
        if own.is_empty()
        else say("Bound customers spend {part} at their owner's", part=whole_percent(own[0]))
    )


@of_answer
def exposure(answer: HasTable) -> str:
    """``4.2 % of unpaid shares may still come back``."""
    known = answer.table.drop_nulls("exposure_minor")
    whole = int(known["accrued_minor"].sum())
    if not whole:
        return say("What refunds may still take back")
    return say("{part} of unpaid shares may still come back", part=percent(int(known["exposure_minor"].sum()) / whole))


@of_answer
def anomalies(answer: HasTable) -> str:
    """The first case's own sentence, or that nothing looks odd."""
    return say("Nothing looks odd") if answer.table.is_empty() else str(answer.table["sentence"][0]).removesuffix(".")
