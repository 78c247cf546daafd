"""Spells and attempts as columns of arrays."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from metrics.binding_stores import CANDIDATES, NOBODY

if TYPE_CHECKING:
    from metrics.binding_places import Places
    from metrics.binding_stores import Floats, Ints


@dataclass
class Spells:
    """New spells, one a row; what is not known is ``NOBODY``, not a number or ``EVER``.

    ``pin`` is the ledger's row whose grounds stand.
    """

    who: Ints
    owner: Ints
    status: Ints
    method: Ints
    cause: Ints
    tie: Ints
    guide: Ints
    since: Ints
    clock: Ints
    protected: Ints
    validity: Ints
    policy: Ints
    dist_m: Floats
    runner: Ints
    runner_m: Floats
    accuracy_m: Floats
    confidence: Floats
    cell: Ints
    known: Ints
    near: Ints
    near_m: Floats
    pin: Ints
    ended: Ints = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    def without_candidates(self) -> Spells:
        """A copy that does not hold the nearest stores: all that the next rounds need."""
        nothing = {"near": self.near[:, :0], "near_m": self.near_m[:, :0]}
        return Spells(**{name: values.copy() for name, values in (vars(self) | nothing).items()})

    def enter(self, rows: Ints, new: Spells) -> None:
        """Put new spells in the place of these rows."""
        for name, values in vars(new).items():
            if name not in {"near", "near_m", "ended"}:
                vars(self)[name][rows] = values

    def take(self, rows: Ints) -> Spells:
        """Some of them."""
        return Spells(**{name: values[rows] for name, values in vars(self).items() if name != "ended"})


@dataclass(frozen=True)
class Tried:
    """What became of claims: row of the claim, the owner then, until when they were protected, and the outcome."""

    claim: Ints
    owner: Ints
    protected: Ints
    outcome: Ints


def blank(who: Ints, places: Places) -> Spells:
    """Spells in which nothing is decided yet but where the customers were."""
    n = who.size
    zeros, nobody, unknown = np.zeros(n, dtype=np.int64), np.full(n, NOBODY), np.full(n, np.nan)
    numbers = ("status", "method", "cause", "tie", "since", "clock", "protected", "validity", "policy", "known")
    return Spells(
        who=who,
        accuracy_m=places.accuracy_m.copy(),
        cell=places.cell.copy(),
        near=np.full((n, CANDIDATES), NOBODY, dtype=np.int32),
        near_m=np.full((n, CANDIDATES), np.inf),
        **{name: zeros.copy() for name in numbers},
        **{name: nobody.copy() for name in ("owner", "guide", "runner", "pin")},
        dist_m=unknown.copy(),
        runner_m=unknown.copy(),
        confidence=unknown.copy(),
    )


def ranges(first: Ints, last: Ints) -> tuple[Ints, Ints]:
    """All numbers of some ranges, one after the other, and which range each is in."""
    length = np.maximum(last - first, 0)
    of = np.repeat(np.arange(first.size), length)
    start = np.cumsum(length) - length
    return np.arange(of.size) - np.repeat(start, length) + np.repeat(first, length), of


def lower_bound(values: Ints, low: Ints, high: Ints, wanted: Ints) -> Ints:
    """In each sorted range of the values, the first one not before what is wanted: binary searches, all at once."""
    low, high = low.copy(), high.copy()
    while (todo := np.flatnonzero(low < high)).size:
        middle = (low[todo] + high[todo]) // 2
        is_before = values[middle] < wanted[todo]
        low[todo] = np.where(is_before, middle + 1, low[todo])
        high[todo] = np.where(is_before, high[todo], middle)
    return low
