"""One month of shares: the parts of its pools, the ground of each line, the places where customers bought."""

import datetime as dt

import polars as pl

from metrics.bound_grounds import with_grounds
from metrics.bound_split import split
from metrics.bound_stories import worth_a_look

NOON = dt.datetime(2026, 10, 1, 4, tzinfo=dt.UTC)


def accruals(*rows):
    names = [
        "receiver_kind",
        "agent_id",
        "amount_minor",
        "pool_minor",
        "bound_store_id",
        "source",
        "order_id",
        "rule_id",
    ]
    return pl.DataFrame(rows, schema=[*names, "currency"], orient="row")


POOLS = accruals(
    ("store", "AG1", 7_710, 15_420, "S1", "shop", "O1", "R1", "CNY"),
    ("agent", "AG1", 5_139, 15_420, "S1", "shop", "O1", "R1", "CNY"),
    ("guide", "AG1", 2_571, 15_420, "S1", "shop", "O1", "R1", "CNY"),
    ("store", "AG1", 40, 100, "S1", "shop", "O2", "R4", "CNY"),
    ("store", "AG2", 60, 100, "S1", "shop", "O2", "R4", "CNY"),
)


def test_parts_of_an_agents_pools_leave_the_others_side_apart():
    table = split(POOLS, "AG1")
    assert table.select("part", "amount_minor", "entries").rows() == [
        ("stores", 7_750, 2),
        ("agent", 5_139, 1),
        ("guides", 2_571, 1),
        ("others", 60, 1),
    ]
    assert table.select("pool_minor", "unassigned_minor", "stores", "orders").unique().rows() == [(15_520, 0, 1, 2)]


def test_without_an_agent_every_store_is_among_the_stores():
    assert split(POOLS)["amount_minor"].to_list() == [7_810, 5_139, 2_571, 0]


def test_a_lost_minor_unit_stays_unassigned():
    assert split(POOLS.head(2))["unassigned_minor"][0] == 2_571


def test_no_accrual_has_no_parts():
    assert split(POOLS.clear()).is_empty()


def spells(*rows):
    names = ["customer_key", "store_id", "valid_from", "method", "cause", "dist_m", "runner_dist_m", "guide_id"]
    kinds = {"dist_m": pl.Float64, "runner_dist_m": pl.Float64, "guide_id": pl.String, "store_id": pl.String}
    return pl.DataFrame(rows, schema=names, orient="row", schema_overrides=kinds)


def days(n):
    return NOON + dt.timedelta(days=n)


def test_a_line_rests_on_the_spell_of_its_store_on_the_orders_day():
    known = spells(
        (1, "S1", days(0), "geo", "registered", 640.0, 900.0, None),
        (1, "S2", days(10), "guide", "takeover", None, None, "G-1"),
        (1, "S3", days(20), "geo", "store_closed", 810.0, None, None),
        (2, None, days(0), None, "registered", None, None, None),
    )
    lines = pl.DataFrame(
        {
            "customer_key": [1, 1, 1, 1, 2, None],
            "bound_store_id": ["S3", "S2", "S1", "S1", None, None],
            "order_on": [dt.date(2026, 10, day) for day in (25, 11, 1, 30, 5, 5)],
        }
    )
    told = with_grounds(lines, known, zone="Asia/Shanghai")
    assert told.select("method", "cause", "dist_m", "binding_guide_id", "before_store_id").rows() == [
        ("geo", "store_closed", 810.0, None, "S2"),
        ("guide", "takeover", None, "G-1", "S1"),
        ("geo", "registered", 640.0, None, None),
        ("geo", "registered", 640.0, None, None),
        (None, None, None, None, None),
        (None, None, None, None, None),
    ]


def test_a_spell_that_began_after_the_day_is_no_ground():
    known = spells((1, "S1", days(3), "geo", "registered", 640.0, None, None))
    lines = pl.DataFrame({"customer_key": [1], "bound_store_id": ["S1"], "order_on": [dt.date(2026, 10, 2)]})
    assert with_grounds(lines, known, zone="UTC")["method"].to_list() == [None]


def test_a_whole_story_comes_first_the_closest_choice_before_all():
    known = spells(
        (1, "S1", days(0), "geo", "registered", 640.0, 2_000.0, None),
        (2, "S1", days(0), "geo", "registered", 640.0, 650.0, None),
        (3, "S1", days(0), "scan", "registered", None, None, None),
        (4, "S1", days(0), "geo", "registered", 640.0, 641.0, None),
    )
    tried = [(1, "rejected_protected"), (1, "accepted"), (2, "rejected_protected"), (2, "accepted")]
    tried += [(3, "rejected_protected")] * 3
    attempts = pl.DataFrame(tried, schema=["customer_key", "outcome"], orient="row")
    assert worth_a_look(known, attempts)["customer_key"].to_list() == [2, 1, 3, 4]
