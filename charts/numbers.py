"""How is a number written for people? Compact money, percent, points, counts: one spelling everywhere.

A real minus stands before negative numbers, ``—`` for an unknown one; nothing here ever turns "unknown" into 0. Marks, units
and the place of a currency's sign are those of the language of the moment.
"""

import math
from functools import cache
from typing import Literal

from babel.numbers import UnknownCurrencyError, get_currency_precision, get_currency_symbol

from schema.language import from_python as marked
from schema.language import language, say

UNKNOWN = "—"
MINUS = "−"
Sign = Literal["negative", "always"]

_LOCAL_SYMBOLS = {"CNY": "¥", "HKD": "HK$", "TWD": "NT$"}
"""Written as in the country itself; Babel's English would print ``CN¥``."""
STEPS: dict[str, tuple[tuple[float, str], ...]] = {
    "en": ((1e3, "k"), (1e6, "M"), (1e9, "B"), (1e12, "T")),
    "zh-CN": ((1e4, "万"), (1e8, "亿"), (1e12, "万亿")),
    "es": ((1e3, "mil"), (1e6, "M"), (1e9, "mil M"), (1e12, "B")),
}
"""What large numbers are counted in, smallest first: Chinese in ten thousands, Spanish billions are a million millions."""
_SIGNIFICANT = 3
_WHOLE_BELOW = 10_000
"""Up to here an amount is short enough to be written in full: ``¥1,297``."""


@cache
def symbol(currency: str) -> str:
    """The sign of an ISO 4217 currency: ``¥``, ``£``; a code Babel does not know is written as it is, with a blank."""
    code = currency.upper()
    found = _LOCAL_SYMBOLS.get(code) or str(get_currency_symbol(code, locale="en"))
    return f"{found} " if found.isalpha() else found


@cache
def digits(currency: str) -> int:
    """How many digits the minor unit has: 2 for CNY, 0 for JPY, 3 for KWD; 2 where nobody knows."""
    try:
        return int(get_currency_precision(currency.upper()))
    except UnknownCurrencyError:
        return 2


def major(minor: float, currency: str) -> float:
    """Minor units (fen, cents) as an amount in the currency itself."""
    return float(minor / 10 ** digits(currency))


def money(minor: float | None, currency: str, *, sign: Sign = "negative") -> str:
    """An amount to the last fen, for tables and statements: ``¥1,284.99``."""
    if minor is None or not math.isfinite(minor):
        return UNKNOWN
    places = digits(currency)
    return _signed(_with_sign(marked(f"{abs(major(minor, currency)):,.{places}f}"), currency), minor, sign)


def money_compact(minor: float | None, currency: str, *, sign: Sign = "negative") -> str:
    """An amount to three significant digits, for KPIs and labels: ``¥5.12 M``; below 10,000 whole: ``¥1,297``."""
    if minor is None or not math.isfinite(minor):
        return UNKNOWN
    amount = abs(major(minor, currency))
    return _signed(_with_sign(_compact(amount), currency), minor, sign)


def compact(value: float | None, *, sign: Sign = "negative") -> str:
    """A bare number to three significant digits: ``5.12 M``, ``48.2 k``; below 10,000 whole."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return _signed(_compact(abs(value)), value, sign)


def count(n: float | None) -> str:
    """How many: whole, with thousands marks: ``3,947``."""
    if n is None or not math.isfinite(n):
        return UNKNOWN
    return _signed(marked(f"{abs(n):,.0f}"), n, "negative")


def signed_count(n: float | None) -> str:
    """A change in how many: ``+214``, ``−3``."""
    return UNKNOWN if n is None or not math.isfinite(n) else _signed(marked(f"{abs(n):,.0f}"), n, "always")


def number(value: float | None, places: int = 1) -> str:
    """A plain number with a fixed count of decimals: ``1.3``."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return _signed(marked(f"{abs(value):,.{places}f}"), round(value, places), "negative")


def percent(rate: float | None, places: int = 1) -> str:
    """A rate or share of 0-1 as percent, one decimal: ``21.3 %``."""
    if rate is None or not math.isfinite(rate):
        return UNKNOWN
    shown = round(100 * rate, places)
    return _signed(marked(f"{abs(shown):,.{places}f} %"), shown, "negative")


def signed_percent(change: float | None, places: int = 1) -> str:
    """A relative change as percent, always with its sign: ``+11.2 %``, ``−3.0 %``; exactly none is ``0.0 %``."""
    if change is None or not math.isfinite(change):
        return UNKNOWN
    shown = round(100 * change, places)
    return _signed(marked(f"{abs(shown):,.{places}f} %"), shown, "always")


def points(delta: float | None) -> str:
    """The difference of two rates (0.019) in percentage points, always with its sign: ``+1.9 pp``."""
    if delta is None or not math.isfinite(delta):
        return UNKNOWN
    shown = round(100 * delta, 1)
    return _signed(say("{n} pp", n=marked(f"{abs(shown):.1f}")), shown, "always")


def seconds(value: float | None) -> str:
    """A dwell in words short enough for a label: ``83 s``, ``12.5 min``, ``3.1 h``."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value < 120:  # noqa: PLR2004  (two minutes are still read in seconds)
        return say("{n} s", n=f"{value:.0f}")
    if value < 120 * 60:
        return say("{n} min", n=marked(f"{value / 60:.1f}"))
    return say("{n} h", n=marked(f"{value / 3600:,.1f}"))


def show(value: float | None, unit: str, *, sign: Sign = "negative") -> str:
    """A value in its unit, short enough for a label.

    Args:
        value: None is unknown.
        unit: An ISO 4217 code (then ``value`` is in minor units), ``rate`` (0-1), ``s`` (seconds), ``index``,
            ``count``, or any other word, which is written behind the number.
        sign: ``always`` for a change.
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if unit == "rate":
        return signed_percent(value) if sign == "always" else percent(value)
    if unit == "s":
        return seconds(value)
    if unit == "index":
        return count(value)
    if len(unit) == len("CNY") and unit.isupper():
        return money_compact(value, unit, sign=sign)
    text = compact(value, sign=sign)
    return text if unit in {"", "count"} else f"{text} {say(unit)}"


def interval(low: float | None, high: float | None) -> str:
    """A 95 % interval of a rate, in percent without repeating the sign: ``[2.2, 3.8]``; empty when unknown."""
    if low is None or high is None:
        return ""
    between = "; " if language() == "es" else ", "
    return f"[{marked(f'{100 * low:.1f}')}{between}{marked(f'{100 * high:.1f}')}]"


def _with_sign(amount: str, currency: str) -> str:
    """The currency's sign before the amount, in Spanish behind it."""
    if language() == "es":
        return f"{amount}\u00a0{symbol(currency).rstrip()}"
    return f"{symbol(currency)}{amount}"


def _compact(amount: float) -> str:
    if round(amount) < _WHOLE_BELOW:
        return marked(_below_ten_thousand(amount))
    steps = STEPS[language()]
    at = max(n for n, (size, _) in enumerate(steps) if amount >= size or n == 0)
    shown = _three(amount / steps[at][0])
    if at + 1 < len(steps) and float(shown) * steps[at][0] >= steps[at + 1][0]:  # 999.96 k is 1.00 M
        at += 1
        shown = _three(amount / steps[at][0])
    return f"{marked(shown)} {steps[at][1]}"


def _below_ten_thousand(amount: float) -> str:
    if amount >= 100 or amount == int(amount):  # noqa: PLR2004  (three digits are reached before the point)
        return f"{amount:,.0f}"
    return _three(amount)


def _three(value: float) -> str:
    before = len(str(int(value)))
    shown = f"{value:.{max(0, _SIGNIFICANT - before)}f}"
    # rounding 9.996 gives 10.00: one digit too many
    return f"{value:.{max(0, _SIGNIFICANT - len(str(int(float(shown)))))}f}"


def _signed(text: str, value: float, sign: Sign) -> str:
    if value < 0:
        return f"{MINUS}{text}"
    return f"+{text}" if sign == "always" and value > 0 else text
