"""How is a day written for people? One spelling everywhere, in the language of the moment."""

from __future__ import annotations

import datetime as dt
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from babel.dates import format_date

from schema.language import babel_locale, language

if TYPE_CHECKING:
    from babel import Locale

_PATTERNS: Final = {
    "en": {
        "day": "d MMM",
        "day_year": "d MMM y",
        "long_day": "d MMMM",
        "long_day_year": "d MMMM y",
        "weekday_day_year": "EEE d MMM y",
        "month": "MMMM y",
        "short_month": "MMM y",
        "weekday": "EEEE",
        "short_weekday": "EEE",
    },
    "zh-CN": {
        "day": "M月d日",
        "day_year": "y年M月d日",
        "long_day": "M月d日",
        "long_day_year": "y年M月d日",
        "weekday_day_year": "y年M月d日 EEE",
        "month": "y年M月",
        "short_month": "y年M月",
        "weekday": "EEEE",
        "short_weekday": "EEE",
    },
    "es": {
        "day": "d MMM",
        "day_year": "d MMM y",
        "long_day": "d 'de' MMMM",
        "long_day_year": "d 'de' MMMM 'de' y",
        "weekday_day_year": "EEE d MMM y",
        "month": "MMMM 'de' y",
        "short_month": "MMM y",
        "weekday": "EEEE",
        "short_weekday": "EEE",
    },
}
_AXES: Final = {
    "en": {"day": "%-d %b", "day_year": "%-d %b %Y", "month": "%b %Y", "day_then_year": "%-d %b\n%Y"},
    "zh-CN": {
        "day": "%-m月%-d日",
        "day_year": "%Y年%-m月%-d日",
        "month": "%Y年%-m月",
        "day_then_year": "%-m月%-d日\n%Y年",
    },
    "es": {"day": "%-d/%-m", "day_year": "%-d/%-m/%Y", "month": "%-m/%Y", "day_then_year": "%-d/%-m\n%Y"},
}
"""For axes that the browser writes: it knows English months alone, so other languages are written in numbers."""


def day(on: dt.date) -> str:
    """``16 Oct``, ``10月16日``, ``16 oct``."""
    return _in("day", on)


def day_year(on: dt.date) -> str:
    """``16 Oct 2026``."""
    return _in("day_year", on)


def long_day(on: dt.date) -> str:
    """``16 October``."""
    return _in("long_day", on)


def long_day_year(on: dt.date) -> str:
    """``16 October 2026``."""
    return _in("long_day_year", on)


def weekday_day_year(on: dt.date) -> str:
    """``Fri 16 Oct 2026``."""
    return _in("weekday_day_year", on)


def weekday(on: dt.date) -> str:
    """``Friday``."""
    return _in("weekday", on)


def short_weekday(on: dt.date) -> str:
    """``Fri``."""
    return _in("short_weekday", on)


def month(on: dt.date) -> str:
    """``October 2026``."""
    return _in("month", on)


def short_month(on: dt.date) -> str:
    """``Oct 2026``."""
    return _in("short_month", on)


def span(from_on: dt.date, to_on: dt.date) -> str:
    """A period, its year written once where it is one: ``16 Oct – 14 Nov 2026``; ``2026年10月16日 – 11月14日``."""
    is_one_year = from_on.year == to_on.year
    if language() == "zh-CN":
        return f"{day_year(from_on)} – {day(to_on) if is_one_year else day_year(to_on)}"
    return f"{day(from_on) if is_one_year else day_year(from_on)} – {day_year(to_on)}"


def axis(kind: str) -> str:
    """The form of an axis' days for the browser: ``day``, ``day_year``, ``month`` or ``day_then_year``."""
    return _AXES[language()][kind]


def _in(kind: str, on: dt.date) -> str:
    return _written(_PATTERNS[language()][kind], babel_locale(), on.toordinal())


@lru_cache(maxsize=8_192)
def _written(pattern: str, locale: Locale, on: int) -> str:
    """A day in a language is always written the same; a page writes some forty, and half a year of an axis."""
    return format_date(dt.date.fromordinal(on), pattern, locale=locale)
