"""Filters: one frozen value object, parsed from a URL before any widget sees it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlencode

from schema.language import say

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingABC
    from collections.abc import Sequence

LISTS: Final = ("city", "agent", "store", "channel", "model", "category", "product", "segment")
"""Filters that may repeat in a URL (never comma lists); ids, not labels."""

_DATES: Final = {"from": "from_on", "to": "to_on", "as_of": "as_of"}
_SINGLE: Final = ("currency", "data", "lang")
_DATA: Final = ("demo", "real")
_LANGS: Final = ("en", "zh-CN", "es")


@dataclass(frozen=True, slots=True)
class Filters:
    """What a question is narrowed to. Empty tuples mean no narrowing.

    Attributes:
        from_on: first local day, inclusive; None is the page's default period.
        to_on: last local day, inclusive.
        as_of: the instant's local day, exclusive: data up to the midnight before it are complete; None is the data's.
        unreadable: one sentence for each value in the URL that nothing understands. While there is any, every
            answer is empty: a filter that cannot be read must never widen to "all".
    """

    from_on: dt.date | None = None
    to_on: dt.date | None = None
    as_of: dt.date | None = None
    city: tuple[str, ...] = ()
    agent: tuple[str, ...] = ()
    store: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    model: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    segment: tuple[str, ...] = ()
    currency: str = ""
    data: str = ""
    lang: str = ""
    unreadable: tuple[str, ...] = field(default=())

    @property
    def is_readable(self) -> bool:
        """Whether every value was understood."""
        return not self.unreadable

    def to_query(self) -> list[tuple[str, str]]:
        """URL parameters in a fixed order, dates in full; unreadable values are not repeated."""
        pairs = [(name, day.isoformat()) for name, attr in _DATES.items() if (day := getattr(self, attr)) is not None]
        pairs += [(name, value) for name in LISTS for value in getattr(self, name)]
        pairs += [(name, value) for name in _SINGLE if (value := getattr(self, name))]
        return pairs

    @property
    def key(self) -> str:
        """The part of every cache key that keeps questions apart."""
        return urlencode(self.to_query()) + "".join(f"&!{reason}" for reason in self.unreadable)


def parse_filters(query: MappingABC[str, Sequence[str]] | str) -> Filters:
    """Filters from a URL's query: unknown or unreadable values are named, never dropped silently.

    Args:
        query: ``from=2026-10-01&store=S-001&store=S-002`` or the same already split by name. Parameters that are
            not filters are left to others.

    Returns:
        Filters; ``unreadable`` holds a sentence for each value that is not understood. Whether an id exists is
        checked later, against the snapshot (``answers.check_known``).
    """
    given = parse_qs(query.lstrip("?"), keep_blank_values=True) if isinstance(query, str) else query
    bad: list[str] = []
    values: dict[str, object] = {}
    for name, attr in _DATES.items():
        values[attr] = _one_date(name, given.get(name, ()), bad)
    if (start := values["from_on"]) and (end := values["to_on"]) and start > end:  # type: ignore[operator]
        bad.append(
            say("The period starts on {start} and ends on {end}: the end lies before the start.", start=start, end=end)
        )
    for name in LISTS:
        raw = [value.strip() for value in given.get(name, ())]
        if any(not value for value in raw):
            bad.append(say("The filter {name} has an empty value.", name=name))
        values[name] = tuple(dict.fromkeys(value for value in raw if value))
    for name, choices in (("currency", ()), ("data", _DATA), ("lang", _LANGS)):
        values[name] = _one_choice(name, given.get(name, ()), choices, bad)
    return Filters(**values, unreadable=tuple(bad))  # type: ignore[arg-type]


def _one_date(name: str, raw: Sequence[str], bad: list[str]) -> dt.date | None:
    if len(raw) > 1:
        bad.append(say("The date {name} is given {n} times.", name=name, n=len(raw)))
        return None
    if not raw:
        return None
    try:
        return dt.date.fromisoformat(raw[0])
    except ValueError:
        bad.append(say("The date {name}={given} is not a day like 2026-10-31.", name=name, given=raw[0][:40]))
        return None


def _one_choice(name: str, raw: Sequence[str], choices: tuple[str, ...], bad: list[str]) -> str:
    if len(raw) > 1:
        bad.append(say("The parameter {name} is given {n} times.", name=name, n=len(raw)))
        return ""
    if not raw:
        return ""
    if choices and raw[0] not in choices:
        bad.append(
            say(
                "The parameter {name}={given} is none of {choices}.",
                name=name,
                given=raw[0][:40],
                choices=", ".join(choices),
            )
        )
        return ""
    return raw[0]


FILTER_NAMES: Final = (*_DATES, *LISTS, *_SINGLE)
assert len(FILTER_NAMES) == len(fields(Filters)) - 1  # noqa: S101  (a field without a URL name would be lost)
