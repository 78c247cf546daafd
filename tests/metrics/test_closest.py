from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from metrics import closest as room
from metrics.closest import closest

TIE = 1e-9
Floats = NDArray[np.float64]


def on_globe(lat: Floats, lng: Floats) -> Floats:
    y, x = np.radians(lat), np.radians(lng)
    return np.column_stack((np.cos(y) * np.cos(x), np.cos(y) * np.sin(x), np.sin(y)))


def compared(points: Floats, places: Floats) -> tuple[list[int], Floats]:
    """Every place compared with every point, the smallest row of those that are equally far."""
    chords = np.sqrt(((points[:, None, :] - places[None, :, :]) ** 2).sum(axis=2))
    least = chords.min(axis=1)
    return (chords - least[:, None] <= TIE).argmax(axis=1).tolist(), least


@pytest.mark.parametrize("steps", [3, 60, 100_000])
@pytest.mark.parametrize("width", [0.0, 0.01, 5.0, 360.0])
def test_many_points_a_place_find_what_comparing_all_finds(steps: int, width: float) -> None:
    random = np.random.default_rng(3)

    def drawn(count: int) -> Floats:
        lat = np.clip(31 + np.round((random.random(count) - 0.5) * steps) / steps * width, -90, 90)
        return on_globe(lat, 179.9 + np.round((random.random(count) - 0.5) * steps) / steps * width)

    places = drawn(12)
    points = drawn(room._MANY * len(places) + 7)  # more than whole groups
    found, chord = closest(points, places, TIE)
    expected, least = compared(points, places)
    assert found.tolist() == expected
    assert chord == pytest.approx(least, abs=1e-15)


degrees = st.tuples(st.integers(-6, 6), st.integers(-6, 6))


@settings(max_examples=60, deadline=None)
@given(
    points=st.lists(degrees, min_size=1, max_size=80),
    places=st.lists(degrees, min_size=1, max_size=12),
    scale=st.sampled_from([0.001, 1.0, 14.9]),
)
def test_the_way_of_asking_changes_nothing(
    points: list[tuple[int, int]], places: list[tuple[int, int]], scale: float
) -> None:
    homes, shops = (on_globe(*(np.array(some, dtype=np.float64).T * scale)) for some in (points, places))
    alone = [closest(home[None], shops, TIE) for home in homes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room, "_MANY", 0)
        patch.setattr(room, "_AT_ONCE", 2)
        found, chord = closest(homes, shops, TIE)
    assert found.tolist() == [int(row[0]) for row, _ in alone] == compared(homes, shops)[0]
    assert chord.tolist() == [float(far[0]) for _, far in alone]


def test_points_that_follow_each_other_are_neighbours_and_all_are_there() -> None:
    random = np.random.default_rng(5)
    points = on_globe(random.uniform(30, 31, 4_096), random.uniform(110, 111, 4_096))
    order = room._neighbours(points)
    assert sorted(order.tolist()) == list(range(4_096))
    steps = np.linalg.norm(np.diff(points[order], axis=0), axis=1)
    jumps = np.linalg.norm(np.diff(points, axis=0), axis=1)
    assert np.median(steps) < np.median(jumps) / 20
