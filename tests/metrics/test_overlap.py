from __future__ import annotations

import h3
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.overlap import area_overlap, overlap_index, overlap_matrix, shared_cells

CELLS = [h3.str_to_int(h3.latlng_to_cell(31.0 + 0.02 * step, 121.0, 8)) for step in range(4)]
PLACES = pl.DataFrame({"store_id": ["A", "B", "C"], "lat": [31.0, 31.06, 31.03], "lng": [121.0] * 3})


def buyers(store: str, counts: tuple[int, ...], first_key: int = 0) -> pl.DataFrame:
    cells = [cell for cell, count in zip(CELLS, counts, strict=False) for _ in range(count)]
    keys = range(first_key, first_key + len(cells))
    return pl.DataFrame(
        {"store_id": [store] * len(cells), "customer_key": keys, "cell": cells},
        schema={"store_id": pl.String, "customer_key": pl.Int64, "cell": pl.Int64},
    )


def demand(*shares: float) -> pl.DataFrame:
    return pl.DataFrame({"cell": CELLS, "share": shares})


T10 = pl.concat([buyers("A", (50, 30, 20, 0)), buyers("B", (10, 30, 20, 40), first_key=1000)])


def test_t10_the_overlap_index_adds_up_the_smaller_shares() -> None:
    index = overlap_index(demand(0.50, 0.30, 0.20, 0.0), demand(0.10, 0.30, 0.20, 0.40))
    assert index == pytest.approx(0.60)


def test_t10_two_measures_of_area_and_one_of_people_beside_the_index() -> None:
    pair = overlap_matrix(T10, PLACES).row(0, named=True)
    assert (pair["a"], pair["b"], pair["n_a"], pair["n_b"]) == ("A", "B", 100, 100)
    assert pair["overlap_index"] == pytest.approx(0.60)
    assert pair["jaccard"] == pytest.approx(3 / 4, abs=0.001)
    assert pair["a_in_b"] == pytest.approx(1.00)
    assert pair["b_in_a"] == pytest.approx(0.75, abs=0.001)
    assert pair["customers_b_in_ta_a"] == pytest.approx(0.60)
    assert pair["shared_buyers"] == 0.0


def test_t10_the_other_direction_of_the_pair_is_its_own_row() -> None:
    back = overlap_matrix(T10, PLACES).row(1, named=True)
    assert (back["a"], back["b"]) == ("B", "A")
    assert back["overlap_index"] == pytest.approx(0.60)
    assert back["a_in_b"] == pytest.approx(0.75, abs=0.001)
    assert back["b_in_a"] == pytest.approx(1.00)
    assert back["customers_b_in_ta_a"] == pytest.approx(1.00)


def test_t10_areas_are_true_areas_not_numbers_of_cells() -> None:
    pair = overlap_matrix(T10, PLACES).row(0, named=True)
    km2 = [h3.cell_area(h3.int_to_str(cell), unit="km^2") for cell in CELLS]
    assert pair["jaccard"] == pytest.approx(sum(km2[:3]) / sum(km2), rel=1e-9)


def test_buyers_of_both_are_a_share_of_those_of_the_first() -> None:
    table = overlap_matrix(pl.concat([buyers("A", (10,)), buyers("B", (4,))]), PLACES)
    assert table.select("a", "b", "shared_buyers").rows() == [("A", "B", 0.4), ("B", "A", 1.0)]


def test_stores_that_share_no_cell_do_not_overlap() -> None:
    apart = overlap_matrix(pl.concat([buyers("A", (5,)), buyers("B", (0, 5), first_key=50)]), PLACES)
    measures = ("overlap_index", "jaccard", "a_in_b", "b_in_a", "customers_b_in_ta_a", "shared_buyers")
    assert apart.select(measures).rows() == [(0.0,) * 6] * 2


def test_every_ordered_pair_has_a_row_highest_index_first() -> None:
    three = pl.concat([T10, buyers("C", (0, 0, 0, 5), first_key=5000)])
    table = overlap_matrix(three, PLACES)
    assert table.select("a", "b").rows() == [("A", "B"), ("B", "A"), ("B", "C"), ("C", "B"), ("A", "C"), ("C", "A")]
    assert table["overlap_index"].to_list() == pytest.approx([0.6, 0.6, 0.4, 0.4, 0.0, 0.0])


def test_pairs_that_share_nothing_can_be_left_out() -> None:
    three = pl.concat([T10, buyers("C", (0, 0, 0, 5), first_key=5000)])
    touching = overlap_matrix(three, PLACES, only_touching=True)
    assert_frame_equal(touching, overlap_matrix(three, PLACES).head(4))


def test_a_shared_buyer_is_a_touch() -> None:
    moved = pl.concat([buyers("A", (5,)), buyers("B", (0, 5))])
    assert overlap_matrix(moved, PLACES, only_touching=True).height == 2


def test_the_group_may_be_called_group() -> None:
    named = overlap_matrix(T10.rename({"store_id": "group"}), PLACES)
    assert_frame_equal(named, overlap_matrix(T10, PLACES))


def test_fewer_than_two_groups_have_no_pairs() -> None:
    for customers in (T10.clear(), buyers("A", (3,))):
        empty = overlap_matrix(customers, PLACES)
        assert empty.is_empty()
        assert empty.columns == overlap_matrix(T10, PLACES).columns


def test_no_cells_have_no_index() -> None:
    assert overlap_index(demand(1.0, 0.0, 0.0, 0.0).clear(), demand(1.0, 0.0, 0.0, 0.0)) is None


def test_the_map_of_a_pair_shows_every_cell_of_either() -> None:
    table = shared_cells(pl.concat([buyers("A", (2, 2)), buyers("B", (1, 0, 3)), buyers("C", (9,))]), "A", "B")
    assert table.rows() == [
        (CELLS[0], 0.5, 0.25, 2, 1, 1, 0.25),
        *sorted([(CELLS[1], 0.5, 0.0, 2, 0, 0, 0.0), (CELLS[2], 0.0, 0.75, 0, 3, 0, 0.0)]),
    ]


def test_a_side_without_customers_has_no_shares() -> None:
    alone = shared_cells(buyers("A", (2,)), "A", "B")
    assert alone.select("share_a", "share_b", "customers_b").row(0) == (1.0, None, 0)


def test_the_four_ratios_of_two_areas() -> None:
    a, b = pl.DataFrame({"cell": CELLS[:3]}), pl.DataFrame({"cell": CELLS[1:4] + CELLS[:1] + CELLS[:1]})
    ratios = area_overlap(a, b)
    assert ratios.row(0) == pytest.approx((0.75, 0.75, 1.0, 0.75), abs=0.001)
    assert area_overlap(b, a).row(0) == pytest.approx((1.3333, 0.75, 0.75, 1.0), abs=0.001)


def test_an_empty_area_has_no_ratio_to_it() -> None:
    some = pl.DataFrame({"cell": CELLS[:1]})
    assert area_overlap(some, some.clear()).row(0) == (None, 0.0, 0.0, None)
    assert area_overlap(some.clear(), some.clear()).row(0) == (None, None, None, None)


drawn = st.lists(
    st.tuples(st.sampled_from("ABC"), st.integers(0, 30), st.integers(0, 3)), max_size=60, unique_by=lambda row: row[:2]
)


@given(drawn=drawn)
def test_overlap_is_symmetric_within_zero_and_one_and_row_order_is_irrelevant(
    drawn: list[tuple[str, int, int]],
) -> None:
    customers = pl.DataFrame(
        [(store, key, CELLS[cell]) for store, key, cell in drawn],
        schema={"store_id": pl.String, "customer_key": pl.Int64, "cell": pl.Int64},
        orient="row",
    )
    table = overlap_matrix(customers, PLACES)
    assert_frame_equal(overlap_matrix(customers.reverse(), PLACES), table)
    for name in ("overlap_index", "jaccard", "a_in_b", "b_in_a", "customers_b_in_ta_a", "shared_buyers"):
        assert table[name].is_between(0, 1 + 1e-12).all()
    pairs = {(row["a"], row["b"]): row for row in table.iter_rows(named=True)}
    for (a, b), row in pairs.items():
        back = pairs[b, a]
        assert row["overlap_index"] == back["overlap_index"]
        assert row["jaccard"] == pytest.approx(back["jaccard"])
        assert row["a_in_b"] == pytest.approx(back["b_in_a"])
        cells = shared_cells(customers, a, b)
        assert cells["shared"].sum() == pytest.approx(row["overlap_index"])
