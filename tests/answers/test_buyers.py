"""What is told from order-days is what the orders themselves tell, whoever asks and whatever the filters and days."""

import dataclasses
import datetime as dt

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from answers import buyers, narrow
from answers.periods import before
from answers.registry import ask
from metrics.cohorts import cohort_retention, gini, lorenz, top_share
from metrics.overview import online_share
from metrics.purchases import orders_per_customer, purchase_gaps, purchase_summary
from metrics.rfm import is_sufficient, rfm, rfm_cells, rfm_movement
from metrics.survival import time_to_second_order
from schema.scope import LOCAL_OWNER, Scope
from tests.answers.tiny import COMPANY, NOTHING, asked, line, order, table
from warehouse.frames import narrow as narrowed

AGENT = Scope("agent", agent_id="AG2")
STAFF = 4
LAST = dt.date(2026, 11, 14)
FILTERS = (
    "", "channel=app", "channel=pos&channel=app", "category=Coats", "category=Unmapped", "product=P2", "store=S1",
    "city=Suzhou&category=Coats", "segment=new", "segment=loyal&segment=lapsed", "model=B2C", "currency=USD",
    "from=2026-10-22&to=2026-11-02", "from=2026-11-14&to=2026-11-14", "from=2025-01-01&to=2025-06-30",
    "from=2026-09-30&to=2026-11-20&channel=pos", "as_of=2026-11-01&segment=lapsed", "agent=AG1",
)  # fmt: skip


@st.composite
def trade(draw):
    """Orders of a few members and strangers on a few days, some by staff, refunded, or of nothing paid."""
    keys = draw(st.integers(0, 40))
    days = [0, 1, 2, 14, 30, 31, 89, 90, 91, 200, 364, 365, 366, 500]
    rows, lines = [], []
    for key in range(keys):
        who = draw(st.sampled_from([None, 1, 2, 3, STAFF, 5]))
        net = draw(st.sampled_from([0, 1, 50_000, 149_999, 600_000]))
        on = LAST - dt.timedelta(days=draw(st.sampled_from(days)))
        bought = order(
            key, who, on.isoformat(), net, store=draw(st.sampled_from(["S1", "S2", "S3", None])),
            owner=draw(st.sampled_from(["S1", "S3"])), back=draw(st.sampled_from([0, 0, net, net // 2])),
            channel=draw(st.sampled_from(["app", "pos"])), currency=draw(st.sampled_from(["CNY", "CNY", "USD"])),
            is_staff=who == STAFF,
        )  # fmt: skip
        rows.append(bought)
        lines += [line(bought, draw(st.sampled_from(["P1", "P2", "P3"])), net - net // 3, back=0)]
        lines += [line(bought, draw(st.sampled_from(["P1", "P2", "P3"])), net // 3)]
    return rows, lines


def loose(who, days_ago, amount):
    """A return that names no order."""
    return {
        "customer_key": who, "local_on": LAST - dt.timedelta(days=days_ago), "channel": "pos", "currency": "CNY",
        "goods_minor": amount, "shipping_minor": 0, "owner_store_id": "S1", "store_id": "S1",
    }  # fmt: skip


RETURNS = [loose(1, 3, 70), loose(None, 20, 900), loose(2, 400, 5)]


def of(given_rows, scope, returns):
    """A company of these orders, as the scope may see it."""
    rows, lines = given_rows
    made = {"orders": rows, "lines": lines, "refunds": RETURNS if returns else []}
    return narrowed(dataclasses.replace(COMPANY, **{name: table(name, of) for name, of in made.items()}), scope)


def told(rows, whole):
    """What a result over these orders says beside its table."""
    known = rows["customer_key"].count()
    return rows["customer_key"].drop_nulls().n_unique(), known / rows.height if rows.height else None, whole


def history(question):
    """All matching orders until the end of the period."""
    return narrow.matching(question, question.marts.orders.filter(pl.col("local_on") <= question.to_on))


def followed(question):
    """Orders of those whose first kept order lies in the period."""
    rows = history(question)
    first = rows.filter("is_kept").group_by("customer_key").agg(pl.col("local_on").min().alias("first"))
    return rows.join(first.filter(pl.col("first") >= question.from_on), on="customer_key", how="semi")


def second(question, by):
    """The curve of new buyers, and the orders it is made of."""
    rows = followed(question)
    if by == "category":
        dearest = question.marts.lines.sort("net_minor", "product_id", descending=[True, False], nulls_last=True)
        first = dearest.group_by("order_key", maintain_order=True).first()
        rows = rows.join(first.select("order_key", "category"), on="order_key", how="left")
    rows = rows.with_columns(pl.col(pl.Enum).cast(pl.String)) if by else rows
    end = question.to_on + dt.timedelta(days=1)
    return time_to_second_order(rows, as_of=end, by=by or None), rows


def scored(question, preset="fixed"):
    """RFM from the orders, and the orders."""
    rows = history(question).drop_nulls("customer_key")
    return rfm(rows, as_of=question.to_on + dt.timedelta(days=1), preset=preset), rows


def plain(question):
    """Address and options → the table from the orders, and what is said of it."""
    rows, past = narrow.orders(question), history(question)
    found = {
        ("purchases/summary", members): told(
            rows, purchase_summary(rows, narrow.refunds(question), members=members)
        )
        for members in ("all", "known")
    }  # fmt: skip
    share = top_share(rows)
    concentration = pl.DataFrame({"top_fifth_share": [share], "gini": [gini(rows)]})
    end = question.to_on + dt.timedelta(days=1)
    cohorts = cohort_retention(past, as_of=end).filter(pl.col("cohort") >= question.from_on.replace(day=1))
    found |= {
        ("purchases/frequency", None): told(rows, orders_per_customer(rows)),
        ("purchases/gaps", None): told(rows, purchase_gaps(rows)),
        ("purchases/lorenz", None): told(rows, lorenz(rows)),
        ("purchases/concentration", None): told(rows, concentration if share is not None else concentration.clear()),
        ("purchases/cohorts", None): told(past.filter(pl.col("local_on") >= question.from_on), cohorts),
    }
    for by in ("", "channel", "city", "category"):
        curve, rows = second(question, by)
        found["purchases/second", by] = told(rows, curve)
    for preset in ("fixed", "quintiles"):
        each, rows = scored(question, preset)
        _, coverage, cells = told(rows, rfm_cells(each))
        found["purchases/rfm", preset] = (each.height, coverage, cells)
    now, rows = scored(question)
    found["purchases/movement", None] = told(rows, rfm_movement(scored(before(question))[0], now))
    return found


OPTION = {"purchases/summary": "members", "purchases/second": "by", "purchases/rfm": "preset"}


@pytest.mark.parametrize("scope", [LOCAL_OWNER, AGENT], ids=["owner", "agent"])
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=trade(), returns=st.booleans(), query=st.sampled_from(FILTERS))
def test_order_days_tell_what_the_orders_tell(scope, rows, returns, query):
    question = asked(query, page="purchases", rows=of(rows, scope, returns), scope=scope)
    for (address, option), (n, coverage, expected) in plain(question).items():
        found = ask(address, question, **({OPTION[address]: option} if option is not None else {}))
        assert (found.n, found.coverage) == (n, coverage), (address, option)
        assert_frame_equal(found.table, expected, check_exact=True, check_column_order=False)
    flags = [note for note in ask("purchases/rfm", question).notes if note.startswith("Fewer")]
    assert bool(flags) != is_sufficient(history(question))


@settings(max_examples=40, deadline=None)
@given(rows=trade(), query=st.sampled_from(FILTERS))
def test_days_of_money_add_up_to_the_orders_money(rows, query):
    question = asked(query, page="purchases", rows=of(rows, LOCAL_OWNER, returns=False))
    orders = narrow.orders(question)
    sums = buyers.money(question).between(question.from_on, question.to_on)
    assert (sums["orders"], sums["net"]) == (orders.height, orders["net_minor"].sum())
    assert (sums["net_online"] / sums["net"] if sums["net"] else None) == online_share(orders)


@settings(max_examples=40, deadline=None)
@given(rows=trade(), query=st.sampled_from(FILTERS))
def test_segments_are_those_of_all_orders_before_the_day_without_staff(rows, query):
    question = asked(query, rows=of(rows, LOCAL_OWNER, returns=False))
    orders = question.marts.orders.filter(pl.col("currency") == question.currency)
    expected = rfm(orders, as_of=question.as_of).select("customer_key", "segment")
    assert_frame_equal(narrow.scored(question), expected)
    assert STAFF not in expected["customer_key"]


def test_an_agents_order_days_hold_only_what_the_agent_may_see():
    rows = [order(1, 1, "2026-11-02", 900, store="S1"), order(2, 2, "2026-11-02", 500, store="S3", owner="S3")]
    everybody, theirs = (
        asked(rows=of((rows, []), scope, returns=False), scope=scope) for scope in (LOCAL_OWNER, AGENT)
    )
    assert buyers.people(everybody).keys.tolist() == [1, 2]
    assert buyers.people(theirs).keys.tolist() == [2]
    assert buyers.money(theirs).between(theirs.from_on, theirs.to_on)["gross"] == 500


def test_order_days_without_a_filter_are_made_once_for_all_questions():
    first, second_ = asked(), asked("from=2026-10-01&to=2026-11-02")
    assert buyers.people(first) is buyers.people(second_)
    assert buyers.money(first) is buyers.money(second_)
    assert buyers.people(asked("store=S1")) is not buyers.people(asked("store=S1"))


def test_without_orders_nothing_is_told():
    question = asked(rows=NOTHING)
    for address in ("summary", "frequency", "gaps", "lorenz", "concentration", "cohorts", "rfm", "second", "movement"):
        found = ask(f"purchases/{address}", question)
        assert (found.is_empty, found.n, found.coverage) == (True, 0, None)
