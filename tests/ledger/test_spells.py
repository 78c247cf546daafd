import datetime as dt

import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.spells import spells
from ledger.store import BINDING_LOG
from tests.ledger.rows import assertion, at

START = at("2026-01-01 00:00:00")
LOGS = st.lists(st.tuples(st.integers(1, 3), st.integers(0, 6), st.sampled_from(["S1", "S2", None])), max_size=12)


def log_of(rows):
    told = [
        assertion(customer, "2026-01-01 00:00:00", store)
        | {"valid_from": START + dt.timedelta(days=day), "seq": seq, "recorded_at": START + dt.timedelta(hours=seq)}
        for seq, (customer, day, store) in enumerate(rows, 1)
    ]
    return pl.DataFrame(told, schema=BINDING_LOG)


def owner_by_definition(rows, customer, day, known):
    """The store of the largest seq among those known and begun; "nobody yet" before the first."""
    held = [store for one, begun, store in rows[:known] if one == customer and begun <= day]
    return held[-1] if held else "nobody yet"


@settings(deadline=None)
@given(LOGS, st.integers(0, 12))
def test_every_instant_has_the_owner_of_the_latest_assertion_as_known_then(rows, known):
    found = spells(log_of(rows), known_at=START + dt.timedelta(hours=known))
    for customer in (1, 2, 3):
        for day in range(-1, 8):
            when = START + dt.timedelta(days=day)
            ends = pl.col("valid_to").is_null() | (pl.col("valid_to") > when)
            held = found.filter(pl.col("customer_key") == customer, pl.col("valid_from") <= when, ends)
            wanted = owner_by_definition(rows, customer, day, known)
            assert held["store_id"].to_list() == ([] if wanted == "nobody yet" else [wanted])


@given(LOGS)
def test_a_customers_spells_touch_and_none_is_empty(rows):
    found = spells(log_of(rows))
    assert found.filter(pl.col("valid_to") <= pl.col("valid_from")).is_empty()
    for _, of_one in found.group_by("customer_key"):
        assert of_one["valid_to"].to_list() == [*of_one["valid_from"].to_list()[1:], None]
        assert of_one["end_reason"].is_null().to_list() == [False] * (of_one.height - 1) + [True]
