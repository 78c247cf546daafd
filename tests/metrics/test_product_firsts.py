"""Who looked at a product first in a stretch of days is counted as a look at every view counts it."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from metrics.product_firsts import ProductFirsts

NAMES = ("customers", "viewers", "mature_viewers", "buyers")


def held(looks, first=100, days=8):
    """Of ``(who, day, kind)`` rows a product, by day and visitor."""
    columns = [tuple(np.array([row[at] for row in rows], np.int64) for at in range(3)) for rows in looks]
    return ProductFirsts.of(columns, first, days)


def test_a_visitor_counts_once_in_a_stretch_and_as_the_first_look_says():
    jackets = [(7, 0, 1), (7, 0, 2), (8, 1, 0), (7, 3, 2), (9, 3, 2), (8, 5, 0)]
    found = held([jackets, [(7, 2, 1)]])
    told = found.counts(100, 108, 108, 108)
    assert [told[name].tolist() for name in NAMES] == [
        [3, 1],
        [2, 1],
        [2, 1],
        [1, 0],
    ]  # 7 first looked and bought nothing
    told = found.counts(103, 108, 106, 104)
    assert [told[name].tolist() for name in NAMES] == [[3, 0], [2, 0], [2, 0], [2, 0]]
    told = found.counts(104, 108, 108, 108)
    assert [told[name].tolist() for name in NAMES] == [[1, 0], [0, 0], [0, 0], [0, 0]]
    assert found.counts(90, 95, 95, 95)["customers"].tolist() == [0, 0]


rows = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 4), st.booleans()), max_size=14)


@given(drawn=st.lists(rows, min_size=1, max_size=3), days=st.tuples(*[st.integers(97, 111)] * 4))
def test_people_are_counted_as_their_first_look_in_the_stretch_tells(drawn, days):
    first, until, early, mature = days
    looks = [
        [(who, day, 0 if who < 2 else 1 + bought) for day, who, bought in sorted(part, key=lambda row: row[:2])]
        for part in drawn
    ]
    early, mature = min(early, until), min(mature, until)
    found = held(looks).counts(first, until, early, mature)
    for product, part in enumerate(looks):
        starts = {}
        for who, day, kind in part:
            if first <= day + 100 < until:
                starts.setdefault(who, (day + 100, kind))
        expected = [
            len(starts),
            sum(kind > 0 and day < early for day, kind in starts.values()),
            sum(kind > 0 and day < mature for day, kind in starts.values()),
            sum(kind > 1 and day < mature for day, kind in starts.values()),
        ]
        assert [found[name][product] for name in NAMES] == expected
