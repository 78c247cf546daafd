from __future__ import annotations

import datetime as dt
from typing import Any

import h3
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from metrics.neighbours import buyers_by_month, cube, published_overlap, published_shares, shared_published_cells
from schema.errors import ContractError

HOME = h3.str_to_int(h3.latlng_to_cell(31.3, 120.6, 9))
CELL = h3.str_to_int(h3.cell_to_parent(h3.int_to_str(HOME), 7))
JAN, FEB, MAR, APR, MAY = (dt.date(2026, month, 1) for month in range(1, 6))
LONG_AGO = dt.date(2000, 1, 1)


def month(number: int) -> dt.date:
    return dt.date(2025 + number // 12, number % 12 + 1, 1)


def bought(*rows: tuple[str, int, dt.date, range, bool]) -> pl.DataFrame:
    """Agent, cell, month, customers, whether others know them."""
    flat = [(agent, cell, on, who, known) for agent, cell, on, people, known in rows for who in people]
    schema = {
        "agent_id": pl.String,
        "cell": pl.Int64,
        "month": pl.Date,
        "customer_key": pl.Int64,
        "is_known": pl.Boolean,
    }
    return pl.DataFrame(flat, schema=schema, orient="row")


def units(found: pl.DataFrame) -> list[tuple[object, ...]]:
    return found.select("agent_id", "cell", "from_on", "to_on", "customer_months").rows()


def orders(*rows: dict[str, Any]) -> pl.DataFrame:
    plain = {
        "customer_key": 1,
        "agent_id": "A",
        "owner_agent_id": "A",
        "fulfil_store_id": None,
        "local_on": JAN,
        "channel": "pos",
        "is_purchase": True,
        "is_staff": False,
    }
    full = [plain | row for row in rows]
    return pl.DataFrame(full, schema_overrides={"fulfil_store_id": pl.String, "owner_agent_id": pl.String})


PEOPLE = pl.DataFrame({"customer_key": [1, 2], "home_cell": [HOME, HOME], "is_staff": False})
PLACES = pl.DataFrame({"store_id": ["S1", "S2"], "agent_id": ["A", "B"]})


def seen(*rows: dict[str, Any], before: dt.date = dt.date(2026, 3, 10)) -> list[tuple[object, ...]]:
    found = buyers_by_month(orders(*rows), PEOPLE, PLACES, before=before)
    return found.select("agent_id", "cell", "month", "customer_key", "is_known").rows()


def test_a_customer_counts_once_a_month_in_the_r7_cell_of_the_home() -> None:
    rows = seen({"local_on": dt.date(2026, 1, 5)}, {"local_on": dt.date(2026, 1, 25)}, {"local_on": FEB})
    assert rows == [("A", CELL, JAN, 1, False), ("A", CELL, FEB, 1, False)]


def test_the_running_month_is_left_out_until_it_is_over() -> None:
    march = {"local_on": dt.date(2026, 3, 2)}
    assert seen(march, before=dt.date(2026, 3, 31)) == []
    assert seen(march, before=APR) == [("A", CELL, MAR, 1, False)]


@pytest.mark.parametrize(
    "row",
    [
        {"channel": "app"},
        {"is_staff": True},
        {"is_purchase": False},
        {"customer_key": None},
        {"agent_id": None},
        {"customer_key": 99},
    ],
)
def test_only_located_members_who_bought_at_an_agents_store_count(row: dict[str, Any]) -> None:
    assert seen(row, {"customer_key": 2, "local_on": FEB}) == [("A", CELL, FEB, 2, False)]


@pytest.mark.parametrize("row", [{"owner_agent_id": "B"}, {"fulfil_store_id": "S2"}])
def test_whose_purchase_another_agent_can_read_is_known(row: dict[str, Any]) -> None:
    assert seen(row, {"local_on": FEB}) == [("A", CELL, JAN, 1, True), ("A", CELL, FEB, 1, True)]


def test_nobodys_customer_is_known_to_nobody() -> None:
    assert seen({"owner_agent_id": None, "fulfil_store_id": "S1"}) == [("A", CELL, JAN, 1, False)]


def test_a_month_with_ten_people_is_a_unit_and_one_with_nine_waits_for_the_next() -> None:
    found = cube(
        bought(
            ("A", CELL, JAN, range(10), False),
            ("A", CELL, FEB, range(9), False),
            ("A", CELL, MAR, range(8, 11), False),
            ("A", CELL, APR, range(9), False),
        )
    )
    assert units(found) == [("A", CELL, JAN, FEB, 10), ("A", CELL, FEB, APR, 12)]
    assert found["persons"].to_list() == [10, 11]


def test_people_who_come_again_do_not_make_a_group_larger() -> None:
    rows = bought(*[("A", CELL, on, range(9), False) for on in (JAN, FEB, MAR)])
    assert cube(rows).is_empty()


def test_ten_people_whom_another_agent_knows_by_two_wait_for_two_more() -> None:
    rows = bought(
        ("A", CELL, JAN, range(8), False),
        ("A", CELL, JAN, range(8, 10), True),
        ("A", CELL, FEB, range(10, 12), False),
    )
    assert units(cube(rows)) == [("A", CELL, JAN, MAR, 12)]
    assert cube(rows)["apart"].to_list() == [10]


def test_what_was_published_stays_when_a_late_order_comes() -> None:
    before = cube(bought(("A", CELL, JAN, range(10), False)))
    late = bought(("A", CELL, JAN, range(19), False))
    assert units(cube(late, before)) == [("A", CELL, JAN, FEB, 10)]


def test_a_number_is_replaced_by_one_that_differs_by_ten_people() -> None:
    before = cube(bought(("A", CELL, JAN, range(10), False)))
    late = bought(("A", CELL, JAN, range(20), False))
    assert units(cube(late, before)) == [("A", CELL, JAN, FEB, 20)]


def test_ten_more_of_whom_one_is_known_elsewhere_replace_nothing() -> None:
    before = cube(bought(("A", CELL, JAN, range(10), False)))
    late = bought(("A", CELL, JAN, range(19), False), ("A", CELL, JAN, range(19, 20), True))
    assert units(cube(late, before)) == [("A", CELL, JAN, FEB, 10)]


def test_people_who_go_away_change_nothing() -> None:
    before = cube(bought(("A", CELL, JAN, range(25), False)))
    assert units(cube(bought(("A", CELL, JAN, range(3), False)), before)) == [("A", CELL, JAN, FEB, 25)]


def test_a_unit_of_which_others_came_to_know_too_many_is_withdrawn_and_its_months_stay_spent() -> None:
    before = cube(bought(("A", CELL, JAN, range(10), False)))
    known = bought(
        ("A", CELL, JAN, range(9), False), ("A", CELL, JAN, range(9, 10), True), ("A", CELL, FEB, range(12), False)
    )
    found = cube(known, before)
    assert found["is_published"].to_list() == [False, True]
    assert units(found) == [("A", CELL, JAN, FEB, 10), ("A", CELL, FEB, MAR, 12)]


def test_older_months_that_are_loaded_later_are_units_of_their_own() -> None:
    before = cube(bought(("A", CELL, MAR, range(10), False)))
    both = bought(
        ("A", CELL, JAN, range(10), False), ("A", CELL, FEB, range(9), False), ("A", CELL, MAR, range(10), False)
    )
    assert units(cube(both, before)) == [("A", CELL, JAN, FEB, 10), ("A", CELL, MAR, APR, 10)]


def test_the_overlap_is_that_of_the_published_shares() -> None:
    other = h3.str_to_int(h3.latlng_to_cell(31.5, 120.6, 7))
    rows = bought(
        ("A", CELL, JAN, range(30), False),
        ("A", other, JAN, range(30, 40), False),
        ("B", CELL, JAN, range(50, 60), False),
        ("B", other, JAN, range(60, 70), False),
        ("B", other, FEB, range(80, 89), False),
    )
    found = cube(rows)
    assert published_overlap(found, "A", "B", since=LONG_AGO) == pytest.approx(0.75)  # min(.75, .5) + min(.25, .5)
    assert published_overlap(found, "B", "A", since=LONG_AGO) == pytest.approx(0.75)
    assert published_overlap(found, "A", "C", since=LONG_AGO) is None
    met = shared_published_cells(published_shares(found, since=LONG_AGO))
    assert met.filter(pl.col("of_agent_id") == "A").select("cell", "share_mine", "customer_months", "units").rows() == [
        (CELL, 0.75, 30, 2),
        (other, 0.25, 10, 2),
    ]


def test_units_that_ended_before_the_window_are_left_out() -> None:
    found = cube(bought(("A", CELL, JAN, range(10), False), ("A", CELL, FEB, range(10, 25), False)))
    assert published_shares(found, since=FEB)["customer_months"].to_list() == [15]


def test_without_buyers_nothing_is_published() -> None:
    assert cube(bought()).is_empty()
    assert published_shares(cube(bought()), since=LONG_AGO).is_empty()


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ContractError, match="is_known"):
        cube(bought().drop("is_known"))


WORLDS = st.lists(
    st.tuples(st.sampled_from("AB"), st.sampled_from([1, 2]), st.integers(0, 5), st.integers(0, 40), st.booleans()),
    max_size=160,
)
"""Agent, cell, month, customer, known: what may have happened."""


def world(rows: list[tuple[str, int, int, int, bool]], until: int = 99) -> pl.DataFrame:
    known = {(agent, who): is_known for agent, _, _, who, is_known in rows}
    flat = [("AB".index(a) * 100 + who, a, c, m) for a, c, m, who, _ in rows if m < until]
    return bought(*[(a, c, month(m), range(w, w + 1), known[a, w % 100]) for w, a, c, m in sorted(set(flat))])


def people_of(unit: dict[str, Any], rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(
        pl.col("agent_id") == unit["agent_id"],
        pl.col("cell") == unit["cell"],
        pl.col("month") >= unit["from_on"],
        pl.col("month") < unit["to_on"],
    )


@settings(deadline=None, max_examples=150)
@given(WORLDS)
def test_units_are_disjoint_hold_ten_people_each_and_add_up(rows: list[tuple[str, int, int, int, bool]]) -> None:
    buyers = world(rows)
    found = cube(buyers)
    spent = 0
    for unit in found.rows(named=True):
        inside = people_of(unit, buyers)
        assert inside.height == unit["customer_months"]
        assert inside["customer_key"].n_unique() == unit["persons"] >= 10
        assert inside.filter(~pl.col("is_known"))["customer_key"].n_unique() == unit["apart"] >= 10
        spent += inside.height
    held = [people_of(unit, buyers.with_row_index()).get_column("index") for unit in found.rows(named=True)]
    assert len(set().union(*held)) == spent == found["customer_months"].sum()
    assert_frame_equal(cube(buyers.sample(fraction=1, shuffle=True, seed=1)), found)


@settings(deadline=None, max_examples=100)
@given(WORLDS, WORLDS)
def test_no_two_publications_differ_by_a_small_group(
    first: list[tuple[str, int, int, int, bool]], late: list[tuple[str, int, int, int, bool]]
) -> None:
    published: pl.DataFrame | None = None
    for rows in (world(first, 3), world(first), world(first + late), world(late)):
        now = cube(rows, published)
        if published is not None:
            key = ["agent_id", "cell", "from_on", "to_on"]
            pairs = published.join(now, on=key, how="full", coalesce=True)
            assert pairs["persons_right"].null_count() == 0  # nothing published is ever cut otherwise
            moved = pairs.filter(pl.col("customer_months") != pl.col("customer_months_right"))
            for count in ("persons", "apart"):
                assert ((moved[count] - moved[f"{count}_right"]).abs() >= 10).all()
        ends = now.sort("agent_id", "cell", "to_on")
        follows = ends["from_on"] >= ends["to_on"].shift(1)
        same = (ends["agent_id"] == ends["agent_id"].shift(1)) & (ends["cell"] == ends["cell"].shift(1))
        assert follows.filter(same.fill_null(value=False)).all()
        published = now


def test_the_first_day_of_the_running_month_is_in_it() -> None:
    assert seen({"local_on": MAR}, {"customer_key": 2, "local_on": FEB}, before=dt.date(2026, 3, 31)) == [
        ("A", CELL, FEB, 2, False)
    ]


def test_withdrawn_units_are_in_no_share() -> None:
    found = cube(bought(("A", CELL, JAN, range(10), False)))
    assert published_shares(found, since=LONG_AGO).height == 1
    assert published_shares(found.with_columns(is_published=pl.lit(value=False)), since=LONG_AGO).is_empty()


def test_a_unit_of_which_ten_are_left_that_nobody_else_knows_stays() -> None:
    before = cube(bought(("A", CELL, JAN, range(20), False)))
    later = bought(("A", CELL, JAN, range(5), True), ("A", CELL, JAN, range(5, 20), False))
    assert cube(later, before)["is_published"].to_list() == [True]


def test_older_months_of_other_people_do_not_change_the_unit_after_them() -> None:
    before = cube(bought(("A", CELL, MAR, range(10), False)))
    later = bought(("A", CELL, JAN, range(50, 65), False), ("A", CELL, MAR, range(10), False))
    assert units(cube(later, before)) == [("A", CELL, JAN, FEB, 15), ("A", CELL, MAR, APR, 10)]


def test_shared_cells_lie_by_agent_then_by_share_then_by_cell() -> None:
    first, second, third = sorted(h3.str_to_int(h3.latlng_to_cell(lat, 120.6, 7)) for lat in (31.3, 31.5, 31.7))
    rows = bought(
        *[(agent, cell, JAN, range(start, start + size), False)
          for agent, start, sizes in (("C", 300, (10, 20, 10)), ("A", 100, (10, 20, 10)), ("B", 200, (10, 20, 10)))
          for cell, size in zip((first, second, third), sizes, strict=True)]
    )  # fmt: skip
    met = shared_published_cells(published_shares(cube(rows), since=LONG_AGO))
    pairs = [("A", "B"), ("A", "C"), ("B", "A"), ("B", "C"), ("C", "A"), ("C", "B")]
    assert met.select("of_agent_id", "agent_id", "cell").rows() == [
        (*pair, cell) for pair in pairs for cell in (second, first, third)
    ]


def test_months_that_are_full_by_themselves_are_units_of_their_own_before_those_that_wait() -> None:
    rows = bought(
        ("A", CELL, JAN, range(12), False), ("A", CELL, FEB, range(5), False), ("A", CELL, MAR, range(20, 32), False)
    )
    assert units(cube(rows)) == [("A", CELL, JAN, FEB, 12), ("A", CELL, FEB, APR, 17)]
