"""BG/NBD: how often do known buyers come back, and who of those who came back before still does (T8)?

A buyer orders at a rate of their own (Gamma: ``r``, ``alpha`` in weeks) and after each repeat order-day stops for good
with a chance of their own (Beta: ``a``, ``b``). All that the model reads of a buyer is ``x`` (order-days after the first),
``t_x`` (age at the last one) and ``T`` (age now); Fader, Hardie & Lee (2005), Marketing Science 24(2).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt

from metrics.buyers import NEVER_BEFORE

if TYPE_CHECKING:
    from metrics.buyers import Days, Flags, Ints, OrderDays

Floats = npt.NDArray[np.float64]

WEEK: Final = 7
_APART: Final = 1e-6
"""Nearer than this to a pole of the closed form, its limit is read beside the pole; the error is of that size."""
_NARROW: Final = 50.0
_POINTS: Final = 64
_TINY: Final = 1e-290


@dataclass(frozen=True, eq=False)
class Histories:
    """What the model reads of each buyer, one row each.

    Attributes:
        x: order-days after the first.
        recency: age at the last order-day (``t_x``), days; not RFM's recency.
        age: days from the first order-day to the end (``T``).
        net: minor units of the order-days after the first.
        who: place among the keys of the rows that these were made of.
    """

    x: Days
    recency: Days
    age: Days
    net: Ints
    who: Days

    @classmethod
    def until(cls, kept: OrderDays, end: int, wanted: Flags | None = None) -> Histories:
        """Everybody's history to the end of a day.

        Args:
            kept: days that make somebody a buyer.
            end: last day, as days since 1970.
            wanted: by place of the customer: whether they are asked about.
        """
        first, last = kept.spans(NEVER_BEFORE + 1, end)
        if wanted is not None:
            mine = wanted[kept.who[first]]
            first, last = first[mine], last[mine]
        start = kept.day[first]
        net = kept.net[last + 1] - kept.net[first + 1]
        x = (last - first).astype(np.int32)
        return cls(x, kept.day[last] - start, (end - start).astype(np.int32), net, kept.who[first])

    @property
    def repeaters(self) -> int:
        """How many came back on another day."""
        return int(np.count_nonzero(self.x))

    @cached_property
    def distinct(self) -> tuple[Days, Days, Days, Floats]:
        """The sufficient statistics: each ``(x, t_x, T)`` that occurs, and how many buyers have it."""
        width = int(self.age.max(initial=0)) + 1
        code, count = np.unique((self.x.astype(np.int64) * width + self.recency) * width + self.age, return_counts=True)
        rest, age = np.divmod(code, width)
        x, recency = np.divmod(rest, width)
        return x.astype(np.int32), recency.astype(np.int32), age.astype(np.int32), count.astype(np.float64)

    @cached_property
    def alike(self) -> tuple[Days, Days, Days, npt.NDArray[np.int32]]:
        """Each ``(x, t_x, T)`` that occurs, and which of them each buyer has."""
        width = int(self.age.max(initial=0)) + 1
        code = (self.x.astype(np.int64) * width + self.recency) * width + self.age
        each, at = np.unique(code, return_inverse=True)
        rest, age = np.divmod(each, width)
        x, recency = np.divmod(rest, width)
        return x.astype(np.int32), recency.astype(np.int32), age.astype(np.int32), at.astype(np.int32)

    @cached_property
    def pairs(self) -> tuple[Days, Days, npt.NDArray[np.int32]]:
        """Each ``(x, T)`` that occurs, and which of them each buyer has."""
        width = int(self.age.max(initial=0)) + 1
        code, at = np.unique(self.x.astype(np.int64) * width + self.age, return_inverse=True)
        x, age = np.divmod(code, width)
        return x.astype(np.int32), age.astype(np.int32), at.astype(np.int32)


@dataclass(frozen=True, slots=True)
class Rates:
    """Parameters of BG/NBD, time in weeks; ``a`` is 0 where nobody ever stops (NBD), and ``b`` says nothing then."""

    r: float
    alpha: float
    a: float
    b: float

    @property
    def is_nbd(self) -> bool:
        """Whether nobody ever stops."""
        return self.a == 0


def alive(rates: Rates, x: npt.ArrayLike, recency: npt.ArrayLike, age: npt.ArrayLike) -> Floats:
    """How likely is it that a buyer has not stopped?

    Args:
        rates: parameters.
        x: order-days after the first. At 0 the answer is 1 by construction: never call a one-time buyer "alive".
        recency: age at the last order-day, weeks.
        age: age now, weeks.
    """
    from scipy.special import expit  # noqa: PLC0415  (scipy loads with the first question that needs it)

    times, last, now = (np.asarray(one, np.float64) for one in (x, recency, age))
    if rates.is_nbd:
        return np.ones(np.broadcast(times, last, now).shape)
    again = np.maximum(times, 1.0)
    odds = np.log(rates.a / (rates.b + again - 1)) + (rates.r + again) * (
        np.log(rates.alpha + now) - np.log(rates.alpha + last)
    )
    found: Floats = np.where(times > 0, expit(-odds), 1.0)
    return found


def orders_if_alive(rates: Rates, x: npt.ArrayLike, age: npt.ArrayLike, weeks: float) -> Floats:
    """How many order-days are expected in the next ``weeks`` of somebody who has not stopped?

    The closed form of Fader, Hardie & Lee (2005), eq. 10, after Euler's transformation: no power of ``x`` is left beside
    the hypergeometric function, which would overflow for frequent buyers.

    Args:
        rates: parameters.
        x: order-days after the first.
        age: age now, weeks.
        weeks: how far to look.
    """
    from scipy.special import hyp2f1  # noqa: PLC0415  (scipy loads with the first question that needs it)

    times, now = np.broadcast_arrays(np.asarray(x, np.float64), np.asarray(age, np.float64))
    span = weeks / (rates.alpha + now)
    if rates.is_nbd:
        found: Floats = (rates.r + times) * span
        return found
    if rates.a + rates.b > _NARROW:
        return _averaged(rates, times, now, weeks)
    a = rates.a if abs(rates.a - 1) > _APART else 1 + _APART
    total = a + rates.b + times - 1
    total = np.where(np.abs(total) > _APART, total, _APART)
    part = hyp2f1(a - 1, a + rates.b - 1 - rates.r, total, span / (1 + span))
    found = np.asarray(total / (a - 1) * (1 - (1 + span) ** (1 - a) * part))
    return (
        found if np.isfinite(found).all() else np.where(np.isfinite(found), found, _averaged(rates, times, now, weeks))
    )


def _averaged(rates: Rates, times: Floats, now: Floats, weeks: float) -> Floats:
    """The same where buyers' chances to stop hardly differ: an average over them, as the closed form loses its digits."""
    from scipy.special import betaincinv  # noqa: PLC0415  (scipy loads with the first question that needs it)

    place, weight = np.polynomial.legendre.leggauss(_POINTS)
    each, at = np.unique(times, return_inverse=True)
    chance = np.maximum(betaincinv(rates.a, rates.b + each[:, None], (1 + place) / 2), _TINY)[at.reshape(times.shape)]
    span = (weeks / (rates.alpha + now))[..., None]
    until_stop = -np.expm1(-(rates.r + times)[..., None] * np.log1p(chance * span)) / chance
    found: Floats = until_stop @ weight / 2
    return found


def buys_if_alive(rates: Rates, x: npt.ArrayLike, age: npt.ArrayLike, weeks: float) -> Floats:
    """How likely is at least one order-day in the next ``weeks`` of somebody who has not stopped?"""
    times, now = (np.asarray(one, np.float64) for one in (x, age))
    found: Floats = -np.expm1((rates.r + times) * (np.log(rates.alpha + now) - np.log(rates.alpha + now + weeks)))
    return found


def expected_orders(rates: Rates, seen: Histories, weeks: float) -> Floats:
    """How many order-days are expected of each buyer in the next ``weeks``?"""
    x, age, at = seen.pairs
    return orders_if_alive(rates, x, age / WEEK, weeks)[at] * everybody_alive(rates, seen)


def buying(rates: Rates, seen: Histories, weeks: float) -> Floats:
    """How likely does each buyer order in the next ``weeks``?"""
    x, age, at = seen.pairs
    return buys_if_alive(rates, x, age / WEEK, weeks)[at] * everybody_alive(rates, seen)


def everybody_alive(rates: Rates, seen: Histories) -> Floats:
    """How likely is it of each buyer that they have not stopped? 1 of all who bought once: nothing is known of them."""
    found = np.ones(len(seen.x))
    again = np.flatnonzero(seen.x)
    found[again] = alive(rates, seen.x[again], seen.recency[again] / WEEK, seen.age[again] / WEEK)
    return found
