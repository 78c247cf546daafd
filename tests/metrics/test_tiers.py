from __future__ import annotations

import h3
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.tiers import located_customers, store_customers, tier_radii, trade_area
from schema.errors import ContractError

CELLS = [h3.str_to_int(h3.latlng_to_cell(31.0 + 0.02 * step, 121.0, 8)) for step in range(8)]
"""Cells northward from 31° N, about 2.2 km apart."""

FIRST = h3.cell_to_latlng(h3.int_to_str(CELLS[0]))
PLACES = pl.DataFrame(
    {"store_id": ["S1", "S2"], "agent_id": ["A1", "A1"], "lat": [FIRST[0], None], "lng": [FIRST[1]] * 2}
)


def buyers(store: str, *counts: int) -> pl.DataFrame:
    """So many distinct customers in each of the cells."""
    cells = [cell for cell, count in zip(CELLS, counts, strict=False) for _ in range(count)]
    return pl.DataFrame({"store_id": store, "customer_key": range(len(cells)), "cell": cells})


def orders(*rows: tuple[int | None, str | None, str | None, str, bool, bool]) -> pl.DataFrame:
    schema = ["customer_key", "store_id", "owner_store_id", "channel", "is_staff", "is_purchase"]
    return pl.DataFrame(rows, schema=schema, orient="row").with_columns(agent_id=pl.lit("A1"))


def people(*rows: tuple[int, int | None, bool]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=["customer_key", "home_cell", "is_staff"], orient="row")


def test_t9_a_cell_is_in_the_tier_in_which_the_share_before_it_lies() -> None:
    area = trade_area(buyers("S1", 40, 25, 15, 10, 6, 4), PLACES)
    assert area["customers"].to_list() == [40, 25, 15, 10, 6, 4]
    assert area["tier"].to_list() == ["primary", "primary", "secondary", "tertiary", "tertiary", "fringe"]
    assert area["cumulative_share"].to_list() == pytest.approx([0.40, 0.65, 0.80, 0.90, 0.96, 1.00])
    assert area["cell"].to_list() == CELLS[:6]


def test_t9_a_share_of_exactly_sixty_percent_before_begins_the_next_tier() -> None:
    area = trade_area(buyers("S1", 60, 20, 15, 5), PLACES)
    assert area["tier"].to_list() == ["primary", "secondary", "tertiary", "fringe"]


def test_t9_equally_full_cells_go_nearest_first() -> None:
    area = trade_area(buyers("S1", 0, 5, 0, 5, 5, 0, 0, 5).reverse(), PLACES)
    assert area["cell"].to_list() == [CELLS[1], CELLS[3], CELLS[4], CELLS[7]]
    assert area["distance_m"][0] == pytest.approx(
        1000 * h3.great_circle_distance(FIRST, h3.cell_to_latlng(h3.int_to_str(CELLS[1])), unit="km"), rel=1e-6
    )


def test_a_store_without_position_still_has_tiers_but_no_distance() -> None:
    area = trade_area(buyers("S2", 5, 5), PLACES)
    assert area["cell"].to_list() == sorted(CELLS[:2])
    assert area["distance_m"].to_list() == [None, None]
    assert tier_radii(buyers("S2", 5, 5), PLACES).select("r60_m", "r80_m", "r95_m").row(0) == (None, None, None)


def test_fifty_located_customers_are_enough() -> None:
    two = pl.concat([buyers("S1", 50), buyers("S2", 49)])
    assert located_customers(two).rows() == [("S1", 50, True), ("S2", 49, False)]
    assert trade_area(two, PLACES)["is_sufficient"].to_list() == [True, False]


def test_a_customer_counts_once_however_often_they_bought() -> None:
    twice = pl.concat([buyers("S1", 3, 1), buyers("S1", 3, 1)])
    assert trade_area(twice, PLACES)["customers"].to_list() == [3, 1]


def test_radii_are_distances_weighted_by_customers() -> None:
    radii = tier_radii(buyers("S1", 60, 0, 20, 0, 15, 0, 0, 5), PLACES)
    assert radii.select("store_id", "customers", "is_sufficient").row(0) == ("S1", 100, True)
    reach = [
        1000 * h3.great_circle_distance(FIRST, h3.cell_to_latlng(h3.int_to_str(CELLS[n])), unit="km") for n in (2, 4)
    ]
    assert radii["r60_m"].item() == pytest.approx(0, abs=1)
    assert radii.select("r80_m", "r95_m").row(0) == pytest.approx(reach, rel=1e-6)
    assert reach == pytest.approx([4787, 9553], abs=1)


def test_an_agents_customers_are_the_distinct_union_and_its_nearest_store_counts() -> None:
    sold = orders((1, "S1", None, "pos", False, True), (1, "S2", None, "pos", False, True))
    union = store_customers(sold, people((1, CELLS[0], False)), by="agent_id")
    assert union.rows() == [("A1", 1, CELLS[0])]
    assert trade_area(union, PLACES)["distance_m"].item() == pytest.approx(0, abs=1)


def test_only_members_with_a_home_fine_enough_and_a_purchase_count() -> None:
    city = h3.str_to_int(h3.cell_to_parent(h3.int_to_str(CELLS[0]), 5))
    known = people((1, CELLS[0], False), (2, city, False), (3, None, False), (4, CELLS[0], True), (5, CELLS[1], False))
    sold = orders(
        (1, "S1", "S2", "pos", False, True),
        (2, "S1", "S2", "pos", False, True),
        (3, "S1", "S2", "pos", False, True),
        (4, "S1", "S2", "pos", True, True),
        (5, "S1", "S2", "pos", False, False),
        (5, None, "S2", "web", False, True),
        (None, "S1", None, "pos", False, True),
    )
    assert store_customers(sold, known).rows() == [("S1", 1, CELLS[0])]
    assert store_customers(sold, known, resolution=5)["customer_key"].to_list() == [1, 2]
    assert store_customers(sold, known, assumed=True).rows() == [("S2", 1, CELLS[0]), ("S2", 5, CELLS[1])]
    assert store_customers(sold, known, assumed=True, channels=["pos"]).rows() == [("S2", 1, CELLS[0])]


def test_no_customers_give_empty_tables() -> None:
    nobody = buyers("S1", 1).clear()
    assert trade_area(nobody, PLACES).is_empty()
    assert tier_radii(nobody, PLACES).is_empty()
    assert located_customers(nobody).is_empty()


def test_customers_of_nobody_are_refused() -> None:
    with pytest.raises(ContractError) as refused:
        trade_area(buyers("S1", 1).drop("store_id"), PLACES)
    assert str(refused.value) == (
        "customers: the column group or store_id or agent_id or city is missing; there are: customer_key, cell."
    )


@given(
    drawn=st.lists(
        st.tuples(st.sampled_from(["S1", "S2"]), st.integers(0, 40), st.integers(0, 7)),
        min_size=1,
        max_size=60,
        unique_by=lambda row: (row[0], row[1]),
    )
)
def test_tiers_partition_the_cells_and_row_order_is_irrelevant(drawn: list[tuple[str, int, int]]) -> None:
    customers = pl.DataFrame(
        [(store, key, CELLS[cell]) for store, key, cell in drawn],
        schema=["store_id", "customer_key", "cell"],
        orient="row",
    )
    area = trade_area(customers, PLACES)
    assert area.select("store_id", "cell").is_unique().all()
    assert area["customers"].sum() == len(drawn)
    ranks = area.with_columns(
        rank=pl.col("tier").replace_strict({"primary": 0, "secondary": 1, "tertiary": 2, "fringe": 3})
    )
    for (_,), cells in ranks.group_by("store_id"):
        assert cells["rank"].is_sorted()
        assert cells["tier"][0] == "primary"
        assert cells["cumulative_share"][-1] == pytest.approx(1.0)
    assert_frame_equal(trade_area(customers.reverse(), PLACES), area)
    radii = tier_radii(customers, PLACES).filter(pl.col("r60_m").is_not_null())
    assert radii.filter((pl.col("r60_m") > pl.col("r80_m")) | (pl.col("r80_m") > pl.col("r95_m"))).is_empty()
