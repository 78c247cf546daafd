"""Which products members lingered on and did not buy, from views as numbers: the same as ``conversion.lingered_not_bought``.

Nearly every look is the only one of its member at its product in two weeks: it is judged by itself. Only the others are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from metrics.conversion import HALF_LIFE_DAYS, LINGER_SUM_MS
from metrics.packed import changes, stable_order

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Whole = NDArray[np.integer]
    Mask = NDArray[np.bool_]

_LATE: Final = np.iinfo(np.int64).min


@dataclass(frozen=True, eq=False)
class Looks:
    """Views of products by members, a row each; a member's in the order of their time.

    Attributes:
        who: number of the member.
        product: number of the product.
        at: instant.
        age: whole days before the last one.
        dwell: milliseconds, below 0 where unknown.
        linger: 1 where it lingered.
        is_alone: whether the member has no other look at the product among them.
    """

    who: Whole
    product: Whole
    at: Whole
    age: Whole
    dwell: Whole
    linger: Whole
    is_alone: Mask


def lingered(looks: Looks, paid: tuple[Whole, Whole, Whole], names: Sequence[str]) -> pl.DataFrame:
    """One row per product, most interest first: ``product_id, people, interest, lingers``.

    Args:
        looks: the views of the last days.
        paid: number of the member, number of the product and instant of each line of the same days.
        names: the products' names.
    """
    size = len(names)
    pairs = [_alone(looks), _together(looks, size)]
    who, product, since, interest, lingers = (np.concatenate(of) for of in zip(*pairs, strict=True))
    left = ~_bought((who, product, since), paid, size)
    product = product[left]
    people, count = (np.bincount(of, minlength=size) for of in (product, np.repeat(product, lingers[left])))
    sums = np.zeros(size, np.int64)
    np.add.at(sums, product, interest[left])
    seen = np.flatnonzero(people)
    table = pl.DataFrame(
        {
            "product_id": pl.Series(names, dtype=pl.String).gather(seen),
            "people": people[seen],
            "interest": sums[seen],
            "lingers": count[seen],
        }
    )
    seconds = pl.col("interest") / 1_000_000  # as the views' own formula divides, to the last digit
    return table.with_columns(seconds).sort("interest", "product_id", descending=[True, False])


def _interest(looks: Looks, rows: Whole) -> Whole:
    """Fresh dwell of these views in whole microseconds."""
    ages = pl.DataFrame({"age": np.arange(int(looks.age.max(initial=0)) + 1)})
    weights = ages.select(0.5 ** (pl.col("age") / HALF_LIFE_DAYS)).to_series().to_numpy()
    fresh = np.maximum(looks.dwell[rows], 0) * weights[looks.age[rows]] * 1000
    return pl.Series(fresh).round().cast(pl.Int64).to_numpy()


def _alone(looks: Looks) -> tuple[Whole, ...]:
    rows = np.flatnonzero(looks.is_alone & ((looks.linger > 0) | (looks.dwell >= LINGER_SUM_MS)))
    lingers = (looks.linger[rows] > 0).astype(np.int64)
    return looks.who[rows], looks.product[rows], looks.at[rows], _interest(looks, rows), lingers


def _together(looks: Looks, size: int) -> tuple[Whole, ...]:
    rows = np.flatnonzero(~looks.is_alone)
    pair = looks.who[rows].astype(np.int64) * size + looks.product[rows]
    order = stable_order(pair, int(pair.max(initial=0)))
    rows, pair = rows[order], pair[order]
    starts = np.flatnonzero(changes(pair))
    is_linger = looks.linger[rows] > 0
    values = (np.maximum(looks.dwell[rows], 0).astype(np.int64), _interest(looks, rows), is_linger.astype(np.int64))
    dwell, interest, lingers = (np.add.reduceat(of, starts) if len(starts) else of for of in values)
    at = looks.at[rows]
    never = np.iinfo(np.int64).max
    first = np.minimum.reduceat(np.where(is_linger, at, never), starts) if len(starts) else at
    since = np.where(first == never, at[starts], first)
    held = np.flatnonzero((lingers > 0) | (dwell >= LINGER_SUM_MS))
    of = rows[starts[held]]
    return looks.who[of], looks.product[of], since[held], interest[held], lingers[held]


def _bought(pairs: tuple[Whole, Whole, Whole], paid: tuple[Whole, Whole, Whole], size: int) -> Mask:
    """Of each member and product: whether a line of theirs was paid at the instant or later."""
    who, product, since = pairs
    most = int(max(who.max(initial=0), paid[0].max(initial=0))) + 1
    is_buyer = np.zeros(most, np.bool_)
    is_buyer[paid[0]] = True
    found = np.zeros(len(who), np.bool_)
    rows = np.flatnonzero(is_buyer[who])
    keys = who[rows].astype(np.int64) * (size + 1) + product[rows]
    lines = paid[0].astype(np.int64) * (size + 1) + paid[1]
    order = np.argsort(keys)
    ordered = keys[order]
    place = np.searchsorted(ordered, lines)
    hits = np.flatnonzero(place < len(ordered))
    hits = hits[ordered[place[hits]] == lines[hits]]
    last = np.full(len(rows), _LATE, np.int64)
    np.maximum.at(last, order[place[hits]], paid[2][hits])
    found[rows] = last >= since[rows]
    return found
