"""How many minor units a currency has."""

from __future__ import annotations

from functools import cache

from babel.core import UnknownLocaleError
from babel.numbers import get_currency_precision


@cache
def minor_digits(currency: str) -> int:
    """Decimal places of a currency's minor unit (CLDR): 2 for CNY, 0 for JPY, 3 for KWD; 2 when unknown or empty."""
    if not currency:
        return 2
    try:
        return int(get_currency_precision(currency))
    except UnknownLocaleError:
        return 2
