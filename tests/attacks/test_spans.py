"""What is hidden beside a total cannot be computed from what is shown, not even by somebody who knows how it was hidden."""

import itertools
from fractions import Fraction

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.suppression import K, hide_small


def is_in_span(vector, rows):
    """Whether a vector is a combination of others, exactly."""
    basis = []
    for row in rows:
        rest = reduced([Fraction(number) for number in row], basis)
        if any(rest):
            basis.append(rest)
    return not any(reduced([Fraction(number) for number in vector], basis))


def reduced(vector, basis):
    for row in basis:
        pivot = next(at for at, number in enumerate(row) if number)
        factor = vector[pivot] / row[pivot]
        vector = [number - factor * other for number, other in zip(vector, row, strict=True)]
    return vector


def test_the_span_of_two_rows_holds_their_difference_and_not_a_part():
    rows = [[1, 1, 1], [1, 0, 0]]
    assert is_in_span([0, 1, 1], rows)
    assert not is_in_span([0, 1, 0], rows)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from("AB"), st.one_of(st.integers(0, 14), st.integers(0, 60))), min_size=1, max_size=9
    )
)
def test_no_sum_or_difference_of_what_is_shown_is_a_hidden_group_of_one_to_nine(counts):
    table = pl.DataFrame(counts, schema={"city": pl.String, "n": pl.Int64}, orient="row")
    shown = hide_small(table, "n", within=["city"])["n"].to_list()
    totals = table.group_by("city").agg(pl.col("n").sum())
    known = [[int(at == place) for at in range(len(counts))] for place, n in enumerate(shown) if n is not None]
    known += [[int(city == one) for city, _ in counts] for one, total in totals.iter_rows() if total >= K]
    hidden = [place for place, n in enumerate(shown) if n is None]
    for size in range(1, len(hidden) + 1):
        for group in itertools.combinations(hidden, size):
            if is_in_span([int(at in group) for at in range(len(counts))], known):
                assert sum(counts[at][1] for at in group) >= K


@pytest.mark.parametrize(("rows", "most"), [(2, 14), (3, 11), (4, 8)])
def test_nobody_who_knows_the_rule_can_tell_a_hidden_count(rows, most):
    """Every table of so many counts, at k = 4: for each small hidden count there are two tables that look the same."""
    k = 4
    worlds = list(itertools.product(range(most + 1), repeat=rows))
    cells = [(number, n) for number, counts in enumerate(worlds) for n in counts]
    table = pl.DataFrame(cells, schema={"world": pl.Int64, "n": pl.Int64}, orient="row")
    seen = hide_small(table, "n", within=["world"], k=k).group_by("world", maintain_order=True).agg("n")["n"].to_list()
    alike = {}
    for counts, shown in zip(worlds, seen, strict=True):
        alike.setdefault((tuple(shown), sum(counts) if any(shown) else None), []).append(counts)
    undecided = 0
    for (shown, _), possible in alike.items():
        if any(most in counts for counts in possible):
            continue  # larger counts might look the same and are not drawn
        for at, n in enumerate(shown):
            if n is None:
                undecided += 1
                assert len({counts[at] for counts in possible}) > 1, (shown, possible)
            else:
                assert {counts[at] for counts in possible} == {n}
                assert n == 0 or n >= k
    assert undecided > 10 or rows == 2


def test_many_tables_are_hidden_each_for_itself():
    table = pl.DataFrame({"city": ["A", "B", "A", "B"], "n": [3, 12, 20, 30]})
    assert hide_small(table, "n", within=["city"])["n"].to_list() == [None, 12, None, 30]
    rest = pl.DataFrame({"city": ["A", "B", "A"], "n": [3, 12, None]}, schema={"city": pl.String, "n": pl.Int64})
    assert hide_small(rest, "n", within=["city"])["n"].to_list() == [None, 12, None]
