"""What known buyers will bring: expected buyers, orders and money of each group, with intervals; and the holdout check.

An interval holds two doubts. That of the parameters by the delta method: their covariance (inverse curvature of the
log-likelihood) through the sums' slopes, taken by central differences (Greene, Econometric Analysis, 7th ed., D.2.7).
And that of people: a Poisson-binomial variance for buyers, and for money that of a random number of random amounts,
drop-out within the horizon left out of the latter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.btyd import WEEK, Histories, Rates, alive, buys_if_alive, expected_orders, orders_if_alive
from metrics.btyd_fit import Fitted, FittedSpend, Spend, fit, fit_spend

if TYPE_CHECKING:
    from collections.abc import Iterator

    from metrics.btyd import Floats
    from metrics.buyers import Days, Flags, Ints, OrderDays

VALUE_WEEKS: Final = 52
"""How far money is looked ahead: whole years, which is what the holdout check has seen."""
MIN_REPEATERS: Final = 200
MAX_ERROR: Final = 0.2
"""Of the holdout's repeat order-days in all."""
MIN_WEEKS: Final = 26
"""Less history than this is not split."""
_TRACKED_WEEKS: Final = 4
_Z: Final = 1.959963984540054
_STEP: Final = 1e-3
_BLOCK: Final = 1 << 18
"""Buyers scored at a time, so that a million of them need no more memory than these."""


@dataclass(frozen=True, eq=False)
class Model:
    """Both fits of one history; ``spend`` is None where repeat orders do not tell what one is worth."""

    fitted: Fitted
    spend: FittedSpend | None


def model_of(seen: Histories, digits: int) -> Model | None:
    """Both fits of one history.

    Args:
        seen: everybody's history.
        digits: decimal digits of the currency's minor unit.

    Returns:
        None where nobody came back, or the fit does not settle.
    """
    fitted = fit(seen)
    if fitted is None:
        return None
    some = np.flatnonzero((seen.x > 0) & (seen.net > 0))
    x = seen.x[some].astype(np.int64)
    return Model(fitted, fit_spend(x, seen.net[some] / 10**digits / x))


@dataclass(frozen=True, slots=True)
class Holdout:
    """How well what was expected at a split met what came after it, of those who had bought by then."""

    split: int
    weeks: int
    customers: int
    tracked: pl.DataFrame
    is_whole_years: bool

    @property
    def expected(self) -> float:
        """Repeat order-days expected in the holdout."""
        return float(self.tracked["expected"][-1])

    @property
    def actual(self) -> int:
        """Repeat order-days that came."""
        return int(self.tracked["actual"][-1])

    @property
    def error(self) -> float | None:
        """(expected − actual) ÷ actual; None where nobody came."""
        return (self.expected - self.actual) / self.actual if self.actual else None

    @property
    def has_passed(self) -> bool:
        """Whether the model may be shown."""
        return self.error is not None and abs(self.error) <= MAX_ERROR


def holdout_of(kept: OrderDays, end: int, wanted: Flags | None = None) -> Holdout | None:
    """Fit on the earlier part, compare with the later: the last 52 weeks, or half of a history of under two years.

    Args:
        kept: days that make somebody a buyer.
        end: last day, as days since 1970.
        wanted: by place of the customer: whether they are asked about.

    Returns:
        None where the history is shorter than half a year, or nothing can be fitted on its earlier part.
    """
    inside = kept.day <= end
    if wanted is not None:
        inside &= wanted[kept.who]
    if not inside.any():
        return None
    total = (end - int(kept.day[inside].min()) + 1) // WEEK
    weeks = VALUE_WEEKS if total >= 2 * VALUE_WEEKS else total // 2
    split = end - weeks * WEEK
    seen = Histories.until(kept, split, wanted)
    fitted = fit(seen) if total >= MIN_WEEKS else None
    if fitted is None:
        return None
    later = inside & (kept.day > split)
    known = np.zeros(int(kept.who.max()) + 1, np.bool_)
    known[seen.who] = True
    after = np.bincount((kept.day[later & known[kept.who]] - split - 1) // WEEK, minlength=weeks).cumsum()
    steps = sorted({*range(_TRACKED_WEEKS, weeks + 1, _TRACKED_WEEKS), weeks})
    expected = [float(expected_orders(fitted.rates, seen, step).sum()) for step in steps]
    tracked = pl.DataFrame(
        {"week": steps, "expected": expected, "actual": [int(after[step - 1]) for step in steps]},
        schema={"week": pl.Int64, "expected": pl.Float64, "actual": pl.Int64},
    )
    return Holdout(split, weeks, len(seen.x), tracked, is_whole_years=weeks == VALUE_WEEKS)


_VALUE: Final = {
    "group": pl.Int64, "customers": pl.Int64, "repeaters": pl.Int64, "expected_buyers": pl.Float64,
    "buyers_low": pl.Float64, "buyers_high": pl.Float64, "expected_orders": pl.Float64, "value_minor": pl.Int64,
    "low_minor": pl.Int64, "high_minor": pl.Int64,
}  # fmt: skip


def value(seen: Histories, model: Model, group: Days, groups: int, *, buyer_weeks: float, digits: int) -> pl.DataFrame:
    """What each group of buyers is expected to bring.

    Args:
        seen: everybody's history.
        model: both fits.
        group: by buyer: which group, from 0; below 0 is none.
        groups: how many there are.
        buyer_weeks: how far buyers are looked ahead; orders and money always ``VALUE_WEEKS``.
        digits: decimal digits of the currency's minor unit.

    Returns:
        One row a group with somebody in it: its number, customers, those who came back before, expected buyers with
        their 95 % interval, expected order-days, money in minor units with its 95 % interval (null where repeat orders
        do not tell what one is worth).
    """
    scorer = _Scorer(seen, np.asarray(group), groups, buyer_weeks, digits)
    rates, spend = model.fitted.rates, None if model.spend is None else model.spend.spend
    sums, chance = scorer.sums(rates, spend), scorer.chance(rates, spend)
    doubt = np.zeros_like(sums)
    slopes = np.array([scorer.sums(up, spend) - scorer.sums(down, spend) for up, down in _beside(rates)]) / (2 * _STEP)
    doubt += _through(slopes, model.fitted.spread)
    if model.spend is not None:
        beside = _spend_beside(model.spend.spend)
        money = [scorer.sums(rates, up, money=True) - scorer.sums(rates, down, money=True) for up, down in beside]
        slopes = np.array(money) / (2 * _STEP)
        doubt += _through(slopes, model.spend.spread)
    half = _Z * np.sqrt(doubt + chance)
    inside = seen.x[scorer.group >= 0], scorer.group[scorer.group >= 0]
    people = np.bincount(inside[1], minlength=groups)
    low, high = np.maximum(sums - half, 0.0), sums + half
    table = {
        "group": np.arange(groups),
        "customers": people,
        "repeaters": np.bincount(inside[1], inside[0] > 0, minlength=groups).astype(np.int64),
        "expected_buyers": sums[0],
        "buyers_low": low[0],
        "buyers_high": np.minimum(high[0], people),
        "expected_orders": sums[1],
        **{name: np.rint(one[2]).astype(np.int64) for name, one in _money(sums, low, high)},
    }
    found = pl.DataFrame(table, schema=_VALUE).filter(pl.col("customers") > 0)
    if spend is not None:
        return found
    return found.with_columns(pl.lit(None).cast(pl.Int64).alias(name) for name, _ in _money(sums, low, high))


def _money(*sums: Floats) -> Iterator[tuple[str, Floats]]:
    return zip(("value_minor", "low_minor", "high_minor"), sums, strict=True)


def _through(slopes: Floats, spread: Floats) -> Floats:
    found: Floats = np.einsum("i...,ij,j...->...", slopes, spread, slopes)
    return np.maximum(found, 0.0)


def _beside(rates: Rates) -> Iterator[tuple[Rates, Rates]]:
    at = np.log([rates.r, rates.alpha] if rates.is_nbd else [rates.r, rates.alpha, rates.a, rates.b])
    for place in range(at.size):
        aside = np.zeros(at.size)
        aside[place] = _STEP
        yield tuple(_rates(np.exp(at + way * aside)) for way in (1, -1))  # type: ignore[misc]


def _rates(values: Floats) -> Rates:
    r, alpha, *rest = (float(one) for one in values)
    return Rates(r, alpha, *(rest or (0.0, float("nan"))))


def _spend_beside(spend: Spend) -> Iterator[tuple[Spend, Spend]]:
    at = np.log([spend.p, spend.q, spend.v])
    for place in range(3):
        aside = np.zeros(3)
        aside[place] = _STEP
        yield tuple(Spend(*map(float, np.exp(at + way * aside))) for way in (1, -1))  # type: ignore[misc]


def expected_spend(spend: Spend, x: Floats, total: Floats) -> Floats:
    """What an order-day of each buyer is worth (Fader & Hardie 2013, eq. 5), whole units of the currency.

    Args:
        spend: parameters.
        x: order-days after the first.
        total: what these brought in all; of nobody's history the average of everybody.
    """
    power = np.maximum(spend.p * x + spend.q - 1, 1e-3)
    return spend.p * (spend.v + np.maximum(total, 0.0)) / power


def each_value(seen: Histories, model: Model, digits: int) -> Ints:
    """What each buyer is expected to bring in ``VALUE_WEEKS``, minor units; the sums of these are those of ``value``.

    Args:
        seen: everybody's history.
        model: both fits; the money's has to be there.
        digits: decimal digits of the currency's minor unit.
    """
    spend = None if model.spend is None else model.spend.spend
    scorer = _Scorer(seen, np.zeros(len(seen.x), np.int32), 1, WEEK, digits)
    found: Ints = np.rint(np.concatenate([np.zeros(0), *scorer.each(model.fitted.rates, spend)])).astype(np.int64)
    return found


class _Scorer:
    """Sums over the buyers of each group, block by block."""

    def __init__(self, seen: Histories, group: Days, groups: int, buyer_weeks: float, digits: int) -> None:
        self.seen, self.group, self.groups = seen, group, groups
        self.buyer_weeks, self.minor = buyer_weeks, 10.0**digits
        self.held: dict[Rates, tuple[Floats, Floats, Floats]] = {}

    def sums(self, rates: Rates, spend: Spend | None, *, money: bool = False) -> Floats:
        """Expected buyers, order-days and money (minor units) of each group; or the ``money`` alone, all else 0."""
        found = np.zeros((3, self.groups))
        for at, x, total, still, buys, orders in self._blocks(rates):
            mean = still * orders
            if not money:
                found[0] += np.bincount(at, still * buys, minlength=self.groups)
                found[1] += np.bincount(at, mean, minlength=self.groups)
            found[2] += np.bincount(at, mean * self._worth(spend, x, total), minlength=self.groups)
        return found

    def each(self, rates: Rates, spend: Spend | None) -> Iterator[Floats]:
        """Expected money of each buyer, minor units, block by block."""
        for _, x, total, still, _, orders in self._blocks(rates):
            yield still * orders * self._worth(spend, x, total)

    def chance(self, rates: Rates, spend: Spend | None) -> Floats:
        """By how much that varies from chance alone: variances."""
        found = np.zeros((3, self.groups))
        for at, x, total, still, buys, orders in self._blocks(rates):
            buyers, mean = still * buys, still * orders
            squared = still * (orders + orders**2 * (1 + 1 / (rates.r + x)))
            each = self._worth(spend, x, total)
            within = 0.0 if spend is None else 1 / spend.p
            between = 1.0 if spend is None else 1 + 1 / np.maximum(spend.p * x + spend.q - 2, 1.0)
            money = each**2 * (mean * within + squared) * between - (mean * each) ** 2
            for row, one in enumerate((buyers * (1 - buyers), squared - mean**2, np.maximum(money, 0.0))):
                found[row] += np.bincount(at, one, minlength=self.groups)
        return found

    def _worth(self, spend: Spend | None, x: Floats, total: Floats) -> Floats:
        return np.zeros(len(x)) if spend is None else expected_spend(spend, x, total / self.minor) * self.minor

    def _blocks(self, rates: Rates) -> Iterator[tuple[Days, Floats, Floats, Floats, Floats, Floats]]:
        still, buys, orders = self._of(rates)
        alike, pair = self.seen.alike[3], self.seen.pairs[2]
        for start in range(0, len(pair), _BLOCK):
            cut = slice(start, start + _BLOCK)
            mine = self.group[cut] >= 0
            some: Flags | slice = slice(None) if mine.all() else mine
            at, x = pair[cut][some], self.seen.x[cut][some].astype(np.float64)
            net = self.seen.net[cut][some].astype(np.float64)
            yield self.group[cut][some], x, net, still[alike[cut][some]], buys[at], orders[at]

    def _of(self, rates: Rates) -> tuple[Floats, Floats, Floats]:
        """Of each history that occurs whether the buyer has not stopped; of each ``(x, T)`` buying, and order-days."""
        if rates not in self.held:
            x, recency, age, _ = self.seen.alike
            times, now, _ = self.seen.pairs
            self.held = {  # a slope needs no other than these, and the middle's
                **dict(list(self.held.items())[:1]),
                rates: (
                    alive(rates, x.astype(np.float64), recency / WEEK, age / WEEK),
                    buys_if_alive(rates, times, now / WEEK, self.buyer_weeks),
                    orders_if_alive(rates, times, now / WEEK, VALUE_WEEKS),
                ),
            }
        return self.held[rates]
