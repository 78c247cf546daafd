"""Events before sign-in: worked by hand, and against a plain loop that follows the rule word by word."""

import datetime as dt
import random

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.sign_ins import joined_to_sign_ins, sign_ins_of
from schema.errors import ContractError

KINDS = {"anon_id": pl.String, "customer_key": pl.Int64, "occurred_at": pl.Datetime("us", "UTC"), "local_on": pl.Date}


def looks(*rows):
    """Events of (device, local time "01 09:00" of March 2026, customer): the local clock is the one of London in winter."""
    at = [dt.datetime.strptime(f"2026-03-{when}", "%Y-%m-%d %H:%M").replace(tzinfo=dt.UTC) for _, when, _ in rows]
    return pl.DataFrame(
        {"anon_id": [r[0] for r in rows], "customer_key": [r[2] for r in rows], "occurred_at": at,
         "local_on": [moment.date() for moment in at]},
        schema=KINDS,
    )  # fmt: skip


def whose(*rows):
    return joined_to_sign_ins(looks(*rows))["customer_key"].to_list()


def test_a_visit_that_ends_signed_in_is_the_members_from_its_first_look():
    assert (
        whose(("d", "01 20:00", None), ("d", "01 20:10", None), ("d", "01 20:15", 7), ("d", "01 20:20", 7)) == [7] * 4
    )


def test_an_earlier_visit_of_the_same_day_joins_and_one_of_the_day_before_does_not():
    found = whose(("d", "01 22:00", None), ("d", "02 08:00", None), ("d", "02 19:00", 7))
    assert found == [None, 7, 7]


def test_what_follows_a_sign_out_stays_the_devices_until_the_same_member_signs_in_again():
    morning = [("d", "01 09:00", 7), ("d", "01 09:05", None)]
    assert whose(*morning) == [7, None]
    assert whose(*morning, ("d", "01 18:00", 7), ("d", "01 18:05", None)) == [7, 7, 7, None]


def test_of_a_shared_device_only_what_leads_straight_to_a_sign_in_joins():
    found = whose(
        ("d", "01 08:00", None),  # nobody can know: two are named on this device today
        ("d", "01 10:00", None), ("d", "01 10:05", 1), ("d", "01 10:10", None),
        ("d", "01 15:00", None), ("d", "01 15:05", 2), ("d", "01 15:10", None),
    )  # fmt: skip
    assert found == [None, 1, 1, None, 2, 2, None]


def test_between_two_who_are_named_in_one_visit_nobody_can_know():
    found = whose(("d", "01 10:00", None), ("d", "01 10:05", 1), ("d", "01 10:10", None), ("d", "01 10:15", 2))
    assert found == [1, 1, None, 2]


def test_two_who_are_named_at_one_instant_get_nothing():
    assert whose(("d", "01 10:00", None), ("d", "01 10:05", 1), ("d", "01 10:05", 2)) == [None, 1, 2]


def test_two_customers_on_two_days_get_each_their_own_day():
    found = whose(("d", "01 10:00", None), ("d", "01 12:00", 1), ("d", "02 10:00", None), ("d", "02 12:00", 2))
    assert found == [1, 1, 2, 2]


def test_midnight_splits_no_visit_and_the_day_is_the_one_it_began_on():
    assert whose(("d", "01 23:50", None), ("d", "02 00:10", 7)) == [7, 7]
    # the visit over midnight is of the 1st, so a sign-in on the evening of the 2nd says nothing of it
    assert whose(("d", "01 23:50", None), ("d", "02 00:10", None), ("d", "02 20:00", 7)) == [None, None, 7]


def test_a_silence_of_exactly_half_an_hour_is_the_same_visit():
    one = whose(("d", "01 10:00", None), ("d", "01 10:30", 1), ("d", "01 12:00", 2))
    more = whose(("d", "01 09:59", None), ("d", "01 10:30", 1), ("d", "01 12:00", 2))
    assert (one, more) == ([1, 1, 2], [None, 1, 2])


def test_other_devices_and_events_without_a_device_are_left_alone():
    found = whose(("d", "01 10:00", 7), ("e", "01 09:00", None), (None, "01 09:30", None), (None, "01 09:40", 7))
    assert found == [7, None, None, 7]


def test_a_joined_event_says_so_and_all_else_is_as_it_was():
    rows = looks(("d", "01 20:00", None), ("d", "01 20:15", 7), ("e", "01 20:00", None))
    found = joined_to_sign_ins(rows)
    assert found["before_sign_in"].to_list() == [True, False, False]
    assert found.drop("customer_key", "before_sign_in").equals(rows.drop("customer_key"))


def test_no_events_give_an_empty_table_and_a_missing_column_is_named():
    assert joined_to_sign_ins(looks()).schema == {**KINDS, "before_sign_in": pl.Boolean}
    with pytest.raises(ContractError, match="the column anon_id is missing"):
        joined_to_sign_ins(looks().drop("anon_id"))


@st.composite
def companies(draw):
    """Events of a few devices in days full of sign-ins, around every limit."""
    steps = st.sampled_from([0, 1, 10, 30, 31, 200, 700, 1500])
    rows = []
    for device in draw(st.lists(st.sampled_from(["d", "e", "f"]), max_size=3, unique=True)):
        minute = draw(st.integers(0, 1440))
        for who, step in draw(st.lists(st.tuples(st.sampled_from([None, None, None, 1, 1, 2]), steps), max_size=14)):
            minute += step
            rows.append((device, f"{1 + minute // 1440:02d} {minute // 60 % 24:02d}:{minute % 60:02d}", who))
    return looks(*rows)


def by_hand(rows):
    """The rule as a loop over events, for one answer an event."""
    found = [row["customer_key"] for row in rows]
    for device in {row["anon_id"] for row in rows}:
        mine = sorted(
            (n for n, row in enumerate(rows) if row["anon_id"] == device), key=lambda n: rows[n]["occurred_at"]
        )
        visits = []
        for n in mine:
            if visits and rows[n]["occurred_at"] - rows[visits[-1][-1]]["occurred_at"] <= dt.timedelta(minutes=30):
                visits[-1].append(n)
            else:
                visits.append([n])
        day = {n: min(rows[m]["local_on"] for m in visit) for visit in visits for n in visit}
        for visit in visits:
            for n in (n for n in visit if rows[n]["customer_key"] is None):
                today = [m for m in mine if day[m] == day[n] and rows[m]["customer_key"] is not None]
                found[n] = _one(rows, n, [m for m in visit if m in today], today)
    return found


def _one(rows, n, here, today):
    who = {rows[m]["customer_key"] for m in here}
    at = rows[n]["occurred_at"]
    if len(who) == 1 and at <= max(rows[m]["occurred_at"] for m in here):
        return who.pop()
    if len(who) > 1:
        first = min(rows[m]["occurred_at"] for m in here)
        leads = {rows[m]["customer_key"] for m in here if rows[m]["occurred_at"] == first}
        return leads.pop() if at <= first and len(leads) == 1 else None
    everybody = {rows[m]["customer_key"] for m in today}
    if len(everybody) == 1 and at <= max(rows[m]["occurred_at"] for m in today):
        return everybody.pop()
    return None


@settings(deadline=None)
@given(companies())
def test_it_is_what_a_loop_over_events_finds(rows):
    assert joined_to_sign_ins(rows)["customer_key"].to_list() == by_hand(rows.to_dicts())


@settings(deadline=None)
@given(companies(), st.integers(0, 2**32))
def test_the_order_of_the_rows_changes_nothing(rows, seed):
    order = list(range(rows.height))
    random.Random(seed).shuffle(order)  # noqa: S311  (repeatable, not secret)
    mixed = joined_to_sign_ins(rows[order])["customer_key"].to_list()
    assert mixed == joined_to_sign_ins(rows)["customer_key"].gather(order).to_list()


@settings(deadline=None)
@given(companies())
def test_nobody_is_given_what_somebody_else_did_and_nothing_named_changes(rows):
    found = joined_to_sign_ins(rows)
    was = rows["customer_key"]
    assert found["customer_key"].filter(was.is_not_null()).equals(was.drop_nulls())
    assert found.filter(pl.col("before_sign_in")).height == sign_ins_of(rows).height
    assert found["before_sign_in"].equals((was.is_null() & found["customer_key"].is_not_null()).alias("before_sign_in"))
    named = set(rows.drop_nulls(["anon_id", "customer_key"]).select("anon_id", "customer_key").iter_rows())
    assert set(found.filter("before_sign_in").select("anon_id", "customer_key").iter_rows()) <= named


@settings(deadline=None)
@given(companies())
def test_without_the_sign_ins_every_event_is_the_devices_again(rows):
    left = rows.filter(pl.col("customer_key").is_null())
    assert joined_to_sign_ins(left)["customer_key"].null_count() == left.height
