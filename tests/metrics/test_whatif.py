"""What a change of stores does, with shares that a calculator gives."""

from __future__ import annotations

import datetime as dt

import h3
import polars as pl
import pytest

from metrics.whatif import what_if
from metrics.whatif_scene import Change
from metrics.whatif_sites import becomes_nearest, encroachment, payout_rates, people_by_cell, primary_customers
from schema.errors import UsageError

KM = 1 / 111.195
LAT, LNG = 31.0, 121.0


def cell(km: float) -> int:
    return int(h3.latlng_to_cell(LAT + km * KM, LNG, 9), 16)


def points(*rows: tuple[float, int, int, int]) -> pl.DataFrame:
    """(kilometres north, customers, registrants, money)."""
    return pl.DataFrame(
        [(cell(km), LAT + km * KM, LNG, people, new, net) for km, people, new, net in rows],
        schema={"cell": pl.Int64, "lat": pl.Float64, "lng": pl.Float64, "customers": pl.Int64,
                "registrants": pl.Int64, "net_minor": pl.Int64},
        orient="row",
    )  # fmt: skip


def places(*rows: tuple[str, str | None, float, float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        [(store, agent, "C", LAT + km * KM, LNG, area) for store, agent, km, area in rows],
        schema={"store_id": pl.String, "agent_id": pl.String, "city": pl.String, "lat": pl.Float64,
                "lng": pl.Float64, "area_m2": pl.Float64},
        orient="row",
    )  # fmt: skip


HOME = points((0, 10, 4, 21_000_000))
TWO = places(("a", "AG1", 2, 1_000), ("b", "AG2", 1, 500))


def site(km: float, area: float | None = None) -> Change:
    return Change("open", None, LAT + km * KM, LNG, area, "AG3", "C")


def by_store(table: pl.DataFrame, column: str) -> dict[str, object]:
    return dict(table.select("store_id", column).iter_rows())


def test_t11_a_new_store_takes_from_both_in_proportion() -> None:
    table = what_if(site(-2, 500), HOME, TWO, alpha=1, beta=2)
    assert by_store(table, "before_minor") == {"a": 7_000_000, "b": 14_000_000, "New site": 0}
    assert by_store(table, "after_minor") == {"a": 6_000_000, "b": 12_000_000, "New site": 3_000_000}
    assert by_store(table, "delta_minor") == {"a": -1_000_000, "b": -2_000_000, "New site": 3_000_000}
    assert table["store_id"].to_list() == ["b", "a", "New site"]  # the largest loss first
    assert by_store(table, "agent_id")["New site"] == "AG3"
    assert table["distance_m"].to_list() == pytest.approx([3_000, 4_000, 0], abs=5)


def test_closing_it_again_gives_back_what_it_took() -> None:
    three = pl.concat([TWO, places(("c", "AG3", -2, 500))])
    table = what_if(Change("close", "c"), HOME, three, alpha=1, beta=2)
    assert by_store(table, "after_minor") == {"a": 7_000_000, "b": 14_000_000, "c": 0}
    assert table["is_changed"].to_list() == [True, False, False]


def test_the_last_store_that_closes_leaves_its_sales_to_nobody() -> None:
    table = what_if(Change("close", "a"), HOME, TWO.head(1), alpha=1, beta=2)
    assert table.select("before_minor", "after_minor", "registrants_before", "registrants_after").rows() == [
        (21_000_000, 0, 4, 0)
    ]


def test_moving_a_store_and_giving_it_another_size() -> None:
    table = what_if(Change("move", "a", LAT - 1 * KM, LNG, 500), HOME, TWO, alpha=1, beta=2)
    assert by_store(table, "before_minor") == {"a": 7_000_000, "b": 14_000_000}
    assert by_store(table, "after_minor") == {"a": 10_500_000, "b": 10_500_000}


def test_new_registrants_go_to_the_nearest_store_and_old_ones_would_under_a_new_binding() -> None:
    two_cells = points((0, 10, 4, 0), (-3, 6, 1, 0))
    table = what_if(site(-2), two_cells, TWO, alpha=1, beta=2)
    assert by_store(table, "registrants_before") == {"a": 0, "b": 5, "New site": 0}
    assert by_store(table, "registrants_after") == {"a": 0, "b": 4, "New site": 1}
    assert by_store(table, "customers_after") == {"a": 0, "b": 10, "New site": 6}


def test_a_store_of_unknown_size_counts_as_the_median() -> None:
    table = what_if(site(-1), HOME, places(("b", "AG2", 1, None)), alpha=1, beta=2)
    assert by_store(table, "after_minor") == {"b": 10_500_000, "New site": 10_500_000}


def test_overlap_with_the_changed_store_is_the_sum_of_smaller_shares() -> None:
    # Two homes far apart, each next to a store; the new one stands where b stands, and so draws exactly what b draws.
    homes = points((0, 1, 0, 100), (20, 1, 0, 100))
    stores = places(("a", None, 0, 100), ("b", None, 20, 100))
    table = what_if(site(20, 100), homes, stores, alpha=1, beta=2)
    after = by_store(table, "overlap_after")
    assert after["b"] == pytest.approx(1.0)
    # a: shares 0.99995…: near all of its money at home, 200²/20,000² = 1e-4 of the weights elsewhere
    assert after["a"] == pytest.approx(2 * 1e-4, rel=0.6)
    assert after["New site"] is None
    assert by_store(table, "overlap_before")["b"] is None


def test_what_is_far_away_does_not_feel_it() -> None:
    table = what_if(site(0), points((0, 1, 1, 100), (60, 5, 5, 900)), pl.concat([TWO, places(("far", None, 70, 100))]),
                    alpha=1, beta=2)  # fmt: skip
    assert "far" not in table["store_id"].to_list()
    assert table["after_minor"].sum() == pytest.approx(100, abs=1)
    assert table["customers_after"].sum() == 1


def test_no_people_and_no_stores_are_no_error() -> None:
    assert what_if(site(0), HOME.clear(), TWO, alpha=1, beta=2)["after_minor"].sum() == 0
    alone = what_if(site(0), HOME, TWO.clear(), alpha=1, beta=2)
    assert alone.select("store_id", "before_minor", "after_minor").rows() == [("New site", 0, 21_000_000)]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (Change("burn", "a"), "kind='burn' is none of open, close, move."),
        (Change("close", "zzz"), "Store zzz is not open here or has no position; name one that is."),
        (Change("close"), "Store (none) is not open here or has no position; name one that is."),
        (Change("move", "a"), "To move a store, say where: latitude and longitude in degrees, or a cell."),
        (Change("open", None, 99.0, 1.0), "To open a store, say where: latitude and longitude in degrees, or a cell."),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(change: Change, said: str) -> None:
    with pytest.raises(UsageError) as error:
        what_if(change, HOME, TWO, alpha=1, beta=2)
    assert str(error.value) == said


def test_encroachment_is_the_part_of_primary_customers_for_whom_the_site_becomes_nearest() -> None:
    primary = pl.DataFrame({"store_id": ["b", "b"], "cell": [cell(0), cell(-3)], "customers": [40, 25]})
    homes = points((0, 0, 0, 0), (-3, 0, 0, 0))
    nearest = becomes_nearest(site(-4), homes, TWO)
    assert nearest["is_nearest"].to_list() == [False, True]
    found = encroachment(primary, nearest).row(0, named=True)
    assert found["primary_customers"] == 65
    assert found["encroachment"] == pytest.approx(25 / 65)  # 38.5 %


def test_primary_customers_are_those_of_the_fullest_cells() -> None:
    kms = [0.0] * 40 + [5.0] * 25 + [10.0] * 15 + [15.0] * 20
    people = pl.DataFrame(
        {"customer_key": range(100), "home_cell": [cell(km) for km in kms], "is_staff": [False] * 100}
    )
    orders = pl.DataFrame(
        {"customer_key": range(100), "store_id": ["b"] * 100, "channel": ["pos"] * 100, "is_purchase": [True] * 100}
    )
    found = primary_customers(orders, people, TWO)
    assert sorted(found.select("cell", "customers").rows()) == sorted([(cell(0), 40), (cell(5), 25)])


def test_people_money_and_registrations_by_cell() -> None:
    since = dt.date(2026, 1, 1)
    people = pl.DataFrame(
        {
            "customer_key": [1, 2, 3, 4],
            "home_cell": [cell(0), cell(0), cell(0), None],
            "home_lat": [LAT, LAT + 0.0002, LAT, None],
            "home_lng": [LNG, LNG, LNG, None],
            "home_src": ["address", "address", "city", None],
            "registered_on": [since, dt.date(2025, 1, 1), since, since],
            "is_staff": [False] * 4,
        }
    )
    orders = pl.DataFrame(
        {
            "customer_key": [1, 1, 2, None],
            "channel": ["pos", "app", "pos", "pos"],
            "store_id": ["a", None, "b", "a"],
            "net_minor": [100, 1_000, -30, 5],
        }
    )
    found = people_by_cell(people, orders, since)
    assert found.select("customers", "registrants", "net_minor").rows() == [(2, 1, 70)]
    assert found["lat"][0] == pytest.approx(LAT + 0.0001)


def test_payout_rates_are_what_was_credited_for_the_sales_to_ones_customers() -> None:
    shares = pl.DataFrame(
        {
            "kind": ["accrual", "clawback", "payout", "accrual", "accrual"],
            "receiver_kind": ["store", "store", "store", "fund", "guide"],
            "agent_id": ["AG1", "AG1", "AG1", None, None],
            "amount_minor": [1_000, -200, -500, 700, 30],
        }
    )
    orders = pl.DataFrame(
        {
            "owner_store_id": ["a", "b", "s", None],
            "owner_agent_id": ["AG1", "AG2", None, None],
            "net_minor": [10_000, 500, 1_000, 77],
        }
    )
    assert payout_rates(shares, orders).rows() == [("AG1", 0.08), ("AG2", 0.0), (None, 0.03)]
