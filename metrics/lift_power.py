"""Before anything is sent: which lift would be told from chance, with so many customers (T17)?"""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from metrics.intervals import Z95

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

POWER: Final = 0.8
"""A lift is detectable when four of five such campaigns would be called proven."""
_SPREADS: Final = 7.0
_HALVINGS: Final = 40


def power(treated: int, holdout: int, base: float, lift: float) -> float:
    """How often would a campaign of this lift be called proven?

    Args:
        treated: customers written to.
        holdout: customers held out.
        base: share of those held out who buy anyway.
        lift: by how much more (a share) of the treated buy.

    Returns:
        The chance that Newcombe's interval lies above zero; binomial on both sides, nothing drawn.

    Raises:
        ValueError: a share below 0 or above 1, or a side that is nobody.
    """
    _checked(treated, holdout, base)
    counts = _likely(holdout, base)
    return _power(treated, _needed(counts, holdout, treated), binom.pmf(counts, holdout, base), base + lift)


@lru_cache(maxsize=1_000)
def detectable_lift(treated: int, holdout: int, base: float, *, wanted: float = POWER) -> float | None:
    """The smallest lift that would be called proven often enough.

    Args:
        treated: customers written to.
        holdout: customers held out.
        base: share of those held out who buy anyway.
        wanted: how often, such as 0.8.

    Returns:
        A difference of shares; None where even everybody buying would not be enough.

    Raises:
        ValueError: as in ``power``.
    """
    _checked(treated, holdout, base)
    counts = _likely(holdout, base)
    needed, weights = _needed(counts, holdout, treated), binom.pmf(counts, holdout, base)
    low, high = 0.0, 1.0 - base
    if _power(treated, needed, weights, base + high) < wanted:
        return None
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        enough = _power(treated, needed, weights, base + middle) >= wanted
        low, high = (low, middle) if enough else (middle, high)
    return high


def _checked(treated: int, holdout: int, base: float) -> None:
    if treated < 1 or holdout < 1 or not 0 <= base <= 1:
        msg = f"{treated} treated, {holdout} held out and a base rate of {base} are no campaign."
        raise ValueError(msg)


def _likely(n: int, base: float) -> Ints:
    """Counts of those held out who buy that are not out of the question."""
    middle, reach = n * base, _SPREADS * sqrt(n * base * (1 - base)) + 10
    return np.arange(max(0, int(middle - reach)), min(n, int(middle + reach)) + 1, dtype=np.int64)


def _power(treated: int, needed: Ints, weights: Floats, rate: float) -> float:
    return float((weights * binom.sf(needed - 1, treated, min(rate, 1.0))).sum())


def _needed(counts: Ints, holdout: int, treated: int) -> Ints:
    """For each count of those held out: how many of the treated must buy for the interval to lie above zero?"""
    share = counts / holdout
    above = _wilson(counts, holdout)[1] - share
    low, high = np.full(len(counts), -1, dtype=np.int64), np.full(len(counts), treated + 1, dtype=np.int64)
    while (high - low > 1).any():
        middle = (low + high) // 2
        inside = middle.clip(0, treated)
        below = inside / treated - _wilson(inside, treated)[0]
        proven = inside / treated - share > np.hypot(below, above)
        low, high = np.where(proven, low, middle), np.where(proven, middle, high)
    return high


def _wilson(k: Ints, n: int) -> tuple[Floats, Floats]:
    middle = (k + Z95**2 / 2) / (n + Z95**2)
    half = Z95 * np.sqrt(k * (n - k) / n + Z95**2 / 4) / (n + Z95**2)
    return middle - half, middle + half
