"""What behaviour rows become."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl

from loaders.load import Loaded, build
from loaders.table import RawTable
from loaders.work import Defaults
from schema.mapping import Mapping


def events(text: str, **fields: object) -> Loaded:
    """Load events from a typed table with canonical names."""
    lines = [line.strip().split(",") for line in text.strip().splitlines()]
    names, rows = lines[0], lines[1:]
    columns = {name: [row[n] or None for row in rows] for n, name in enumerate(names)}
    raw = RawTable("log.csv", pl.DataFrame(columns, schema=dict.fromkeys(names, pl.String)))
    mapping = Mapping("events", columns={name: name for name in names}, **fields)  # type: ignore[arg-type]
    return build(raw, mapping, Defaults("Asia/Shanghai", "CNY"))


def test_an_event_has_its_time_local_day_and_type() -> None:
    loaded = events("anon_id,occurred_at,type,product_id\nv1,2026-11-15 20:00:00,product_view,P1")
    row = loaded.tables["events"].row(0, named=True)
    assert row["occurred_at"] == datetime(2026, 11, 15, 12, tzinfo=UTC)
    assert (str(row["local_on"]), row["hour_of_week"], row["type"], row["channel"]) == (
        "2026-11-15",
        164,
        "view",
        "web",
    )


def test_numbers_of_public_logs_mean_look_favourite_cart_and_buy() -> None:
    loaded = events("customer_id,occurred_at,type\n" + "\n".join(f"7,2026-01-01 10:0{n}:00,{n}" for n in (1, 2, 3, 4)))
    assert loaded.tables["events"]["type"].to_list() == ["view", "activity", "cart", "activity"]


def test_unknown_kinds_of_events_are_activity_and_named() -> None:
    loaded = events("anon_id,occurred_at,type\nv1,2026-01-01 10:00:01,wobble\nv1,2026-01-01 10:00:02,heartbeat")
    assert loaded.tables["events"]["type"].to_list() == ["activity", "ping"]
    assert "1 events of other kinds (wobble) count as activity." in loaded.notes


def test_dwell_in_seconds_and_minutes_becomes_milliseconds() -> None:
    assert events("anon_id,occurred_at,fg_s\nv,2026-01-01 10:00:01,12.5").tables["events"]["fg_ms"].to_list() == [12500]
    assert events("anon_id,occurred_at,fg_min\nv,2026-01-01 10:00:01,2").tables["events"]["fg_ms"].to_list() == [120000]


def test_the_same_event_twice_is_a_duplicate_and_a_changed_one_is_set_aside() -> None:
    loaded = events("""event_id,anon_id,occurred_at,product_id
        1,v,2026-01-01 10:00:01,P1
        1,v,2026-01-01 10:00:01,P1
        2,v,2026-01-01 10:00:01,P1
        2,v,2026-01-01 10:00:01,P2""")
    assert (loaded.duplicate, loaded.codes) == (1, {"E03": 2})


def test_identical_rows_without_ids_are_separate_events() -> None:
    loaded = events("anon_id,occurred_at,product_id\nv,2026-01-01 10:00:01,P1\nv,2026-01-01 10:00:01,P1")
    assert loaded.tables["events"]["event_id"].n_unique() == 2


def test_an_event_of_nobody_is_set_aside() -> None:
    loaded = events("anon_id,occurred_at\n,2026-01-01 10:00:01")
    assert loaded.quarantine["message"].to_list() == ["anon_id is empty: nobody did it."]


def test_a_date_and_an_hour_column_make_one_time() -> None:
    loaded = events("anon_id,occurred_at,time_of_day\nv,2026-01-01,20")
    assert loaded.tables["events"]["occurred_at"].to_list() == [datetime(2026, 1, 1, 12, tzinfo=UTC)]
    assert loaded.notes[0].startswith("Times are whole hours")


def test_products_that_events_describe_are_learnt() -> None:
    loaded = events(
        "anon_id,occurred_at,product_id,category\nv,2026-01-01 10:00:01,P1,coats\nv,2026-01-01 10:00:02,P1,"
    )
    assert loaded.tables["products"].select("product_id", "category", "_row").rows() == [("P1", "coats", None)]
