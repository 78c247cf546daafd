"""How do customers weigh a store's size against the way to it (Huff's model, T11)?

The chance that somebody at *i* buys at *j* is A_j^α · d_ij^−β ÷ Σ over the stores open then; ways below 200 m count as
200 m. α and β maximise the likelihood of located orders at physical stores. In logarithms the model is concave: it has
one best answer. Orders of one customer in five are held out to compare its forecasts with "the nearest".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.huff_choices import Choices, located_choices
from metrics.huff_likelihood import FLOOR_M, Best, best_of, softmax
from schema.language import later

if TYPE_CHECKING:
    from collections.abc import Sequence

    from metrics.travel import Bools, Floats

ENOUGH_ORDERS: Final = 500
FALLBACK: Final = (1.0, 2.0)
"""α and β where too little is known: Huff's own."""

_Z95: Final = 1.959964
_FEW: Final = later("Fewer than 500 located orders at stores: α = 1 and β = 2 are assumed.")
_ALONE: Final = later("No order had a choice between two stores: α = 1 and β = 2 are assumed.")
_LOST: Final = later("The fit found no best answer: α = 1 and β = 2 are assumed.")
_EQUAL: Final = later("The stores' sizes do not tell them apart: α stays 1.")


@dataclass(frozen=True, slots=True)
class HuffFit:
    """What the orders say about size and distance.

    Attributes:
        alpha: exponent of floor area.
        beta: exponent of distance.
        alpha_low: lower end of the 95 % interval; None when α was not fitted (so for the other three).
        log_loss: mean −ln chance of the store chosen, over held-out orders (lower is better); None without any.
        baseline_log_loss: the same of "the nearest, as often as in the rest; else any other alike".
        n: orders fitted.
        held_out: orders that the two losses are of.
        is_fallback: α and β are assumed.
        reason: why, or what else limits the fit; empty when nothing does.
    """

    alpha: float
    beta: float
    alpha_low: float | None
    alpha_high: float | None
    beta_low: float | None
    beta_high: float | None
    log_loss: float | None
    baseline_log_loss: float | None
    n: int
    held_out: int
    is_fallback: bool
    reason: str


def huff_shares(
    metres: Floats, area_m2: Floats, alpha: float = FALLBACK[0], beta: float = FALLBACK[1], is_open: Bools | None = None
) -> Floats:
    """How likely is each store to be chosen from each home?

    Args:
        metres: the way from each home (row) to each store (column).
        area_m2: size of the stores, of one row or of as many as ``metres``.
        alpha: exponent of size.
        beta: exponent of distance.
        is_open: which of them may be chosen; None is all.

    Returns:
        Chances that add up to 1 a row; a row without an open store is 0.
    """
    utility = alpha * np.log(np.asarray(area_m2, dtype=np.float64)) - beta * np.log(np.maximum(metres, FLOOR_M))
    return softmax(np.atleast_2d(utility), is_open)


def fit_huff(
    orders: pl.DataFrame,
    people: pl.DataFrame,
    places: pl.DataFrame,
    *,
    travel: pl.DataFrame | None = None,
    without: Sequence[str] = (),
) -> HuffFit:
    """What do orders at these stores say about size and distance?

    Args:
        orders: ``OrderFacts``; those of staff, of other channels and of customers without a home are left out.
        people: ``People``.
        places: ``Places`` that compete, such as those of one city; orders elsewhere are left out.
        travel: ``Travel``, in place of straight lines.
        without: stores that are an exception (a mall on a metro line) and would pose as size. Leaving one out does not
            bias the others: the model's odds between two stores do not depend on a third.

    Returns:
        The fit over all orders with its 95 % interval (each order an independent choice), and the losses of a fit
        without the held-out customers. Fallback α = 1, β = 2 below 500 orders or without a best answer.

    Raises:
        ContractError: a required column is missing.
    """
    competing = places.filter(~pl.col("store_id").is_in(list(without)))
    return fit_choices(located_choices(orders, people, competing, travel=travel))


def fit_choices(choices: Choices) -> HuffFit:
    """The same for choices that were counted before (``metrics.huff_choices``)."""
    n, held_out = choices.total(), int(choices.tested.sum())
    reason = _FEW if n < ENOUGH_ORDERS else "" if choices.is_contested() else _ALONE
    best = None if reason else best_of(choices, choices.count)
    if not reason and best is None:
        reason = _LOST
    trained = best_of(choices, choices.count - choices.tested, best) if best else None
    used = trained or best
    loss = _log_loss(choices, used.alpha, used.beta) if used else _log_loss(choices, *FALLBACK)
    limits = _limits(best)
    if best is not None and limits[0] is None:
        reason = _EQUAL
    alpha, beta = (best.alpha, best.beta) if best else FALLBACK
    return HuffFit(alpha, beta, *limits, loss, _baseline(choices), n, held_out, best is None, reason)


def _limits(best: Best | None) -> tuple[float | None, float | None, float | None, float | None]:
    """The 95 % intervals of α and β."""
    if best is None:
        return None, None, None, None
    away = _Z95 * best.beta_error
    around_beta = (best.beta - away, best.beta + away)
    if not np.isfinite(best.alpha_error):
        return None, None, *around_beta
    across = _Z95 * best.alpha_error
    return best.alpha - across, best.alpha + across, *around_beta


def observed_and_expected(choices: Choices, alpha: float, beta: float) -> pl.DataFrame:
    """Which stores get more orders than their size and place explain?

    Args:
        choices: as ``metrics.huff_choices.located_choices`` counts them.
        alpha: exponent of size.
        beta: exponent of distance.

    Returns:
        One row per store, the largest surprise first: ``store_id, observed`` (orders), ``expected`` (Σ chances) and
        ``ratio`` (null where nothing is expected).
    """
    chance = softmax(alpha * choices.log_area - beta * choices.log_metres(FLOOR_M), choices.is_open)
    expected = _by_store(choices, chance * choices.count.sum(axis=1, keepdims=True))
    observed = _by_store(choices, choices.count)
    ratio = pl.when(pl.col("expected") > 0).then(pl.col("observed") / pl.col("expected")).round(9)
    return (
        pl.DataFrame({"store_id": choices.store_ids, "observed": observed.astype(np.int64), "expected": expected})
        .with_columns(ratio=ratio)
        .sort("ratio", "store_id", descending=[True, False], nulls_last=True)
    )


def _by_store(choices: Choices, values: Floats) -> Floats:
    size = len(choices.store_ids)
    return np.bincount(choices.index.ravel(), values.ravel(), minlength=size).astype(np.float64)


def _log_loss(choices: Choices, alpha: float, beta: float) -> float | None:
    total = choices.tested.sum()
    if not total:
        return None
    chance = softmax(alpha * choices.log_area - beta * choices.log_metres(FLOOR_M), choices.is_open)
    return float(-(choices.tested * np.log(np.maximum(chance, 1e-300))).sum() / total)


def _baseline(choices: Choices) -> float | None:
    """The loss of "the nearest": as often as in the orders that are not held out, else any other store alike."""
    total = choices.tested.sum()
    if not total:
        return None
    first = np.where(choices.is_open, choices.metres, np.inf).argmin(axis=1)
    is_nearest = np.zeros(choices.is_open.shape, dtype=np.bool_)
    is_nearest[np.arange(len(first)), first] = True
    known = choices.count - choices.tested
    often = (float(known[is_nearest].sum()) + 1.0) / (float(known.sum()) + 2.0)
    others = choices.is_open.sum(axis=1, keepdims=True) - 1
    chance: Floats = np.where(is_nearest, np.where(others > 0, often, 1.0), (1.0 - often) / np.maximum(others, 1))
    return float(-(choices.tested * np.log(chance)).sum() / total)
