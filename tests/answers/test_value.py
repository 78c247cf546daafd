"""What is expected of known buyers is shown where a year held out agrees, to whom they belong, and never of one-time buyers as alive."""

import datetime as dt

import numpy as np
import polars as pl
import pytest

from answers.registry import ask
from schema.errors import UsageError
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.tiny import asked, marts, order, person, place
from warehouse.frames import narrow

AGENT = Scope(role="agent", agent_id="AG1")
START = dt.date(2024, 11, 1)
PERIOD = "from=2026-10-01&to=2026-10-31"


def company(people=900, *, last_day=730, every_other="S3"):
    """Members of two agents who come and stop as the model says; the second year is like the first."""
    draw = np.random.default_rng(12)
    rows, key = [], 0
    for who in range(1, people + 1):
        store = "S1" if who % 2 else every_other
        rate, stop = draw.gamma(0.8, 1 / 12) / 7, draw.beta(0.9, 4)
        day = float(draw.integers(0, 500))
        while day < last_day:
            key += 1
            on = (START + dt.timedelta(int(day))).isoformat()
            rows.append(order(key, who, on, int(draw.integers(5_000, 40_000)), store=store, owner=store))
            day += draw.exponential(1 / rate)
            if day > last_day or draw.random() < stop:
                break
    found = [person(who, 31.3, 120.6, "S1" if who % 2 else every_other, 100.0) for who in range(1, people + 1)]
    return marts(orders=rows, people=found, places=[place("S1"), place("S2"), place("S3")])


@pytest.fixture(scope="module")
def rows():
    return company()


def told(rows, address, query=PERIOD, scope=LOCAL_OWNER, **options):
    return ask(address, asked(query, page="purchases", rows=rows, scope=scope), **options)


def test_one_row_tells_the_model_of_all_known_buyers(rows):
    (row,) = told(rows, "purchases/btyd").table.iter_rows(named=True)
    assert row["customers"] == 900
    assert 200 < row["repeaters"] < 600
    assert row["repeat_days"] > row["repeaters"]
    assert row["model"] == "BG/NBD"
    assert all(row[name] > 0 for name in ("r", "alpha", "a", "b", "p", "q", "v"))
    assert row["log_likelihood"] < 0


def test_the_last_year_is_held_out_and_decides(rows):
    answer = told(rows, "purchases/holdout")
    assert answer.table["week"].to_list() == list(range(4, 53, 4))
    assert answer.table["split_on"].unique().to_list() == [dt.date(2025, 11, 1)]
    last = answer.table.row(-1, named=True)
    assert last["error"] == pytest.approx(last["expected"] / last["actual"] - 1)
    assert abs(last["error"]) <= 0.2
    assert answer.notes[0].startswith("Held out: ")


def test_a_company_whose_buyers_all_leave_is_shown_nothing():
    gone = company(last_day=380)
    last = order(99_999, 1, "2026-10-31", 1_000)
    late = marts(orders=[*gone.orders.with_columns(pl.col(pl.Enum).cast(pl.String)).to_dicts(), last],
                 people=[person(who, 31.3, 120.6, "S1", 1.0) for who in range(1, 901)], places=[place("S1")])  # fmt: skip
    answer = told(late, "purchases/value")
    assert answer.is_empty
    assert "stationarity fails (seasonal goods)" in answer.notes[0]


def test_too_few_repeat_buyers_turn_it_off_and_say_so():
    answer = told(company(people=60), "purchases/value")
    assert answer.is_empty
    assert answer.notes[0].endswith("of the 200 repeat buyers that the purchase model needs.")


def test_groups_add_up_to_everybody_and_none_is_called_alive(rows):
    segments, stores = told(rows, "purchases/value"), told(rows, "purchases/value", by="store")
    assert segments.table["customers"].sum() == stores.table["customers"].sum() == 900
    assert segments.table["expected_buyers"].sum() == pytest.approx(stores.table["expected_buyers"].sum())
    assert stores.table["label"].to_list() in (["Shop S1", "Shop S3"], ["Shop S3", "Shop S1"])
    assert any("nobody is called alive" in note for note in segments.notes)
    assert stores.table.select((pl.col("buyers_low") < pl.col("expected_buyers")).all()).item()


def test_more_buy_in_twice_the_days_and_a_margin_takes_its_part(rows):
    short, long = (told(rows, "purchases/value", by="store", days=days).table for days in ("90", "180"))
    assert long["expected_buyers"].sum() > short["expected_buyers"].sum()
    part = told(rows, "purchases/value", by="store", margin="40")
    assert part.table["value_minor"].sum() == pytest.approx(0.4 * short["value_minor"].sum(), abs=2)
    assert not any("no margin" in note for note in part.notes)


@pytest.mark.parametrize("margin", ["0", "-1", "101", "much", "nan", "inf"])
def test_a_margin_is_a_percentage(rows, margin):
    with pytest.raises(UsageError, match="is no percentage above 0 and up to 100"):
        told(rows, "purchases/value", margin=margin)


def test_places_narrow_whose_value_is_told_and_never_what_is_fitted(rows):
    whole, part = told(rows, "purchases/btyd"), told(rows, "purchases/btyd", f"{PERIOD}&store=S1")
    assert part.table.equals(whole.table)
    stores = told(rows, "purchases/value", by="store").table.filter(pl.col("group") == "S1")
    assert told(rows, "purchases/value", f"{PERIOD}&store=S1", by="store").table.equals(stores)


def test_an_agent_is_told_of_own_customers_alone(rows):
    mine = narrow(rows, AGENT)
    assert told(mine, "purchases/btyd", scope=AGENT).table["customers"].to_list() == [450]
    assert told(mine, "purchases/value", scope=AGENT, by="store").table["group"].to_list() == ["S1"]
    assert told(mine, "purchases/value", scope=AGENT, by="agent").table["group"].to_list() == ["AG1"]


def test_customers_who_only_bought_at_an_agents_store_are_not_told_of():
    guests = marts(
        orders=[order(1, 1, "2026-01-01", 100), order(2, 2, "2026-01-01", 100, store="S1", owner="S3")],
        people=[person(1, 31.3, 120.6, "S1", 1.0), person(2, 31.5, 120.2, "S3", 1.0)],
        places=[place("S1"), place("S3")],
    )  # fmt: skip
    mine = narrow(guests, AGENT)
    assert mine.orders.height == 2
    assert told(mine, "purchases/btyd", scope=AGENT).n == 1


def test_groups_of_fewer_than_ten_are_left_out(rows):
    few = company(people=909, every_other="S3")
    moved = few.people.with_columns(
        pl.when(pl.col("customer_key") > 903).then(pl.lit("S2")).otherwise(pl.col("owner_store_id").cast(pl.String)).alias("owner_store_id")
    )  # fmt: skip
    kept = marts(
        orders=few.orders.with_columns(pl.col(pl.Enum).cast(pl.String)).to_dicts(),
        people=moved.with_columns(pl.col(pl.Enum).cast(pl.String)).to_dicts(),
        places=[place("S1"), place("S2"), place("S3")],
    )
    assert sorted(told(kept, "purchases/value", by="store").table["group"]) == ["S1", "S3"]
