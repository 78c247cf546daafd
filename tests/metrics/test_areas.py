from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.areas import dominance


def buyers(*rows: tuple[str, int, int]) -> pl.DataFrame:
    schema = {"store_id": pl.String, "cell": pl.Int64, "customer_key": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row")


def test_the_leader_of_a_cell_has_most_of_its_customers() -> None:
    table = dominance(buyers(("A", 1, 10), ("A", 1, 11), ("A", 1, 12), ("B", 1, 13), ("B", 2, 14)))
    assert table.select("cell", "leader", "dominance", "customers").rows() == [(1, "A", 0.75, 4), (2, "B", 1.0, 1)]
    assert table["effective_stores"].to_list() == pytest.approx([1.6, 1.0])


def test_three_equal_stores_share_a_cell_as_three_and_the_smallest_name_leads() -> None:
    table = dominance(buyers(("C", 1, 1), ("B", 1, 2), ("A", 1, 3)))
    assert table["leader"].item() == "A"
    assert table["dominance"].item() == pytest.approx(1 / 3)
    assert table["effective_stores"].item() == pytest.approx(3.0)


def test_a_customer_counts_once_for_a_store_and_once_for_each_store() -> None:
    table = dominance(buyers(("A", 1, 1), ("A", 1, 1), ("B", 1, 1)))
    assert table["customers"].item() == 2
    assert table["effective_stores"].item() == pytest.approx(2.0)


def test_nobody_leads_where_nobody_lives() -> None:
    assert dominance(buyers()).is_empty()


@given(st.lists(st.tuples(st.sampled_from("ABC"), st.integers(0, 3), st.integers(0, 20)), min_size=1, max_size=40))
def test_effective_stores_lie_between_one_and_the_number_of_stores(rows: list[tuple[str, int, int]]) -> None:
    table = dominance(buyers(*rows))
    assert table["effective_stores"].is_between(1 - 1e-9, 3 + 1e-9).all()
    assert table["dominance"].is_between(1 / 3 - 1e-9, 1).all()
    assert_frame_equal(dominance(buyers(*rows).reverse()), table)
