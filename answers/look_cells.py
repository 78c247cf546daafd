"""Views of each category, product and channel by day, and their dwell in an order that tells exact medians; once a server.

Made of the scope's own rows: an agent's are made of what the agent may see.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from answers import view_rows
from answers.memo import of_rows
from metrics.range_quantiles import RangeQuantiles
from metrics.view_sums import amounts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from answers.answer import Context
    from schema.marts import Marts

    Whole = NDArray[np.integer]
    Floats = NDArray[np.float64]

_PIECE: Final = 2_000_000
"""Categories with so few views are put in order together."""

_FEW: Final = 200_000
_SUMS: Final = ("views", "dwell_ms", "judged", "lingers")


@dataclass(frozen=True, eq=False)
class _Piece:
    """Views of a few categories.

    Attributes:
        first: the first day.
        category: number of the category of each cell.
        product: number of its product.
        channel: number of its channel.
        sums: measure → [cell, day]: what the cell holds before the day; one day more than there are.
        edges: [cell, day]: where the known dwell of the cell's days from this one on begins.
        dwell: the known dwell, by cell and day.
    """

    first: int
    category: Whole
    product: Whole
    channel: Whole
    sums: dict[str, Whole]
    edges: Whole
    dwell: RangeQuantiles


@dataclass(frozen=True, eq=False)
class Told:
    """Views of groups of cells: ``views, known_views, dwell_ms, judged, lingers`` by group, and quantiles of their dwell."""

    sums: dict[str, Whole]
    quantiles: list[Floats]


def is_told(asked: Context) -> bool:
    """Whether cells tell the period's views: no filter asks of single views, and views are more than cells."""
    chosen = asked.filters
    return not (chosen.store or chosen.agent or chosen.city or chosen.segment) and bool(_pieces(asked.marts))


def told(asked: Context, group: str, shares: tuple[float, ...] = (0.5,), *, by_channel: bool = True) -> Told:
    """The period's views that match the filters, by ``category`` or ``product_id`` and perhaps channel.

    Args:
        asked: the question.
        group: what groups are: their numbers are those of ``view_rows.named``, times the number of channels, plus the channel's.
        shares: which quantiles.
        by_channel: whether channels are told apart; else groups' numbers are those of the names alone.
    """
    names = [view_rows.named(asked.marts, name) for name in ("category", "product_id", "channel")]
    width, chosen = len(names[2].names) if by_channel else 1, asked.filters
    groups = (len(names[1].names) + 1 if group == "product_id" else len(names[0].names)) * width
    total: dict[str, Whole] = {name: np.zeros(groups, np.int64) for name in (*_SUMS, "known_views")}
    found = [np.full(groups, np.nan) for _ in shares]
    wanted = [
        of.among(set(values)) if values else None
        for of, values in zip(names, (chosen.category, chosen.product, chosen.channel), strict=True)
    ]
    for piece in _pieces(asked.marts):
        keys = (piece.category, piece.product, piece.channel)
        some = [is_wanted[key] for is_wanted, key in zip(wanted, keys, strict=True) if is_wanted is not None]
        cells = np.flatnonzero(np.all(some, axis=0)) if some else np.arange(len(piece.category))
        start, end = _days(asked, piece)
        of = (piece.product if group == "product_id" else piece.category)[cells] * np.intp(width)
        if by_channel:
            of = of + piece.channel[cells]
        low, high = piece.edges[cells, start].astype(np.int64), piece.edges[cells, end].astype(np.int64)
        sums = {name: held[cells, end] - held[cells, start] for name, held in piece.sums.items()}
        for name, amount in (sums | {"known_views": high - low}).items():
            np.add.at(total[name], of, amount)
        held = np.unique(of)
        for values, part in zip(found, piece.dwell.quantiles((low, high, of), groups, shares), strict=True):
            values[held] = part[held]
    return Told(total, found)


def _days(asked: Context, piece: _Piece) -> tuple[int, int]:
    most = piece.edges.shape[1] - 1
    first, last = ((on - view_rows.EPOCH).days - piece.first for on in (asked.from_on, asked.to_on))
    start = min(max(first, 0), most)
    return start, min(max(last + 1, start), most)


@of_rows
def _pieces(marts: Marts) -> tuple[_Piece, ...]:
    """None where views are fewer than what they would be told by, where they lie in no order, or dwell is too long."""
    height = marts.visits.height
    dwell = view_rows.dwell(marts)
    if not height or not view_rows.is_by_day(marts) or dwell.dtype != np.int32:
        return ()
    category, product, channel = (view_rows.named(marts, name) for name in ("category", "product_id", "channel"))
    width = len(product.names) + 1
    pair = category.codes.astype(np.uint32) * np.uint32(width) + product.codes
    occurs = np.bincount(pair, minlength=len(category.names) * width).reshape(-1, width)
    days = marts.visits["local_on"]
    if np.count_nonzero(occurs) * len(channel.names) * ((days[-1] - days[0]).days + 2) > max(height, _FEW):
        return ()
    del pair
    return tuple(_piece(marts, categories) for categories in _together(occurs.sum(axis=1)))


def _together(views: Whole) -> Iterator[range]:
    """Categories side by side, of few views together."""
    edges, held = [0], 0
    for number, count in enumerate(views.tolist(), start=1):
        held += count
        if held >= _PIECE or number == len(views):
            edges.append(number)
            held = 0
    return (range(*edge) for edge in pairwise(edges))


def _piece(marts: Marts, categories: range) -> _Piece:
    category, product, channel = (view_rows.named(marts, name) for name in ("category", "product_id", "channel"))
    rows = np.flatnonzero((category.codes >= categories.start) & (category.codes < categories.stop))
    shape = (len(categories), len(product.names) + 1, len(channel.names))
    number = np.zeros(int(np.prod(shape)), np.uint32)
    cell = (category.codes[rows] - categories.start).astype(np.uint32) * np.uint32(shape[1]) + product.codes[rows]
    cell = cell * np.uint32(shape[2]) + channel.codes[rows]
    held: Whole = np.flatnonzero(np.bincount(cell, minlength=len(number)))
    number[held] = np.arange(len(held))
    cell = number[cell]
    of_day = marts.visits["local_on"].to_physical().to_numpy()
    first, days = int(of_day[0]), int(of_day[-1]) - int(of_day[0]) + 1
    place = cell.astype(np.int64) * days + (of_day[rows] - first)
    dwell = view_rows.dwell(marts)[rows]
    found = amounts(place, dwell, view_rows.linger(marts)[rows], len(held) * days)
    narrow_enough = len(held) <= np.iinfo(np.uint16).max  # then one pass over each byte puts them in order
    by_cell = np.argsort(cell.astype(np.uint16) if narrow_enough else cell, kind="stable")
    ordered = dwell[by_cell]
    known = _running(found["known_views"].reshape(len(held), days))
    known += np.concatenate(([0], np.cumsum(known[:-1, -1])))[:, None]
    at = np.unravel_index(held, shape)
    small = [np.asarray(of, np.intp) for of in (at[0] + categories.start, at[1], at[2])]
    return _Piece(
        first,
        small[0],
        small[1],
        small[2],
        {name: _smallest(_running(found[name].reshape(len(held), days))) for name in _SUMS},
        _smallest(known),
        RangeQuantiles.of(ordered[ordered >= 0]),
    )


def _running(held: Whole) -> Whole:
    found: Whole = np.zeros((held.shape[0], held.shape[1] + 1), np.int64)
    np.cumsum(held, axis=1, out=found[:, 1:])
    return found


def _smallest(held: Whole) -> Whole:
    return held.astype(np.int32) if held.max(initial=0) <= np.iinfo(np.int32).max else held
