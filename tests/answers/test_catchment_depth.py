"""Catchment in depth: its addresses, their options and what each viewer reads."""

import dataclasses
import datetime as dt

import pytest

from answers.registry import ask
from schema.errors import UsageError
from schema.scope import Scope
from tests.answers.tiny import (
    COMPANY,
    NOTHING,
    ORDERS,
    PEOPLE,
    PLACES,
    SNAPSHOT,
    answer,
    asked,
    marts,
    noon,
    order,
    place,
)
from warehouse.frames import narrow

AG1 = Scope("agent", "wang", "AG1")
OLD = dt.date(2019, 1, 1)
TWO_YEARS = dataclasses.replace(SNAPSHOT, first_on=dt.date(2024, 11, 15))
BESIDE = {"store_id": "N", "agent_id": "AG2", "lat": 31.303, "lng": 120.603}


def town():
    """Since December 2025 N trades 440 m from S1; S3, 41 km away, is the control."""
    moved = {"store_id": "N", "agent_id": "AG2"}
    return marts(
        orders=[
            order(1, 1, "2025-01-10", 100_000),
            order(2, 1, "2026-01-10", 40_000),
            order(3, 1, "2026-02-10", 60_000, **moved),
            order(4, 3, "2025-01-10", 200_000, store="S3"),
            order(5, 3, "2026-01-10", 220_000, store="S3"),
        ],
        people=PEOPLE[:3],
        places=[
            place("S1", opened_on=OLD),
            {**place("S1", opened_on=dt.date(2025, 12, 1)), **BESIDE},
            place("S3", opened_on=OLD),
        ],
    )


TOWN = town()


def in_town(name, query="", **options):
    return ask(name, asked(query, page="catchment", rows=TOWN, snapshot=TWO_YEARS), **options)


def test_an_opening_is_measured_against_its_control():
    row = in_town("catchment/cannibalisation").table.row(0, named=True)
    assert (row["new_store"], row["store_id"], row["controls"]) == ("N", "S1", 1)
    # expected 100,000 · 220/200 = 110,000; 70,000 lost of 60,000 sold
    assert (row["expected_minor"], row["actual_minor"], row["loss_minor"]) == (110_000, 40_000, 70_000)
    assert row["rate"] == pytest.approx(70 / 60)
    assert row["incremental_minor"] == -10_000


def test_exposure_transfer_and_impact_stand_side_by_side_under_their_own_names():
    row = in_town("catchment/exposure").table.row(0, named=True)
    assert row["exposure"] == 0.0  # customer 1 lives nearer to S1
    # From the first order to the opening 325 days, since then to the last order 72: 100,000 · 72/325 < 40,000.
    assert row["transfer"] == 0.0
    assert row["impact"] == pytest.approx(70 / 60)
    assert row["customers"] == 1


def test_controls_are_named():
    table = in_town("catchment/controls").table
    assert table.select("new_store", "neighbour", "store_id", "pre_minor", "post_minor").rows() == [
        ("N", "S1", "S3", 200_000, 220_000)
    ]
    assert table["change"].to_list() == pytest.approx([0.1])


@pytest.mark.parametrize(
    ("options", "rows"),
    [({"km": 0.1}, 0), ({"km": "5"}, 1), ({"new_store": "N"}, 1), ({"new_store": "S1"}, 0), ({"store": "S3"}, 0)],
)
def test_openings_can_be_chosen(options, rows):
    assert in_town("catchment/cannibalisation", **options).table.height == rows


@pytest.mark.parametrize(("query", "rows"), [("store=S1", 1), ("store=N", 1), ("city=Wuxi", 0)])
def test_place_filters_keep_openings_that_concern_them(query, rows):
    assert in_town("catchment/switchers", query).table.height == rows


@pytest.mark.parametrize("km", ["near", -1, "nan", 51])
def test_a_distance_that_is_none_is_refused(km):
    with pytest.raises(UsageError, match=r"^km='.+' is not a number from 0.1 to 50.$"):
        in_town("catchment/cannibalisation", km=km)


@pytest.mark.parametrize("name", ["cannibalisation", "controls", "switchers", "exposure"])
def test_a_store_that_is_not_here_has_no_opening(name):
    with pytest.raises(UsageError) as error:
        in_town(f"catchment/{name}", new_store="S9")
    assert str(error.value) == "No store S9 here."


def test_flows_go_from_the_nearest_store_to_the_real_one():
    table = answer("catchment/flow", "from=2026-11-01&to=2026-11-14").table
    assert table.select("nearest", "actual", "customers", "net_minor", "orders").rows() == [
        ("S1", "S1", 1, 15_000, 2),
        ("S1", "S2", 1, 0, 1),
    ]
    agents = answer("catchment/flow", "from=2026-11-01&to=2026-11-14", by="agent").table
    assert agents.select("nearest", "actual", "share").rows() == [("AG1", "AG1", 2 / 3), ("AG1", "AG2", 1 / 3)]


def test_an_agent_reads_of_other_stores_only_that_it_was_elsewhere():
    rows = narrow(COMPANY, AG1)
    found = answer("catchment/flow", "from=2026-11-01&to=2026-11-14", rows=rows, scope=AG1)
    assert found.table.select("nearest", "actual").rows() == [("S1", "S1"), ("S1", None)]
    assert "Only your own stores and known customers are compared." in found.notes


def test_too_few_orders_for_huff_are_said():
    row = answer("catchment/huff").table.filter(city="Suzhou").row(0, named=True)
    assert (row["alpha"], row["beta"], row["is_fallback"], row["n"]) == (1.0, 2.0, True, 5)
    assert row["reason"].startswith("Fewer than 500 located orders")


@pytest.mark.parametrize(
    ("option", "said"), [({"city": "Oslo"}, "No city Oslo here."), ({"without": ("S1", "S9")}, "No store S9 here.")]
)
def test_a_city_or_store_that_is_not_here_is_refused(option, said):
    with pytest.raises(UsageError) as error:
        answer("catchment/huff", **option)
    assert str(error.value) == said


def test_a_store_left_out_of_the_fit_is_named():
    found = answer("catchment/huff", without="S2")
    assert found.table.filter(city="Suzhou")["without"].to_list() == ["S2"]
    assert found.notes[0] == "Fitted without S2."


BARE = dataclasses.replace(COMPANY, bindings=COMPANY.bindings.clear(), shares=COMPANY.shares.clear())
"""Before the first binding."""


def site(**options):
    return answer("catchment/whatif", rows=BARE, **options)


def test_a_new_site_is_asked_for_by_coordinates_or_cell():
    by_place = site(lat="31.301", lng="120.601")
    assert by_place.table["store_id"].sort().to_list() == ["New site", "S1", "S2", "S3"]
    assert by_place.table["delta_minor"].sum() == pytest.approx(0, abs=3)
    assert by_place.table.filter(store_id="New site")["city"].to_list() == ["Suzhou"]
    assert "Too few located orders to fit the model: α = 1 and β = 2 are assumed." in by_place.notes
    assert site(cell="8930a1b2c3bffff").table.height in {0, 1, 4}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "Say where: lat and lng in degrees, or a cell."),
        ({"kind": "close"}, "Name the store to close."),
        ({"kind": "move", "store": "S1"}, "Say where: lat and lng in degrees, or a cell."),
    ],
)
def test_what_is_missing_is_asked_for_in_a_note(options, said):
    found = site(**options)
    assert found.is_empty
    assert found.notes[0] == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"lat": "north", "lng": "1"}, "lat='north' is not a number from -90 to 90."),
        ({"lat": "1", "lng": ""}, "lng='' is not a number from -180 to 180."),
        ({"cell": "here"}, "cell='here' is not an H3 cell such as 8831aa5091fffff."),
        ({"cell": "1"}, "cell='1' is not an H3 cell such as 8831aa5091fffff."),
        ({"kind": "close", "store": "S9"}, "No store S9 here."),
        ({"lat": 31.3, "lng": 120.6, "agent": "AG9"}, "No agent AG9 here."),
        ({"lat": 31.3, "lng": 120.6, "area": 0}, "area='0' is not a number from 1 to 1e+06."),
    ],
)
def test_a_site_that_is_none_is_refused(options, said):
    with pytest.raises(UsageError) as error:
        site(**options)
    assert str(error.value) == said


def test_a_closed_store_leaves_everything_to_the_others_and_agents_add_up():
    stores = site(kind="close", store="S1").table
    agents = site(kind="close", store="S1", by="agent").table
    assert stores.filter(store_id="S1")["after_minor"].to_list() == [0]
    assert agents["agent_id"].to_list() == ["AG1", "AG2"]
    for column in ("before_minor", "after_minor", "registrants_after", "customers_after"):
        assert agents[column].sum() == stores[column].sum()
    assert agents["payout_delta_minor"].to_list() == [None, None]
    assert agents["store_id"].to_list() == [None, None]


TERRITORIES = [
    {"territory_id": "T1", "agent_id": "AG1", "store_id": "S1", "kind": "radius_m", "value": "8000",
     "protects": "opening binding"},
    {"territory_id": "T2", "agent_id": "AG2", "store_id": "S9", "kind": "radius_m", "value": "8000",
     "protects": "opening"},
]  # fmt: skip


def spell(key, who, store, agent, **more):
    at = noon(dt.date(2026, 1, 10))
    return {
        "binding_id": f"B{key}", "customer_key": who, "store_id": store, "agent_id": agent, "status": "exact",
        "cause": "registered", "tie_break": "", "registered_at": at, "bound_at": at, "valid_from": at,
        "policy_version": 1, "recorded_at": at, "confidence": 0.99, "cell": PEOPLE[who - 1]["home_cell"], **more,
    }  # fmt: skip


GROUND = marts(
    orders=ORDERS, people=PEOPLE, places=PLACES, territories=TERRITORIES,
    bindings=[
        spell(1, 1, "S1", "AG1", status="contested", confidence=0.7),
        spell(2, 2, "S2", "AG2"),
        spell(3, 3, "S3", "AG2", status="provisional"),
    ],
    shares=[
        {"seq": 1, "kind": "accrual", "receiver_kind": "store", "receiver_id": "S1", "store_id": "S1", "agent_id": "AG1",
         "amount_minor": 3_000, "currency": "CNY", "at": noon(dt.date(2026, 11, 2)),
         "local_on": dt.date(2026, 11, 2), "month": "2026-11"},
    ],
)  # fmt: skip


def test_territories_are_drawn_and_what_cannot_be_is_said():
    found = answer("catchment/territories", rows=GROUND)
    assert found.table["territory_id"].unique().to_list() == ["T1"]
    assert found.notes == ("Nothing can be drawn for T2: no such store, cell or district.",)
    assert answer("catchment/territories", "agent=AG2", rows=GROUND).is_empty


def test_others_on_promised_ground_are_breaches():
    table = answer("catchment/breaches", rows=GROUND).table
    assert table.select("territory_id", "kind", "other_agent_id", "other_id", "count").rows() == [
        ("T1", "binding", "AG2", None, 1),
        ("T1", "store", "AG2", "S2", 1),
    ]


def test_a_site_on_promised_ground_is_flagged_for_whom_it_was_promised_to():
    found = answer("catchment/whatif", rows=GROUND, lat=31.31, lng=120.61, agent="AG2")
    assert found.table.filter("breach")["store_id"].to_list() == ["S1"]
    assert found.notes[0] == "The site lies in territory T1, promised to Agent AG1 for opening."
    assert found.table["promises"].to_list() == [1 if new else None for new in found.table["is_changed"]]
    own = answer("catchment/whatif", rows=GROUND, lat=31.31, lng=120.61, agent="AG1").table
    assert not own["breach"].any()
    assert own.filter("is_changed")["promises"].to_list() == [0]


def test_promises_broken_are_unknown_where_no_territory_is_loaded():
    found = answer("catchment/whatif", lat=31.31, lng=120.61).table
    assert found["promises"].null_count() == found.height > 0


def test_payouts_are_last_years_rate_on_the_change_of_sales():
    # AG1's customers spent 3,000 + 10,000 + 0 + 5,000 CNY minor in the year: 3,000 ÷ 18,000 = 1/6.
    found = answer("catchment/whatif", rows=GROUND, kind="close", store="S1")
    row = found.table.filter(store_id="S1").row(0, named=True)
    assert row["payout_delta_minor"] == round(row["delta_minor"] / 6)
    assert "Payouts are an estimate: last year's rate on the change of sales." in found.notes


def test_the_contested_strip_is_what_the_ledger_found():
    found = answer("catchment/contested", rows=GROUND)
    assert found.table["contested"].sum() == 1
    assert found.n == 2  # a provisional binding has no place to be unsure about
    assert found.coverage == 0.5
    assert answer("catchment/contested", "agent=AG2", rows=GROUND).table["contested"].sum() == 0


def test_without_bindings_the_strip_is_assumed_from_homes():
    found = answer("catchment/contested", rows=BARE)
    assert found.notes[0] == "No bindings: whose a customer would be is assumed from the home."
    assert found.n == 3


@pytest.mark.parametrize("rows", [NOTHING, narrow(GROUND, AG1)], ids=["nothing", "an agent's rows"])
@pytest.mark.parametrize(
    "name", ["flow", "huff", "huff_stores", "cannibalisation", "switchers", "controls", "exposure", "contested",
             "territories", "breaches", "whatif"],
)  # fmt: skip
def test_an_agent_or_an_empty_shop_never_fails_and_reads_nothing_of_others(name, rows):
    options = {"lat": 31.31, "lng": 120.61} if name == "whatif" else {}
    table = answer(f"catchment/{name}", rows=rows, scope=AG1, **options).table
    for column in ("store_id", "nearest", "actual", "new_store", "other_id"):
        if column in table.columns:
            assert set(table[column].drop_nulls()) <= {"S1", "New site"}
