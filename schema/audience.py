"""Who an audience is: groups of conditions, written in a link one condition a parameter and read before any widget.

``who=lingered:product:WC-07&who=segment:loyal&who=or&who=place:city:Suzhou`` is everybody who lingered on WC-07 and is
loyal, or lives in Suzhou. ``who=or`` begins the next group; within a group every condition holds, and those that name
one of several (segments, cohorts, places, owners, bindings, channels) are alternatives. ``not:`` before a condition
turns it round. Ids come last, as they are.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

PARAMETER: Final = "who"
OR: Final = "or"
NOT: Final = "not:"
MOST: Final = 60
"""Conditions of one audience; more cannot be read."""

OF_GOODS: Final = ("product", "category")
AREAS: Final = ("city", "cell", "tier")
OWNERS: Final = ("store", "agent", "status")
STATUSES: Final = ("exact", "contested", "provisional", "unassigned")
TIERS: Final = ("primary", "secondary", "tertiary", "fringe")
NEVER: Final = "never"
"""The cohort of those who have not bought."""

KINDS: Final[dict[str, str]] = {
    "dwell": "dwell:SECONDS or dwell:SECONDS:CATEGORY",
    "interest": "interest:SECONDS:product:ID or interest:SECONDS:category:NAME",
    "lingered": "lingered:product:ID or lingered:category:NAME",
    "bought": "bought:product:ID or bought:category:NAME",
    "segment": "segment:ID",
    "cohort": "cohort:2026-03 or cohort:never",
    "place": "place:city:NAME, place:cell:H3 or place:tier:TIER:STORE",
    "binding": "binding:store:ID, binding:agent:ID or binding:status:STATUS",
    "channel": "channel:ID",
    "value": "value:AMOUNT",
    "contact": "contact:DAYS",
}
"""How each kind is written; ids and names come last and may hold anything."""

ALTERNATIVES: Final = frozenset({"segment", "cohort", "place", "binding", "channel"})
"""Kinds of which a group may name several, and one of them is enough."""


@dataclass(frozen=True, slots=True)
class Condition:
    """One thing that holds of a customer.

    Attributes:
        kind: one of ``KINDS``.
        what: which part of it: product or category, city, cell or tier, store, agent or status; empty where there is
            one part only.
        of: an id or a name; empty where none is meant.
        least: seconds, an amount in whole units, or days.
        is_not: it must not hold.
    """

    kind: str
    what: str = ""
    of: str = ""
    least: float = 0.0
    is_not: bool = False

    @property
    def text(self) -> str:
        """As it stands in a link."""
        number = [_shortest(self.least)] if self.kind in _NUMBERED else []
        parts = [self.kind, *number, *([self.what] if self.what else []), *([self.of] if self.of else [])]
        return (NOT if self.is_not else "") + ":".join(parts)


Group = tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """An audience: whoever one of its groups fits.

    Attributes:
        groups: none empty; no group is nobody, never everybody.
        unreadable: a sentence for each condition that nothing understands; while there is one, nobody is selected.
    """

    groups: tuple[Group, ...] = ()
    unreadable: tuple[str, ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """As it stands in a link."""
        found: list[str] = []
        for group in self.groups:
            found += [*([OR] if found else []), *(one.text for one in group)]
        return tuple(found)

    @property
    def conditions(self) -> Iterator[Condition]:
        """All of them."""
        return (one for group in self.groups for one in group)


def parse_definition(texts: Iterable[str]) -> Definition:
    """An audience from the parameters of a link.

    Args:
        texts: the values of ``who``, in order.

    Returns:
        The groups; ``unreadable`` says what of it is not understood. Whether ids exist is checked later.
    """
    groups: list[list[Condition]] = [[]]
    bad: list[str] = []
    given = list(texts)
    for text in given[:MOST]:
        if text == OR:
            groups.append([])
            continue
        found = condition(text)
        if isinstance(found, str):
            bad.append(found)
        elif found not in groups[-1]:
            groups[-1].append(found)
    if len(given) > MOST:
        bad.append(say("The audience has {n} conditions; at most {most} are read.", n=len(given), most=MOST))
    return Definition(tuple(tuple(group) for group in groups if group), tuple(dict.fromkeys(bad)))


def condition(text: str) -> Condition | str:
    """One condition; a sentence where it is not understood."""
    is_not = text.startswith(NOT)
    kind, _, rest = text.removeprefix(NOT).partition(":")
    if kind not in KINDS:
        return say("The condition {text} is none of {kinds}.", text=text[:60], kinds=", ".join(KINDS))
    found = _read(kind, rest)
    if found is None:
        return say("The condition {text} is not of the form {form}.", text=text[:60], form=KINDS[kind])
    what, of, least = found
    return Condition(kind, what, of, least, is_not=is_not)


_NUMBERED: Final = frozenset({"dwell", "interest", "value", "contact"})
_MOST_NUMBER: Final = 1e12


def _read(kind: str, rest: str) -> tuple[str, str, float] | None:
    """What, of and least; None where it is not of its form."""
    least = 0.0
    if kind in _NUMBERED:
        number, colon, rest = rest.partition(":")
        if (read := _number(number)) is None or (colon and not rest) or (rest and kind in {"value", "contact"}):
            return None
        least = read
    if kind in {"value", "contact"}:
        return ("", "", least) if kind == "value" or least == int(least) else None
    if kind == "dwell":
        return "", rest, least
    if kind == "cohort":
        return ("", rest, 0.0) if rest == NEVER or _is_month(rest) else None
    if kind in {"segment", "channel"}:
        return ("", rest, 0.0) if rest else None
    return _parted(kind, rest, least)


def _parted(kind: str, rest: str, least: float) -> tuple[str, str, float] | None:
    what, _, of = rest.partition(":")
    if not of or what not in {"place": AREAS, "binding": OWNERS}.get(kind, OF_GOODS):
        return None
    tier, _, store = of.partition(":")
    if what == "tier" and (tier not in TIERS or not store):
        return None
    if (what == "status" and of not in STATUSES) or (what == "cell" and cell_of(of) is None):
        return None
    return what, of, least


def cell_of(text: str) -> int | None:
    """The number of an H3 cell of a resolution from 5 to 9, from its usual text; None where it is none."""
    try:
        number = int(text, 16)
    except ValueError:
        return None
    is_cell = number >> 59 == 1 and 5 <= (number >> 52) & 15 <= 9  # noqa: PLR2004  (mode 1; finer is no home)
    return number if is_cell and text == f"{number:x}" else None


def _shortest(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(number)


def _number(text: str) -> float | None:
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) and 0 <= found <= _MOST_NUMBER and "_" not in text else None


def _is_month(text: str) -> bool:
    try:
        return dt.date.fromisoformat(f"{text}-01").strftime("%Y-%m") == text
    except ValueError:
        return False
