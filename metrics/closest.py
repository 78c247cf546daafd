"""The closest of many fixed places to each of many points, both as unit vectors of the globe.

A tree answers one point at a time. Where there are many points a place, neighbouring points are asked about together:
only the few places that can be closest to any of a group are compared with each of its points, all groups at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from metrics.packed import bits

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

_FEW: Final = 4  # up to so many places, comparing each is cheaper than a tree
_MANY: Final = 150  # from so many points a place on, groups are cheaper than single points
_GROUP: Final = 16
_ASKED: Final = 6  # places asked for of a group; where all of them may be closest, its points are asked for one by one
_AT_ONCE: Final = 4096  # groups in memory
_STEPS: Final = 14  # most bits of a coordinate by which neighbours are found: 800 m of the whole globe


def closest(points: Floats, places: Floats, tie: float) -> tuple[Ints, Floats]:
    """Which place is closest to each point, and how far is it as a chord?

    Args:
        points: unit vectors, a row each; at least one.
        places: unit vectors, a row each; at least one.
        tie: chords that differ by no more count as equal; the smallest row then wins.

    Returns:
        The row of the place, and the chord to the closest, for each point.
    """
    from scipy.spatial import cKDTree  # noqa: PLC0415  (scipy loads with the first question that needs it)

    if len(places) <= _FEW:
        return _by_comparing(points, places, tie)
    tree = cKDTree(places)
    if len(points) < _MANY * len(places):
        return _one_by_one(tree, points, tie)
    row, chord = np.full(len(points), -1, dtype=np.int64), np.empty(len(points))
    order = _neighbours(points)
    for start in range(0, len(order), _GROUP * _AT_ONCE):
        some = order[start : start + _GROUP * _AT_ONCE]
        _in_groups(tree, points, some[: len(some) // _GROUP * _GROUP], tie, row, chord)
    rest = np.flatnonzero(row < 0)
    if rest.size:
        row[rest], chord[rest] = _one_by_one(tree, points[rest], tie)
    return row, chord


def _by_comparing(points: Floats, places: Floats, tie: float) -> tuple[Ints, Floats]:
    nearest = np.zeros(len(points), dtype=np.int64)
    chord = np.full(len(points), np.inf)
    for row, place in enumerate(places):
        far = _chords(points.T, place)
        wins = far < chord - tie
        nearest[wins], chord[wins] = row, far[wins]
    return nearest, chord


def _one_by_one(tree: Any, points: Floats, tie: float) -> tuple[Ints, Floats]:
    chords, rows = tree.query(points, k=2)
    nearest, chord = rows[:, 0].astype(np.int64), chords[:, 0]
    tied = np.flatnonzero(chords[:, 1] - chord <= tie)
    if tied.size:
        around = tree.query_ball_point(points[tied], chord[tied] + tie)
        nearest[tied] = [min(some) for some in around]
    return nearest, chord


def _in_groups(tree: Any, points: Floats, order: Ints, tie: float, row: Ints, chord: Floats) -> None:
    """Tell ``row`` and ``chord`` of the points of groups with few candidates, but for those that are tied.

    The middle of a group is at most ``reach`` from each of its points. A place that is closest to one of them is
    therefore at most twice that further from the middle than the place that is closest to the middle.
    """
    groups = np.ascontiguousarray(order.reshape(-1, _GROUP).T)
    at = [points[:, axis][groups] for axis in range(3)]
    low, high = (np.array([edge(axis, axis=0) for axis in at]) for edge in (np.min, np.max))
    reach = np.sqrt(((high - low) ** 2).sum(axis=0)) / 2
    far, which = tree.query(np.ascontiguousarray(((low + high) / 2).T), k=_ASKED)
    candidates = (far <= (far[:, 0] + 2 * (reach + tie))[:, None]).sum(axis=1)
    turn = np.argsort(-candidates, kind="stable")  # so that those with an n-th candidate are the first ones
    turn = turn[int((candidates == _ASKED).sum()) :]
    groups, which, candidates = groups[:, turn], which[turn], candidates[turn]
    at = [axis[:, turn] for axis in at]
    best, second = np.full(groups.shape, np.inf), np.full(groups.shape, np.inf)
    found = np.full(groups.shape, -1, dtype=np.int64)
    for turn_of in range(_ASKED - 1):
        some = int((candidates > turn_of).sum())
        mine = which[:some, turn_of]
        far = _chords([axis[:, :some] for axis in at], tree.data[mine].T)
        best_yet, second_yet = best[:, :some], second[:, :some]
        np.copyto(found[:, :some], mine[None], where=far < best_yet)
        np.minimum(second_yet, np.maximum(far, best_yet), out=second_yet)
        np.minimum(best_yet, far, out=best_yet)
    found[second - best <= tie] = -1
    row[groups], chord[groups] = found, best


def _chords(at: Sequence[Floats] | Floats, place: Floats) -> Floats:
    x, y, z = (axis - other for axis, other in zip(at, place, strict=True))
    chords: Floats = np.sqrt(x * x + y * y + z * z)  # added up as the tree does, so that the way leaves no trace
    return chords


def _neighbours(points: Floats) -> Ints:
    """The rows so that points close to each other follow each other: by the bits of their coordinates in turn."""
    low = points.min(axis=0)
    size = max(float((points.max(axis=0) - low).max()), 1e-12)
    width = np.uint64(bits(len(points)))
    many = min(_STEPS, (64 - int(width)) // 3)
    steps = np.arange(1 << many, dtype=np.uint64)
    apart = np.zeros_like(steps)
    for bit in range(many):
        apart |= ((steps >> np.uint64(bit)) & np.uint64(1)) << np.uint64(3 * bit)
    keys = np.zeros(len(points), dtype=np.uint64)
    for axis in range(3):
        step = ((points[:, axis] - low[axis]) * ((len(steps) - 1) / size)).astype(np.int32)
        keys |= apart[step] << np.uint64(axis)
    keys <<= width
    keys |= np.arange(len(points), dtype=np.uint64)
    keys.sort()
    keys &= (np.uint64(1) << width) - np.uint64(1)
    return keys.view(np.int64)
