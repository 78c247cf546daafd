"""What the Catchment page's deeper cards say."""

import polars as pl
import pytest

from answers import catchment_headlines as say
from answers.registry import Result

NAMES = {"S1": "Tianfu", "S2": "Brocade Park", "A1": "Taihu", "A2": "Jiangnan"}
OPENING = {"new_store": "S1", "store_id": "S2", "rate": 0.45, "low": 0.07, "high": 0.88, "placebo_share": 0.18}
BREACH = {
    "territory_id": "T-1",
    "agent_id": "A1",
    "other_agent_id": "A2",
    "other_id": None,
    "count": 7,
    "is_earlier": None,
}


def answer(**columns):
    return Result(pl.DataFrame(columns), 1, "rows")


def test_the_largest_flow_names_both_and_the_share_of_the_nearest():
    table = answer(nearest=["S1", "S1", None], actual=["S1", "S2", None], orders=[60, 40, 900], share=[0.6, 0.4, 1.0])
    assert say.largest_flow(table) == ("S1", "S2")
    assert say.flows(table, NAMES) == "40.0\u202f% of the orders nearest to Tianfu are made at Brocade Park"


def test_an_owner_without_an_id_is_head_office():
    frame = pl.DataFrame(
        {"nearest": ["A1"], "actual": [None], "orders": [4], "share": [0.2]}, schema_overrides={"actual": pl.String}
    )
    table = Result(frame, 1, "rows")
    assert say.flows(table, NAMES).endswith("nearest to Taihu are made at Head office")


def test_where_nobody_leaves_that_is_the_finding():
    table = answer(nearest=["S1"], actual=["S1"], orders=[60], share=[1.0])
    assert say.flows(table, NAMES) == "Nobody buys away from the nearest"


def test_the_store_that_draws_most_orders_is_the_finding_not_the_one_with_the_highest_share():
    table = answer(
        group=["S1", "S2"], inflow=[0.62, 0.31], received=[100, 2000], median_inflow_detour_m=[900.0, 3480.0]
    )
    assert (
        say.inflow(table, NAMES) == "Brocade Park draws 31\u202f% of its orders past a nearer store, a detour of 3.5 km"
    )
    assert say.drawn(table)["drawn"].to_list() == [620, 62]


def test_a_handful_of_orders_is_no_finding():
    table = answer(group=["S1"], inflow=[0.5], received=[20], median_inflow_detour_m=[900.0])
    assert say.inflow(table, NAMES) == "Who draws people past a nearer store"


def test_an_opening_is_told_with_its_interval():
    assert say.opening(OPENING, NAMES) == "45\u202f% of Tianfu's sales came from Brocade Park (90 % interval 7 to 88 %)"
    assert say.opening(OPENING | {"rate": -0.1, "low": -0.4, "high": 0.2}, NAMES) == (
        "Brocade Park lost nothing to Tianfu (90 % interval −40 to 20 %)"
    )
    assert say.opening(OPENING | {"rate": None}, NAMES) == "What Tianfu took from Brocade Park cannot be told yet"


def test_an_interval_that_holds_zero_proves_nothing():
    assert say.opening_doubt(OPENING).startswith("The interval leaves out zero: something was taken")
    assert say.opening_doubt(OPENING).endswith("18\u202f% of the controls fell as far behind.")
    assert "not proven" in say.opening_doubt(OPENING | {"low": -0.1})
    assert say.opening_doubt(OPENING | {"low": None}).startswith("No interval")


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"kind": "binding"}, "7 customers who live in T-1 (promised to Taihu) are bound to Jiangnan."),
        (
            {"kind": "overlap", "other_id": "T-2"},
            "7 cells of T-1 (promised to Taihu) are also promised to Jiangnan as T-2.",
        ),
        (
            {"kind": "store", "other_id": "S1", "is_earlier": True},
            "Tianfu of Jiangnan stands in T-1 (promised to Taihu); it was there first.",
        ),
        (
            {"kind": "binding", "other_agent_id": None},
            "7 customers who live in T-1 (promised to Taihu) are bound to Head office.",
        ),
    ],
)
def test_a_breach_is_a_sentence(row, sentence):
    assert say.breach(BREACH | row, NAMES) == sentence


def test_breaches_are_counted_with_their_territories():
    assert say.breached(answer(territory_id=["T-1", "T-1", "T-2"])) == "3 breaches in 2 territories"
    assert say.breached(answer(territory_id=["T-1"])) == "1 breach in 1 territory"
    assert (
        say.breached(Result(pl.DataFrame({"territory_id": []}), 0, "rows")) == "Nobody stands on somebody else's ground"
    )


def test_encroachment_says_when_a_franchisee_is_hit():
    row = {"store_id": "S1", "agent_id": "A1", "encroachment": 0.384}
    assert say.encroached(row, NAMES) == "It would take 38\u202f% of a franchisee's core: Tianfu"
    assert say.encroached(row | {"agent_id": None}, NAMES) == "It would take 38\u202f% of Tianfu's core customers"
    assert say.encroached(None, NAMES) == "It would take nobody's core customers"


def test_the_weights_are_told_as_what_doubling_does():
    table = answer(
        city=[None, "Wuxi"], alpha=[1.0, 1.0], beta=[2.0, 2.0], is_fallback=[False, True], reason=["", "too few orders"],
        log_loss=[0.5, None], baseline_log_loss=[0.9, None],
    )  # fmt: skip
    assert say.distance_weighs(table) == "Twice as far leaves 25\u202f% of the pull; twice the floor makes it 2.0 times"
    assert say.size_and_distance(table) == "Size and distance foretell the store better than the nearest here"
    assert say.fallbacks(table) == ["Wuxi: α = 1 and β = 2 are assumed, not fitted (too few orders)."]
