"""Parameters of BG/NBD and of Gamma-Gamma by maximum likelihood, from what occurs and how often."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from metrics.btyd import WEEK, Rates

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from metrics.btyd import Floats, Histories
    from metrics.buyers import Days, Ints

_LOW, _HIGH = float(np.log(1e-5)), float(np.log(1e5))
_EDGE: Final = 1e-3
_STARTS: Final = ((0.0, 1.5, -0.5, 0.7), (-1.5, 2.5, 0.5, 1.5), (1.0, 3.5, -2.0, 0.0))
"""ln of r, alpha (weeks), a, b: a corner that one climb ends in is left by another."""
_SPEND_STARTS: Final = ((1.0, 1.0), (0.0, 0.7), (2.5, 2.0))
"""ln of p and q; v follows from the average."""
_NEGLIGIBLE: Final = 0.01
"""Drop-out that explains less than this of log-likelihood is none."""


def dot(one: Floats | Ints, other: Floats) -> float:
    """Sum of products, on one processor.

    The linear algebra library parts every long vector among all processors and waits for them without pause: on a busy
    machine that took ten times the processor time of the sum itself.
    """
    return float((one * other).sum())


@dataclass(frozen=True, eq=False)
class Fitted:
    """A best answer.

    Attributes:
        rates: parameters.
        log_likelihood: at them, of all buyers.
        spread: covariance of the parameters' logarithms, ``r, alpha`` and, unless nobody stops, ``a, b``.
    """

    rates: Rates
    log_likelihood: float
    spread: Floats


@dataclass(frozen=True, slots=True)
class Spend:
    """Parameters of Gamma-Gamma; ``v`` in whole units of the currency."""

    p: float
    q: float
    v: float


@dataclass(frozen=True, eq=False)
class FittedSpend:
    """A best answer; ``spread`` is the covariance of the logarithms of ``p, q, v``."""

    spend: Spend
    log_likelihood: float
    spread: Floats


def fit(seen: Histories) -> Fitted | None:
    """BG/NBD of some buyers, or its limit NBD where drop-out explains nothing.

    Args:
        seen: their histories.

    Returns:
        The best of several climbs; None where nobody came back or no climb ends inside the bounds.
    """
    if not seen.repeaters:
        return None
    likelihood = Likelihood(*seen.distinct)
    plain = _best(likelihood.cost_nbd, [start[:2] for start in _STARTS], likelihood.n)
    full = _best(likelihood.cost, _STARTS, likelihood.n, open_ends=(2, 3))
    if plain is not None and (full is None or full[1] < plain[1] + _NEGLIGIBLE):
        (r, alpha), top, spread = plain
        return Fitted(Rates(r, alpha, 0.0, float("nan")), top, spread)
    if full is None:
        return None
    (r, alpha, a, b), top, spread = full
    return Fitted(Rates(r, alpha, a, b), top, spread)


class Likelihood:
    """−ln L of BG/NBD per buyer with its slope, of distinct histories; logarithms are taken of each day once."""

    def __init__(self, x: Days, recency: Days, age: Days, count: Floats) -> None:  # noqa: D107  (the class says it)
        self.times, self.which = np.unique(x, return_inverse=True)
        self.x, self.count, self.n = x, count, float(count.sum())
        self.recency, self.age = recency, age
        self.weeks = np.arange(int(age.max(initial=0)) + 1) / WEEK
        self.again = x > 0
        self.at_times = np.bincount(self.which, count)

    def log_each(self, rates: Rates) -> Floats:
        """Ln L of each distinct history; the plain formula, for proof."""
        first, both, _ = self._parts(np.log([rates.r, rates.alpha, rates.a, rates.b]))
        found: Floats = first[self.which] + both
        return found

    def _parts(self, logs: Floats) -> tuple[Floats, Floats, tuple[Floats, ...]]:
        from scipy.special import gammaln  # noqa: PLC0415  (scipy loads with the first question that needs it)

        r, alpha, a, b = np.exp(logs)
        k = self.times
        first = gammaln(r + k) - gammaln(r) + r * np.log(alpha)
        first += gammaln(a + b) - gammaln(a + b + k) + gammaln(b + k) - gammaln(b)
        log_week = np.log(alpha + self.weeks)
        now, last = log_week[self.age], log_week[self.recency]
        stays = -(r + self.x) * now
        left = np.log(a) - np.log(b + np.maximum(self.x, 1) - 1) - (r + self.x) * last
        left = np.where(self.again, left, -np.inf)
        return first, np.logaddexp(stays, left), (stays, now, last)

    def cost(self, logs: Floats) -> tuple[float, Floats]:
        """At the logarithms of r, alpha, a, b."""
        from scipy.special import digamma  # noqa: PLC0415  (scipy loads with the first question that needs it)

        r, alpha, a, b = np.exp(logs)
        first, both, (stays, now, last) = self._parts(logs)
        value = dot(self.at_times, first) + dot(self.count, both)
        here = self.count * np.exp(stays - both)
        gone = self.count - here
        k, weight = self.times, self.at_times
        each = 1 / (alpha + self.weeks)
        slope_r = dot(weight, digamma(r + k) - digamma(r) + np.log(alpha)) - dot(here, now) - dot(gone, last)
        power = r + self.x
        slope_alpha = self.n * r / alpha - dot(power * here, each[self.age]) - dot(power * gone, each[self.recency])
        shared = dot(weight, digamma(a + b) - digamma(a + b + k))
        slope_a = shared + gone.sum() / a
        slope_b = shared + dot(weight, digamma(b + k) - digamma(b)) - (gone / (b + np.maximum(self.x, 1) - 1)).sum()
        slope = np.array([slope_r * r, slope_alpha * alpha, slope_a * a, slope_b * b])
        return -float(value) / self.n, -slope / self.n

    def cost_nbd(self, logs: Floats) -> tuple[float, Floats]:
        """The same where nobody stops, at the logarithms of r and alpha."""
        from scipy.special import digamma, gammaln  # noqa: PLC0415  (scipy loads with the first question that needs it)

        r, alpha = np.exp(logs)
        k, weight = self.times, self.at_times
        now = np.log(alpha + self.weeks)[self.age]
        power = r + self.x
        value = dot(weight, gammaln(r + k) - gammaln(r)) + self.n * r * np.log(alpha) - dot(self.count, power * now)
        slope_r = dot(weight, digamma(r + k) - digamma(r)) + self.n * np.log(alpha) - dot(self.count, now)
        slope_alpha = self.n * r / alpha - dot(self.count * power, (1 / (alpha + self.weeks))[self.age])
        return -value / self.n, -np.array([slope_r * r, slope_alpha * alpha]) / self.n


def fit_spend(x: Ints, average: Floats) -> FittedSpend | None:
    """Gamma-Gamma of those who came back: what an order-day is worth.

    Args:
        x: order-days after the first, at least 1.
        average: what each of these brought on average, whole units of the currency, above 0.

    Returns:
        The best of several climbs; None where there is nobody, no climb ends inside the bounds, or spend has no average.
    """
    if x.size < 2 or np.ptp(average) <= 0:  # noqa: PLR2004  (one value has no spread)
        return None
    mean = float(average.mean())
    cost = _spend_cost(x, average / mean)
    starts = [(p, q, float(np.log(max(np.expm1(q), 0.5)) - p)) for p, q in _SPEND_STARTS]
    found = _best(cost, starts, float(x.size))
    if found is None:
        return None
    (p, q, v), top, spread = found
    if q <= 1:  # the average over all buyers does not exist
        return None
    return FittedSpend(Spend(p, q, v * mean), top - x.size * float(np.log(mean)), spread)


def _spend_cost(x: Ints, average: Floats) -> Callable[[Floats], tuple[float, Floats]]:
    """−ln L of Gamma-Gamma a buyer with its slope, at the logarithms of p, q, v (Fader & Hardie 2013, eq. 1a)."""
    from scipy.special import digamma, gammaln  # noqa: PLC0415  (scipy loads with the first question that needs it)

    times, count = np.unique(x, return_counts=True)
    n, power, total = float(x.size), x.astype(np.float64), x * average
    logs, logs_power = float(np.log(average).sum()), float((power * np.log(total)).sum())

    def cost(at: Floats) -> tuple[float, Floats]:
        p, q, v = np.exp(at)
        held = np.log(v + total)
        value = dot(count, gammaln(p * times + q) - gammaln(p * times)) + n * (q * np.log(v) - gammaln(q))
        value += p * logs_power - logs - p * dot(power, held) - q * float(held.sum())
        both = digamma(p * times + q)
        slope_p = dot(count, times * (both - digamma(p * times))) + logs_power - dot(power, held)
        slope_q = dot(count, both) + n * (np.log(v) - digamma(q)) - float(held.sum())
        share = 1 / (v + total)
        slope_v = n * q / v - p * dot(power, share) - q * float(share.sum())
        return -value / n, -np.array([slope_p * p, slope_q * q, slope_v * v]) / n

    return cost


def _best(
    cost: Callable[[Floats], tuple[float, Floats]],
    starts: Sequence[Sequence[float]],
    n: float,
    *,
    open_ends: tuple[int, ...] = (),
) -> tuple[tuple[float, ...], float, Floats] | None:
    """The best of the climbs from several starts: parameters, log-likelihood, covariance of their logarithms.

    None where no climb settles, or the best one stops at a bound other than the upper one of ``open_ends``.
    """
    climbs = [climb for start in starts if (climb := _climb(cost, start)).success]
    if not climbs:
        return None
    best = min(climbs, key=lambda climb: float(climb.fun)).x
    upper = best > _HIGH - _EDGE
    upper[list(open_ends)] = False
    if (best < _LOW + _EDGE).any() or upper.any():
        return None
    spread = _covariance(cost, best, n)
    return tuple(float(one) for one in np.exp(best)), -float(cost(best)[0]) * n, spread


def _climb(cost: Callable[[Floats], tuple[float, Floats]], start: Sequence[float]) -> Any:
    from scipy.optimize import minimize  # noqa: PLC0415  (scipy loads with the first question that needs it)

    bounds = [(_LOW, _HIGH)] * len(start)
    options = {"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500, "maxls": 50}
    return minimize(cost, np.array(start, np.float64), jac=True, method="L-BFGS-B", bounds=bounds, options=options)


def _covariance(cost: Callable[[Floats], tuple[float, Floats]], at: Floats, n: float) -> Floats:
    """Inverse of the curvature, from differences of slopes; directions that are flat get no spread of their own."""
    step = 1e-4
    rows = []
    for place in range(at.size):
        aside = np.zeros(at.size)
        aside[place] = step
        rows.append((cost(at + aside)[1] - cost(at - aside)[1]) / (2 * step))
    curvature = n * (np.array(rows) + np.array(rows).T) / 2
    return np.asarray(np.linalg.pinv(curvature, rcond=1e-10, hermitian=True), np.float64)
