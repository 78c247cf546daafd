"""What are days, hours and months called on an axis and in a label?"""

from __future__ import annotations

import datetime as dt
from typing import Final

from charts.theme import words
from schema import days
from schema.language import language, say

_MONDAY: Final = dt.date(2024, 1, 1)


def short_weekdays() -> tuple[str, ...]:
    """``Mon`` … ``Sun`` in the language of the moment."""
    return tuple(days.short_weekday(_MONDAY + dt.timedelta(days=place)) for place in range(7))


def day_hour(day: str, hour: int) -> str:
    """An hour of a day: ``Mon 14 h``."""
    return say("{day} {hour} h", day=day, hour=hour)


def month_words(month: str) -> str:
    """``2026-10`` → ``Oct 26``; anything else as it is."""
    year, _, number = month.partition("-")
    if not (number.isdecimal() and 1 <= int(number) <= 12):  # noqa: PLR2004  (months of a year)
        return words(month)
    if language() != "en" and year.isdecimal() and int(year):
        return days.short_month(dt.date(int(year), int(number), 1))
    return f"{dt.date(2000, int(number), 1):%b} {year[2:]}"
