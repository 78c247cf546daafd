"""Which binding policy was in force at an instant?"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

import numpy as np

from metrics.binding_stores import EVER, SINCE_EVER
from schema.sharing import ALWAYS, NEVER, BindingPolicy

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from metrics.binding_stores import Ints

DAY: Final = 86_400_000_000
MINUTE: Final = 60_000_000
SECOND: Final = 1_000_000


def microseconds(at: dt.datetime) -> int:
    """An instant in microseconds since 1970; without a zone it is UTC."""
    aware = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return (aware - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)


class Policies:
    """Policies in the order in which they came into force; of two from one instant the newer version holds."""

    def __init__(self, policies: Sequence[BindingPolicy]) -> None:
        """Sort them; none at all is the default policy."""
        dated = [(SINCE_EVER if p.effective_from is None else microseconds(p.effective_from), p) for p in policies]
        last = dict(sorted(dated, key=lambda one: (one[0], one[1].version)))
        self.all: tuple[BindingPolicy, ...] = tuple(last.values()) or (BindingPolicy(),)
        self._since = np.array(list(last)[1:], dtype=np.int64)

    def at(self, instants: Ints) -> Ints:
        """Number of the policy in force at each instant; before the first one, that one."""
        return np.searchsorted(self._since, instants, side="right").astype(np.int64)

    def groups(self, instants: Ints) -> Iterator[tuple[BindingPolicy, Ints]]:
        """Each policy with the rows whose instant it governs."""
        number = self.at(instants)
        for which, policy in enumerate(self.all):
            rows = np.flatnonzero(number == which)
            if rows.size:
                yield policy, rows

    def per_row(self, number: Ints, values: Sequence[float]) -> Ints:
        """A value of its policy for each row."""
        return np.array(values, dtype=np.int64)[number]

    def protected(self, number: Ints, since: Ints) -> Ints:
        """Until when nobody may take over, counted from ``since``; ``EVER`` for never contestable."""
        days = self.per_row(number, [p.protection_days for p in self.all])
        until = since + np.where(days == ALWAYS, 0, np.maximum(days, 0)) * DAY
        return np.where(days == NEVER, EVER, until)

    def validity(self, number: Ints) -> Ints:
        """How long a binding lasts without an order, microseconds; ``EVER`` is for ever."""
        days = self.per_row(number, [p.validity_days for p in self.all])
        return np.where(days == ALWAYS, EVER, np.maximum(days, 1) * DAY)
