"""What deserves a second look is found, and what does not is left alone."""

import datetime as dt

from metrics.bound_anomalies import contested_stores, guide_rushes, own_purchases
from tests.answers.tiny import entry, order, spell, table

START = dt.datetime(2026, 8, 22, 7, 20, tzinfo=dt.UTC)


def brought(count, *, apart_s=10, guide="G-117", store="S1", first=0, at=START, **more):
    return [
        spell(first + n, first + n, store, "2026-08-22", guide_id=guide,
              valid_from=at + dt.timedelta(seconds=apart_s * n), **more)
        for n in range(count)
    ]  # fmt: skip


def rushes(*groups):
    return guide_rushes(table("bindings", [row for rows in groups for row in rows]))


def test_forty_three_people_in_ten_minutes_are_one_rush():
    found = rushes(brought(43, apart_s=14)).row(0, named=True)
    assert (found["guide_id"], found["n"], found["at"], found["store_id"]) == ("G-117", 43, START, "S1")
    assert found["until"] - found["at"] == dt.timedelta(seconds=588)


def test_twenty_people_are_not_and_twenty_one_are():
    assert rushes(brought(20)).is_empty()
    assert rushes(brought(21)).height == 1


def test_ten_minutes_are_the_window_and_a_moment_more_is_not():
    assert rushes(brought(21, apart_s=30)).height == 1
    assert rushes(brought(21, apart_s=30.001)).is_empty()


def test_two_guides_or_two_places_are_not_added():
    assert rushes(brought(15), brought(15, guide="G-2", first=100)).is_empty()
    assert rushes(brought(15), brought(15, store="S2", first=100)).is_empty()


def test_without_a_place_the_store_tells_where():
    assert rushes(brought(30, cell=None)).height == 1
    assert rushes(brought(15, cell=None), brought(15, cell=None, store="S2", first=100)).is_empty()


def test_two_rushes_of_one_day_are_two():
    later = START + dt.timedelta(hours=3)
    found = rushes(brought(25), brought(30, first=100, at=later))
    assert found.select("n", "at").rows() == [(30, later), (25, START)]


def test_a_closed_store_that_hands_over_many_at_once_is_no_rush():
    assert rushes(brought(60, apart_s=0, cause="store_closed")).is_empty()
    assert rushes(brought(60, apart_s=0, guide=None)).is_empty()


def held(bound, contested, store="S1", first=0):
    return [
        spell(first + n, first + n, store, "2026-01-10", status="contested" if n < contested else "exact")
        for n in range(bound)
    ]


def test_a_store_is_contested_above_thirty_percent_of_thirty():
    found = contested_stores(
        table(
            "bindings",
            [*held(30, 10), *held(30, 9, "S2", 100), *held(29, 29, "S3", 200), spell(999, 999, None, "2026-01-10")],
        )
    )
    assert found.rows() == [("S1", "AG1", 30, 10, 0, 10 / 30)]


def test_staff_who_buy_for_themselves_show_where_it_brought_a_share():
    mine = order(1, 1, "2026-11-02", 5_000, store=None, channel="app", is_staff=True)
    other = order(2, 2, "2026-11-02", 5_000, store=None, channel="app")
    orders = table("orders", [mine, other, order(3, 1, "2026-11-03", 100, is_staff=True)])
    shares = table(
        "shares",
        [
            entry(1, "accrual", "S1", 300, "2026-11-02", of=mine, pool=300),
            entry(2, "accrual", "S1", 300, "2026-11-02", of=other, pool=300),
        ],
    )
    found = own_purchases(orders, shares)
    assert found.rows() == [("S1", "AG1", mine["paid_at"], 1, 300, 1)]
    assert own_purchases(orders.clear(), shares).is_empty()
