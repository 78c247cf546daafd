"""What is worth a look is planted here; in flat and in shuffled data nothing is."""

import dataclasses
import datetime as dt
from urllib.parse import parse_qs

import numpy as np
import pytest

from answers.registry import ask
from tests.answers.tiny import (
    GOODS,
    PEOPLE,
    PLACES,
    SNAPSHOT,
    answer,
    asked,
    day,
    line,
    marts,
    order,
    person,
    place,
    visit,
)  # fmt: skip

LAST = day("2026-11-14")
CATEGORY = ("P1", "P2")


def days_back(number):
    return (LAST - dt.timedelta(days=number)).isoformat()


def flat_orders(*, tall=None, times=1, returned=()):
    """40 orders of 1,000 each day for 140 days; on one day more, in some channels with returns."""
    rows = []
    for back in range(140):
        for number in range(40 * (times if back == tall else 1)):
            channel = ("pos", "web", "live", "app")[number % 4]
            refund = 1_000 if channel in returned and number % 8 < 4 else 0
            rows.append(order(len(rows), number % 20, days_back(back), 1_000, channel=channel, back=refund))
    return rows


def shuffled_visits(count=8_000, seed=5, evening=1.0):
    """Views whose dwell does not depend on the hour; ``evening`` multiplies coats' dwell from 20 to 22 h."""
    random = np.random.default_rng(seed)
    rows = []
    for number in range(count):
        hour, product = int(random.integers(8, 24)), CATEGORY[int(random.integers(2))]
        back = int(random.integers(91))
        dwell = float(random.gamma(2.0, 15.0))
        if product == "P1" and 20 <= hour <= 22:
            dwell *= evening
        row = visit(number % 2_000 + 1, days_back(back), product, dwell, linger=dwell > 60)
        row["hour_of_week"] = row["local_on"].weekday() * 24 + hour
        rows.append(row)
    return rows


FLAT = flat_orders()


def found(**rows):
    return answer("overview/findings", rows=marts(goods=GOODS, places=PLACES, **rows)).table


def test_flat_sales_are_not_worth_a_look():
    assert found(orders=FLAT, lines=[line(row, "P1") for row in FLAT]).is_empty()


@pytest.mark.parametrize("seed", range(4))
def test_shuffled_dwell_is_not_worth_a_look(seed):
    assert found(visits=shuffled_visits(seed=seed)).is_empty()


def test_a_day_three_times_as_good_as_usual_is():
    table = found(orders=flat_orders(tall=7, times=3))
    assert table.select("kind", "value", "unit", "sentence", "n", "page").rows() == [
        ("day", 2.0, "rate", "above the usual Saturday on 7 November", 120, "overview")
    ]
    assert table["detail"].to_list() == ["net sales against the median of 8 weeks · n = 120 orders"]


def test_a_strange_day_outside_the_period_is_not():
    assert found(orders=flat_orders(tall=40, times=3)).is_empty()


def test_a_channel_whose_sales_come_back_is_worth_a_look():
    table = found(orders=flat_orders(returned=("live",)))
    row = table.row(0, named=True)
    assert (row["kind"], row["value"], row["sentence"]) == ("returns", 0.5, "of live stream sales come back")
    assert parse_qs(row["query"]) == {"channel": ["live"]}
    assert row["page"] == "purchases"


def test_coats_in_the_evening_are_worth_a_look():
    table = found(visits=shuffled_visits(evening=2.5))
    row = table.row(0, named=True)
    assert (row["kind"], row["sentence"]) == ("dwell", "Coats hold people from 20 to 23 h")
    assert row["value"] > 125
    assert (row["page"], parse_qs(row["query"])) == ("dwell", {"measure": ["index"]})


def test_stores_in_the_wrong_datum_are_worth_a_look():
    rows = marts(places=[place("S1"), place("S3", is_datum_suspect=True)])
    table = answer("overview/findings", rows=rows).table
    assert table.select("kind", "value", "sentence", "page").rows() == [
        ("datum", 1.0, "Agent AG2 stores look like GCJ-02 labelled WGS-84", "data")
    ]


def test_two_agents_with_the_same_customers_are_worth_a_look_and_the_link_shows_that_pair():
    people = [person(key, 31.301, 120.601, "S1", 146.0) for key in range(1, 61)]
    orders = [
        order(2 * key + side, key, "2026-11-02", 1_000, store=store)
        for key in range(1, 61)
        for side, store in enumerate(("S1", "S3"))
    ]
    table = found(orders=orders, people=people).filter(kind="overlap")
    assert table["value"].to_list() == [1.0]
    assert table["sentence"].to_list() == ["of Agent AG1 and Agent AG2 demand overlaps"]
    assert table["detail"].to_list() == ["n = 60 and 60 buyers"]
    assert parse_qs(table["query"][0]) == {"layer": ["overlap"], "compare": ["agent"], "pair": ["AG1|AG2"]}


def openings(taken, *, query="", **more):
    """N opens beside S1 in December 2025; ``taken`` of S1's thirty buyers buy there instead, S3's are the control."""
    moved = {"store_id": "N", "agent_id": "AG2"}
    old = dt.date(2019, 1, 1)
    orders = []
    for who in range(30):
        went = moved if who < taken else {}
        orders += [
            order(10 * who, who, "2025-01-10", 1_000),
            order(10 * who + 1, who, "2026-01-10", 1_000, **went),
            order(10 * who + 2, 100 + who, "2025-01-10", 1_000, store="S3"),
            order(10 * who + 3, 100 + who, "2026-01-10", 1_000, store="S3"),
            order(10 * who + 4, 200 + who, "2026-01-11", 1_000, **moved),
        ]
    beside = {"store_id": "N", "agent_id": "AG2", "lat": 31.303, "lng": 120.603, "name": "New Shop"}
    places = [place("S1", opened_on=old), {**place("S1", opened_on=dt.date(2025, 12, 1)), **beside}]
    rows = marts(orders=orders, places=[*places, place("S3", opened_on=old)])
    snapshot = dataclasses.replace(SNAPSHOT, first_on=dt.date(2024, 11, 15))
    return ask("overview/findings", asked(query, rows=rows, snapshot=snapshot)).table.filter(kind="opening")


def test_a_new_store_that_surely_took_its_neighbours_sales_is_worth_a_look_and_the_link_shows_it():
    row = openings(20).row(0, named=True)
    assert row["value"] == pytest.approx(20 / 50)  # of its fifty orders
    assert row["sentence"] == "of New Shop's sales came from Shop S1"
    assert row["detail"].endswith("% · n = 20 who went over")
    assert (row["page"], parse_qs(row["query"])) == ("catchment", {"section": ["openings"], "opening": ["N|S1"]})


def test_one_that_took_little_or_lies_outside_the_filters_is_not():
    assert openings(1).is_empty()
    assert openings(20, query="store=S3").is_empty()
    assert openings(20, query="store=S1").height == 1
    assert openings(20, query="store=S99").is_empty()


def test_a_finding_keeps_the_filters_it_was_found_under():
    rows = marts(goods=GOODS, places=PLACES, orders=flat_orders(tall=7, times=3), people=PEOPLE)
    table = answer("overview/findings", "store=S1&from=2026-11-01&to=2026-11-14", rows=rows).table
    assert parse_qs(table["query"][0]) == {"store": ["S1"], "from": ["2026-11-01"], "to": ["2026-11-14"]}


def test_at_most_five_are_told():
    rows = marts(
        goods=GOODS,
        places=[place("S1", is_datum_suspect=True)],
        orders=flat_orders(tall=7, times=3, returned=("live",)),
        visits=shuffled_visits(evening=2.5),
    )
    table = answer("overview/findings", rows=rows).table
    assert table["kind"].to_list() == ["dwell", "day", "returns", "datum"]
    assert table.height <= 5
