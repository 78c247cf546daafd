"""When in the day people look and buy: shops by daylight, screens in the evening."""

from __future__ import annotations

from typing import Final

import numpy as np

from demo.catalogue import WOOL
from demo.clock import Floats, Ints, months, pick, weekdays

EVENING: Final = (20, 21, 22)
WOOL_EVENING: Final = 4.2
"""How much likelier an evening hour is for wool coats from October to January."""
_ONLINE_HOURS: Final = np.array(
    [1.6, 0.9, 0.5, 0.3, 0.3, 0.5, 1.2, 2.6, 3.8, 4.4, 4.9, 5.1, 6.1, 5.6, 4.7, 4.6, 4.7, 4.8, 4.9, 5.9, 0, 0, 0, 5.0]
)
_POS_HOURS: Final = np.array([0] * 10 + [3, 6, 7, 7, 9, 10, 10, 9, 10, 11, 9, 4] + [0] * 2, dtype=float)


def till_seconds(uniform: Floats, within: Ints) -> Ints:
    """When in the day shops sell; ``within`` is the second of the hour."""
    return pick(_POS_HOURS, uniform) * 3_600 + within


def online_seconds(day: Ints, category: Ints, uniform: Floats, within: Ints) -> Ints:
    """When in the day people look: the evening belongs to wool coats from October to January (P1)."""
    evening = 0.22
    plain = _ONLINE_HOURS / _ONLINE_HOURS.sum() * (1 - evening)
    plain[list(EVENING)] = np.array([0.33, 0.36, 0.31]) * evening
    weekend = plain * np.array([1.0] * 9 + [1.25] * 9 + [1.0] * 6)
    wool = plain.copy()
    wool[list(EVENING)] *= WOOL_EVENING
    season = np.isin(months(), (10, 11, 12, 1))
    warm = (category == WOOL) & season[day]
    is_weekend = weekdays()[day] >= 5  # noqa: PLR2004
    hour = np.where(warm, pick(wool, uniform), np.where(is_weekend, pick(weekend, uniform), pick(plain, uniform)))
    return np.asarray(hour * 3_600 + within, dtype=np.int64)
