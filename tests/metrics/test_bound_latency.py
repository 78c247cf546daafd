"""From registering to the first owner."""

import pytest

from metrics.bound_latency import latency, timeliness
from tests.answers.tiny import day, spell, table

ZONE = "Asia/Shanghai"


def waited(*seconds, on="2026-06-18", **more):
    return [spell(100 + n, 100 + n, "S1", on, wait_s=s, **more) for n, s in enumerate(seconds)]


def test_percentiles_are_those_of_the_registrations_that_arrived_in_time():
    spells = table("bindings", [*waited(10, 20, 60, 60.001, 200), *waited(86_400, arrived_s=600.001)])
    assert latency(spells, zone=ZONE).rows() == [(day("2026-06-18"), 5, 60.0, pytest.approx(172.0002), 3, 2, 1, 0)]


def test_a_registration_ten_minutes_late_still_counts_and_one_of_unknown_arrival_is_historic():
    spells = table("bindings", [*waited(30, arrived_s=600), {**waited(30)[0], "binding_id": "B-9", "arrived_at": None}])
    row = timeliness(spells).row(0, named=True)
    assert (row["bound"], row["timely"], row["historic"]) == (1, 1, 1)


def test_bound_before_registering_is_left_out_and_counted():
    row = timeliness(table("bindings", waited(-5, 40))).row(0, named=True)
    assert (row["bound"], row["p50_s"], row["negative"], row["timely_share"]) == (1, 40.0, 1, 1.0)


def test_later_spells_and_unassigned_ones_are_not_measured():
    spells = table("bindings", [*waited(5, cause="takeover"), spell(1, 1, None, "2026-06-18")])
    assert latency(spells, zone=ZONE).is_empty()
    assert timeliness(spells).is_empty()


def test_a_day_is_the_local_one():
    late = spell(1, 1, "S1", "2026-06-17")
    late["registered_at"] = late["registered_at"].replace(hour=17)  # one in the morning of the 18th in Shanghai
    late["bound_at"] = late["arrived_at"] = late["registered_at"]
    assert latency(table("bindings", [late]), zone=ZONE)["day"].to_list() == [day("2026-06-18")]


def test_all_historic_has_no_percentiles_and_no_share():
    row = timeliness(table("bindings", waited(10, 20, arrived_s=86_400))).row(0, named=True)
    assert (row["bound"], row["p50_s"], row["p95_s"], row["timely_share"], row["historic"]) == (0, None, None, None, 2)
