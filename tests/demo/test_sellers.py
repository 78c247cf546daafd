"""Channels and models add up to the whole, and a guide is told to those who may see the guide's store."""

import datetime as dt

import polars as pl
import pytest

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from metrics.conversion import conversion
from schema.coding import spelled
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER, Scope
from warehouse import api as warehouse

all_addresses()
AGENT = Scope(role="agent", agent_id="AG-06")
PRESENTER = Scope(role="presenter")


@pytest.fixture(scope="module")
def rows(snapshot):
    return {scope: warehouse.load_marts(snapshot, scope) for scope in (LOCAL_OWNER, AGENT, PRESENTER)}


def told(snapshot, rows, address, scope=LOCAL_OWNER, query="", page="purchases", **options):
    return ask(address, context(parse_filters(query), scope, snapshot, rows[scope], page=page), **options)


def test_channels_and_models_add_up_to_the_summary(snapshot, rows):
    whole = told(snapshot, rows, "purchases/summary").table.row(0, named=True)
    for by in ("model", "channel"):
        table = told(snapshot, rows, "purchases/models", by=by).table
        assert (table["orders"].sum(), table["net_minor"].sum()) == (whole["orders"], whole["net_minor"])
    channels = told(snapshot, rows, "purchases/models", by="channel").table
    back = dict(channels.select("name", "return_rate").iter_rows())
    assert back["live"] > 0.4
    assert back["pos"] < 0.1
    assert channels.filter(name="pos")["views"][0] == 0


def test_models_are_measured_as_a_plain_reading_of_the_rows_says(snapshot, rows):
    asked = context(parse_filters(""), LOCAL_OWNER, snapshot, rows[LOCAL_OWNER], page="purchases")
    seen, lines = (spelled(getattr(rows[LOCAL_OWNER], name)) for name in ("visits", "lines"))
    seen = seen.filter(pl.col("local_on").is_between(asked.from_on, asked.to_on))
    for row in told(snapshot, rows, "purchases/models").table.iter_rows(named=True):
        bought = lines.filter(pl.col("model") == row["name"], pl.col("local_on") >= asked.from_on)
        found = conversion(seen, bought, as_of=asked.as_of).row(0, named=True)
        assert (row["viewers"], row["converted"]) == (found["mature_viewers"], found["buyers"])
        kept = bought.filter(pl.col("net_minor") > pl.col("refunded_minor"), ~pl.col("is_staff"))
        pairs = seen.join(kept.select("customer_key", "product_id", "paid_at"), on=["customer_key", "product_id"])
        wait = pl.col("paid_at") - pl.col("at")
        led = pairs.filter(wait >= dt.timedelta(0), wait < dt.timedelta(days=14)).unique(
            ["customer_key", "at", "product_id"]
        )
        assert row["views"] == pytest.approx(led.height, rel=0.01)
        assert row["views"] > 1_000


def test_guides_are_counted_from_the_stored_orders(snapshot, rows):
    table = told(snapshot, rows, "sharing/guides", page="sharing").table
    assert table.height == 150
    assert table["store_id"].null_count() == 0
    asked = context(parse_filters(""), LOCAL_OWNER, snapshot, rows[LOCAL_OWNER], page="sharing")
    valid = pl.col("paid_at").is_not_null() & (pl.col("status") != "cancelled") & ~pl.col("is_test")
    stored = snapshot.scan("orders").filter(valid, pl.col("local_on").is_between(asked.from_on, asked.to_on)).collect()
    counted = dict(stored.drop_nulls("guide_id").group_by("guide_id").len().iter_rows())
    assert dict(table.select("guide_id", "orders").iter_rows()) == counted
    rush = table.filter(guide_id="G-117").row(0, named=True)
    assert rush["bound"] >= 43
    assert (table["bound"].sum(), table["views"].sum()) > (1_000, 1_000)


def test_an_agent_sees_the_guides_of_their_own_stores(snapshot, rows):
    mine = told(snapshot, rows, "sharing/guides", AGENT, page="sharing").table
    own = set(rows[AGENT].places["store_id"])
    assert 0 < mine.height < 20
    assert set(mine["store_id"]) <= own
    whole = told(snapshot, rows, "sharing/guides", page="sharing").table.filter(pl.col("store_id").is_in(list(own)))
    both = mine.join(whole, on="guide_id", suffix="_whole")
    assert both.height == mine.height
    assert (both["orders"] <= both["orders_whole"]).all()
    chosen = told(snapshot, rows, "sharing/guides", query="agent=AG-06", page="sharing").table
    assert set(chosen["store_id"]) <= own
    ways = told(snapshot, rows, "purchases/models", AGENT, by="channel").table
    assert ways["bound"].sum() <= rows[AGENT].people.filter(pl.col("owner_agent_id").cast(pl.String) == "AG-06").height


def test_a_presenter_reads_ways_of_selling_and_no_guide(snapshot, rows):
    assert told(snapshot, rows, "purchases/models", PRESENTER).table.height >= 2
    assert told(snapshot, rows, "sharing/guides", PRESENTER, page="sharing").is_empty
