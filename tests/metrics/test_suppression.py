from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from metrics.suppression import K, hide_small, is_enough, is_safe_change


def hidden(*counts: int | None) -> list[int | None]:
    return hide_small(pl.DataFrame({"n": counts}, schema={"n": pl.Int64}), "n")["n"].to_list()


def test_ten_people_are_enough_nine_and_nobody_knows_are_not() -> None:
    counts = pl.DataFrame({"a": [10, 9, None], "b": [10, 12, 12]})
    assert counts.select(is_enough(pl.col("a"), pl.col("b"))).to_series().to_list() == [True, False, False]


def test_a_number_may_change_by_ten_or_more_in_either_direction() -> None:
    moved = pl.DataFrame({"before": [20, 20, 20, 20], "after": [30, 10, 29, 11]})
    assert moved.select(is_safe_change(pl.col("before"), pl.col("after"))).to_series().to_list() == [
        True,
        True,
        False,
        False,
    ]


def test_a_change_from_or_to_nothing_known_is_never_safe() -> None:
    moved = pl.DataFrame({"before": [None, 20], "after": [30, None]}, schema={"before": pl.Int64, "after": pl.Int64})
    assert moved.select(is_safe_change(pl.col("before"), pl.col("after"))).to_series().to_list() == [False, False]


def test_nobody_is_shown_beside_a_small_count() -> None:
    assert hidden(0, 3, 12, 40) == [0, None, None, 40]
    assert hidden(0, 1, 12, None) == [0, None, None, None]


def test_one_small_count_hides_the_next_smallest_too() -> None:
    assert hidden(50, 3, 12, 40) == [50, None, None, 40]


def test_two_small_counts_that_are_ten_together_hide_the_next_smallest_too() -> None:
    assert hidden(6, 30, 7, 40) == [None, None, None, 40]


def test_what_is_as_large_as_the_next_smallest_goes_with_it() -> None:
    assert hidden(3, 12, 40, 12) == [None, None, 40, None]


def test_two_nines_beside_a_ten_hide_the_ten() -> None:
    """With the 10 shown, 18 in two hidden rows could only be 9 and 9."""
    assert hidden(10, 9, 9, 50) == [None, None, None, 50]


def test_without_a_small_count_all_is_shown_and_nobody_is_not_a_small_count() -> None:
    assert hidden(10, 0, None, 25) == [10, 0, None, 25]


def test_each_total_is_protected_on_its_own() -> None:
    rows = pl.DataFrame({"city": ["A", "A", "B", "B"], "n": [4, 20, 20, 30]})
    assert hide_small(rows, "n", within=["city"])["n"].to_list() == [None, None, 20, 30]


@given(st.lists(st.integers(0, 40), min_size=1, max_size=12))
def test_the_total_less_what_is_shown_is_nobody_or_no_small_group(counts: list[int]) -> None:
    shown = [n for n in hidden(*counts) if n is not None]
    rest = sum(counts) - sum(shown)
    assert rest == 0 or rest >= K or not any(shown)
    assert all(n == 0 or n >= K for n in shown)
