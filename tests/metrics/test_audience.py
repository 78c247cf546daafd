"""Who fits, in which order, and who may be written to; numbers worked out by hand (T4)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics import audience
from schema.audience import ALTERNATIVES, parse_definition
from schema.errors import ContractError

END = dt.date(2026, 11, 15)
TODAY = dt.date(2026, 11, 14)


def views(*rows):
    """Who, what, how many days before the last one, seconds (None is unknown), whether it lingered."""
    return pl.DataFrame(
        {
            "customer_key": [row[0] for row in rows], "product_id": [row[1] for row in rows],
            "category": ["Coats" for _ in rows], "local_on": [TODAY - dt.timedelta(days=row[2]) for row in rows],
            "dwell_ms": [None if row[3] is None else row[3] * 1000 for row in rows], "is_linger": [row[4] for row in rows],
        },
        schema={"customer_key": pl.Int64, "product_id": pl.String, "category": pl.String, "local_on": pl.Date,
                "dwell_ms": pl.Int64, "is_linger": pl.Boolean},
    )  # fmt: skip


def test_interest_halves_in_a_week():
    """T4: 120 s 7 days ago and 40 s today are 100."""
    found = audience.interest(views((1, "P", 7, 120, True), (1, "P", 0, 40, False), (1, "P", 0, None, None)), END)
    assert found.to_dicts() == [
        {"customer_key": 1, "product_id": "P", "category": "Coats", "dwell_s": 160.0, "interest": 100.0, "lingers": 1}
    ]


def test_nobody_known_and_no_view_give_an_empty_table():
    found = audience.interest(views((None, "P", 0, 40, True), (1, None, 0, 40, True)), END)
    assert found.is_empty()
    assert found.columns == ["customer_key", "product_id", "category", "dwell_s", "interest", "lingers"]


HOLDS = {
    "segment:loyal": [True, True, False, False, False],
    "segment:new": [False, False, True, False, False],
    "channel:pos": [True, False, True, True, False],
    "value:5": [True, True, True, True, False],
    "value:9": [True, False, True, False, False],
    "place:city:Wuxi": [False, False, False, False, True],
}


def fitting(*texts):
    found = audience.fitting(parse_definition(texts), lambda one: pl.Series(HOLDS[one.text.removeprefix("not:")]), 5)
    return found.to_list()


def test_alternatives_of_one_kind_are_one_condition_and_all_others_hold_together():
    assert fitting("segment:loyal", "segment:new") == [0, 0, 0, None, None]
    assert fitting("segment:loyal", "segment:new", "channel:pos") == [0, None, 0, None, None]
    assert fitting("value:5", "value:9") == [0, None, 0, None, None]


def test_not_is_never_an_alternative():
    assert fitting("not:segment:loyal", "not:segment:new") == [None, None, None, 0, 0]
    assert fitting("segment:loyal", "not:channel:pos") == [None, 0, None, None, None]


def test_a_second_group_adds_those_of_its_own_and_the_first_that_fits_is_told():
    assert fitting("segment:loyal", "or", "channel:pos", "or", "place:city:Wuxi") == [0, 0, 1, 1, 2]


def test_no_group_is_nobody():
    assert fitting() == [None] * 5


@given(st.lists(st.sampled_from([*HOLDS, *(f"not:{one}" for one in HOLDS), "or"]), max_size=9))
def test_groups_fit_as_sets_say(texts):
    """Independent: sets of customers instead of columns."""
    everybody = set(range(5))
    expected = set()
    for group in parse_definition(texts).groups:
        fits = set(everybody)
        for kind in {one.kind for one in group}:
            of_kind = [one for one in group if one.kind == kind]
            plain = [{n for n in everybody if HOLDS[one.text][n]} for one in of_kind if not one.is_not]
            if plain and kind in ALTERNATIVES:
                fits &= set.union(*plain)
            for one in plain if kind not in ALTERNATIVES else []:
                fits &= one
            for one in (one for one in of_kind if one.is_not):
                fits -= {n for n in everybody if HOLDS[one.text.removeprefix("not:")][n]}
        expected |= fits
    assert {n for n, group in enumerate(fitting(*texts)) if group is not None} == expected


PEOPLE = pl.DataFrame(
    {"customer_key": [1, 2, 3, 4], "value_minor": [30_000, 10_000, None, 20_000],
     "distance_m": [0.0, 5_000.0, 10_000.0, None]},
    schema={"customer_key": pl.Int64, "value_minor": pl.Int64, "distance_m": pl.Float64},
)  # fmt: skip


def test_the_order_is_interest_times_value_times_nearness():
    """Mean value 20 000; nearness 1, ½, ¼ and the mean 7/12: 1.5·100, 0.5·½·400, 1·¼·200, 1·7/12·60."""
    wanted = pl.DataFrame({"customer_key": [1, 2, 3, 4], "product_id": ["A", "A", "B", "B"],
                           "interest": [100.0, 400.0, 200.0, 60.0]})  # fmt: skip
    found = audience.ranked(wanted, PEOPLE)
    assert dict(found.select("customer_key", "score").iter_rows()) == pytest.approx(
        {1: 150.0, 2: 100.0, 3: 50.0, 4: 35.0}
    )
    assert found["customer_key"].to_list() == [1, 2, 3, 4]
    products = audience.ranked_products(found)
    assert products.select("product_id", "people", "interest", "value_minor", "distance_m").rows() == [
        ("A", 2, 500.0, 40_000, 2_500.0), ("B", 2, 260.0, 20_000, 10_000.0),
    ]  # fmt: skip
    assert products["score"].to_list() == pytest.approx([250.0, 85.0])


def test_where_no_value_and_no_distance_is_known_interest_alone_counts():
    nothing = PEOPLE.with_columns(
        pl.lit(None, pl.Int64).alias("value_minor"), pl.lit(None, pl.Float64).alias("distance_m")
    )
    wanted = pl.DataFrame({"customer_key": [1, 2], "product_id": ["A", "A"], "interest": [3.0, 4.0]})
    found = audience.ranked(wanted, nothing)
    assert found.select("customer_key", "score").rows() == [(2, 4.0), (1, 3.0)]
    assert audience.ranked_products(found)["value_minor"].to_list() == [None]


def reachable(**columns):
    rows = {"customer_key": [1], "is_in_conflict": [False], "has_opted_out": [False], "has_consent": [True],
            "has_complaint": [False], "contacted_on": [None], **{name: [value] for name, value in columns.items()}}  # fmt: skip
    return audience.reach(pl.DataFrame(rows, schema_overrides={"contacted_on": pl.Date}), END)["reach"].item()


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({}, "reachable"),
        ({"has_consent": False}, "no_consent"),
        ({"has_opted_out": True, "has_consent": False}, "opted_out"),
        ({"is_in_conflict": True, "has_opted_out": True}, "conflict"),
        ({"contacted_on": TODAY}, "contacted"),
        ({"contacted_on": dt.date(2026, 11, 8)}, "contacted"),
        ({"contacted_on": dt.date(2026, 11, 7)}, "reachable"),
        ({"has_complaint": True}, "complaint"),
        ({"has_complaint": True, "contacted_on": TODAY}, "contacted"),
    ],
)
def test_the_first_reason_that_holds_is_the_one_that_counts(columns, said):
    """Seven days before 15 November are the 8th to the 14th."""
    assert reachable(**columns) == said


def test_reasons_are_counted_once_and_what_cannot_be_told_is_unknown():
    people = pl.DataFrame({"customer_key": [1, 2, 3], "reach": ["reachable", "no_consent", "reachable"]})
    found = audience.counted_reach(people, ["reachable", "no_consent", "opted_out", "contacted", "conflict"])
    assert found.rows() == [
        ("reachable", 2), ("conflict", 0), ("opted_out", 0), ("no_consent", 1), ("contacted", 0), ("complaint", None),
    ]  # fmt: skip


def test_hints_are_what_an_audience_did_more_often_with_twenty_people_behind_them():
    """Of 40 inside 20 bought A, of 100 in all 25: 50 % ÷ 25 % = 2. B: 19 of 40. C: 20 of 40 and 60 of 100, lift 0.83."""
    done = [("bought", n, "A") for n in range(20)] + [("bought", n, "A") for n in range(95, 100)]
    done += [("bought", n, "B") for n in range(19)]
    done += [("lingered", n, "C") for n in range(20)] + [("lingered", n, "C") for n in range(40, 80)]
    done += [("bought", 0, "A")]
    rows = pl.DataFrame(
        done, schema={"what": pl.String, "customer_key": pl.Int64, "product_id": pl.String}, orient="row"
    )
    found = audience.hints(rows, pl.Series(range(40)), 100)
    assert found.rows() == [("bought", "A", 20, 0.5, 0.25, 2.0)]


def test_a_missing_column_is_named():
    with pytest.raises(ContractError, match="has_consent"):
        audience.reach(pl.DataFrame({"customer_key": [1], "is_in_conflict": [False], "has_opted_out": [False]}), END)


def test_reasons_are_looked_at_in_their_order_whoever_tells_them():
    """All 24 combinations: as of one row a customer, and as of marks."""
    rows = [
        (conflict, agreed, contacted, complaint)
        for conflict in (True, False) for agreed in ("reachable", "opted_out", "no_consent")
        for contacted in (True, False) for complaint in (True, False)
    ]  # fmt: skip
    people = pl.DataFrame(
        {
            "customer_key": range(len(rows)),
            "is_in_conflict": [row[0] for row in rows],
            "has_opted_out": [row[1] == "opted_out" for row in rows],
            "has_consent": [row[1] != "no_consent" for row in rows],
            "contacted_on": [TODAY if row[2] else None for row in rows],
            "has_complaint": [row[3] for row in rows],
        },
        schema_overrides={"contacted_on": pl.Date},
    )
    codes = audience.first_reasons(
        np.array([audience.REACH.index(row[1]) for row in rows], np.int8),
        is_in_conflict=np.array([row[0] for row in rows]),
        was_contacted=np.array([row[2] for row in rows]),
        has_complaint=np.array([row[3] for row in rows]),
    )
    assert audience.reasons(codes).to_list() == audience.reach(people, END)["reach"].to_list()
