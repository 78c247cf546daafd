"""The likelihood of counted choices under Huff's model, and where it is highest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from metrics.huff_choices import Choices
    from metrics.travel import Bools, Floats

FLOOR_M: Final = 200.0
"""Nobody is nearer than this: closer, the position of a home says little."""

_STARTS: Final = ((1.0, 2.0), (0.3, 0.8), (2.0, 4.0))
_BOUNDS: Final = ((-3.0, 6.0), (0.0, 12.0))


class Best(NamedTuple):
    """The best α and β of some choices, and their standard errors."""

    alpha: float
    beta: float
    alpha_error: float
    beta_error: float


def best_of(choices: Choices, count: Floats, near: Best | None = None) -> Best | None:
    """Maximum likelihood of some counted choices; None when there is no best answer inside the bounds.

    Args:
        choices: what could be chosen.
        count: orders, in the shape of the choices.
        near: an answer to start from; the hill has one top, so a start only saves time, and the next one is for when
            rounding stops a climb.
    """
    rows = count.sum(axis=1) > 0
    if not rows.any():
        return None
    likelihood = _Likelihood(choices, count, rows)
    free = likelihood.free()
    starts = [(near.alpha, near.beta), *_STARTS] if near else _STARTS
    climbs = (_minimised(likelihood, start, free) for start in starts)
    found = next((climb.x for climb in climbs if climb.success), None)
    if found is None:
        return None
    alpha, beta = (float(found[0]), float(found[1])) if free == (0, 1) else (1.0, float(found[0]))
    at_edge = any(
        not low + 1e-6 < value < high - 1e-6 for value, (low, high) in zip((alpha, beta), _BOUNDS, strict=True)
    )
    error = likelihood.errors(np.array([alpha, beta]), free)
    return None if at_edge or error is None else Best(alpha, beta, *error)


def _minimised(likelihood: _Likelihood, start: tuple[float, float], free: tuple[int, ...]) -> Any:
    from scipy.optimize import minimize  # noqa: PLC0415  (scipy loads with the first question that needs it)

    def loss(values: Floats) -> tuple[float, Floats]:
        both = np.array([1.0, 0.0])
        both[list(free)] = values
        cost, slope = likelihood.cost(both)
        return cost, slope[list(free)]

    return minimize(
        loss,
        np.array([start[at] for at in free]),
        jac=True,
        method="L-BFGS-B",
        bounds=[_BOUNDS[at] for at in free],
        options={"ftol": 1e-12, "gtol": 1e-8, "maxiter": 200},
    )


class _Likelihood:
    """Mean −ln chance of the choices as a function of (α, β), with slope and curvature."""

    def __init__(self, choices: Choices, count: Floats, rows: Bools) -> None:
        self.is_open = choices.is_open[rows]
        self.size = np.where(self.is_open, choices.log_area[rows], 0.0)
        self.size -= self.size.mean()
        self.way = np.where(self.is_open, -choices.log_metres(FLOOR_M)[rows], 0.0)
        self.count = count[rows]
        self.each = self.count.sum(axis=1)
        self.n = float(self.each.sum())

    def free(self) -> tuple[int, ...]:
        """Which of α (0) and β (1) the choices can tell: α needs stores of different sizes in one choice."""
        return (0, 1) if self._spread(self.size) > 1e-12 else (1,)  # noqa: PLR2004  (a rounding error's size)

    def _spread(self, values: Floats) -> float:
        high = np.where(self.is_open, values, -np.inf).max(axis=1)
        low = np.where(self.is_open, values, np.inf).min(axis=1)
        return float((high - low).max())

    def cost(self, both: Floats) -> tuple[float, Floats]:
        """Cost and slope at (α, β)."""
        utility = both[0] * self.size + both[1] * self.way
        masked = np.where(self.is_open, utility, -np.inf)
        top = masked.max(axis=1, keepdims=True)
        weight = np.exp(masked - top)
        total = weight.sum(axis=1, keepdims=True)
        chance = weight / total
        log_total = (np.log(total) + top).ravel()
        cost = float(self.each @ log_total - (self.count * utility).sum()) / self.n
        slope = [
            float(self.each @ (chance * part).sum(axis=1) - (self.count * part).sum()) / self.n
            for part in (self.size, self.way)
        ]
        return cost, np.array(slope)

    def errors(self, both: Floats, free: tuple[int, ...]) -> tuple[float, float] | None:
        """Standard errors from the curvature; not a number for what was not fitted; None where it is flat."""
        chance = softmax(both[0] * self.size + both[1] * self.way, self.is_open)
        parts = [(self.size, self.way)[at] for at in free]
        means = [(chance * part).sum(axis=1, keepdims=True) for part in parts]
        apart = [part - mean for part, mean in zip(parts, means, strict=True)]
        weighted = chance * self.each[:, None]
        curvature = np.array([[float((weighted * one * other).sum()) for other in apart] for one in apart])
        if not np.isfinite(curvature).all() or np.linalg.cond(curvature) > 1e12:  # noqa: PLR2004  (as good as singular)
            return None
        error = np.sqrt(np.diag(np.linalg.inv(curvature)))
        return (float(error[0]), float(error[1])) if free == (0, 1) else (float("nan"), float(error[0]))


def softmax(utility: Floats, is_open: Bools | None) -> Floats:
    """Chances in proportion to e^utility, 0 for what is not open; a row where nothing is open is 0."""
    masked = utility if is_open is None else np.where(is_open, utility, -np.inf)
    top = masked.max(axis=1, keepdims=True, initial=-np.inf)
    weight = np.exp(masked - np.where(np.isfinite(top), top, 0.0))
    total = weight.sum(axis=1, keepdims=True)
    chances: Floats = np.divide(weight, total, out=np.zeros_like(weight), where=total > 0)
    return chances
