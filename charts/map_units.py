"""How is a cell's value read and written? The scale a unit is shown in, and its words in a tooltip and a legend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from charts import numbers
from schema.language import from_python, language, later, say

if TYPE_CHECKING:
    import polars as pl

_CURRENCY_LETTERS: Final = 3
_HUNDREDTHS: Final = ("%", "pp")
COUNTED: Final = (later("customers"), later("orders"), later("buyers"), later("members"), later("people"))
"""Nouns that maps count."""


@dataclass(frozen=True)
class Unit:
    """``%`` and ``pp`` for shares of 0-1, ``s`` for seconds, an ISO 4217 code for minor units, else a noun counted."""

    name: str

    @property
    def is_money(self) -> bool:
        """Whether the unit is a currency code."""
        return len(self.name) == _CURRENCY_LETTERS and self.name.isalpha() and self.name.isupper()

    @property
    def sign(self) -> str:
        """The unit in a legend's heading: ``¥``, ``%``; nothing where the limits carry it themselves."""
        if self.is_money:
            return numbers.symbol(self.name).strip()
        return "" if self.name == "s" else say(self.name)

    def scaled(self, values: pl.Series) -> np.ndarray:
        """The values as they are shown, so that limits are round where a person reads them."""
        raw = values.cast(float).to_numpy()
        if self.is_money:
            return np.asarray(raw / 10 ** numbers.digits(self.name))
        return np.asarray(raw * 100 if self.name in _HUNDREDTHS else raw)

    def full(self, shown: float) -> str:
        """A value of the shown scale with its unit, for a tooltip: ``¥5.12 M``, ``12.3 %``, ``41 customers``."""
        if self.is_money:
            return numbers.money_compact(shown * 10 ** numbers.digits(self.name), self.name)
        if self.name == "%":
            return numbers.percent(shown / 100, 1 if abs(shown) >= 1 else 2)
        if self.name == "pp":
            return numbers.points(shown / 100)
        if self.name == "s":
            return numbers.seconds(shown)
        return f"{numbers.compact(shown)} {say(self.name)}"

    def short(self, limit: float) -> str:
        """A class limit without its unit, but for seconds: ``12 k``, ``0.25``, ``83 s``."""
        if self.name == "s":
            return numbers.seconds(limit)
        steps = reversed(numbers.STEPS[language()])
        step, letter = next(((step, letter) for step, letter in steps if abs(limit) >= step), (1.0, ""))
        return f"{from_python(f'{limit / step:,.4g}')} {letter}".rstrip().replace("-", numbers.MINUS)
