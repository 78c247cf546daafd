"""What is planted in the demo's ledger is found in the books as readers get them."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from demo.books import LAST_SETTLED, NOW
from demo.stuck_job import arrivals, stuck_from
from ledger import api as ledger
from metrics.bound_anomalies import guide_rushes
from records import database
from schema.scope import LOCAL_OWNER, Scope
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schema.marts import Marts

Truth = dict[str, Any]
PROMOTION = dt.date(2026, 6, 18)


def registered(marts: Marts) -> pl.DataFrame:
    local = pl.col("registered_at").dt.convert_time_zone("Asia/Shanghai").dt.date()
    waited = (pl.col("bound_at") - pl.col("registered_at")).dt.total_milliseconds() / 1_000
    return marts.bindings.filter(cause="registered").with_columns(on=local, waited_s=waited)


def test_p6_312_bindings_of_the_promotion_came_late(marts: Marts, truth: Truth) -> None:
    day = registered(marts).filter(pl.col("on") == PROMOTION, pl.col("store_id").is_not_null())
    assert truth["P6"]["planted"]["late"] == 312
    assert day.filter(pl.col("waited_s") > 60).height == 312
    p95 = day["waited_s"].quantile(0.95)
    assert p95 is not None
    assert 2 * 3_600 < p95 < 3 * 3_600


def test_on_other_days_binding_takes_seconds(marts: Marts) -> None:
    other = registered(marts).filter(pl.col("on") != PROMOTION)
    assert other["waited_s"].median() == pytest.approx(15, abs=1)
    assert (other["waited_s"] > 60).mean() == pytest.approx(0.04, abs=0.01)


def test_p12_one_guide_bound_43_people_within_ten_minutes(marts: Marts, truth: Truth) -> None:
    rush = registered(marts).filter(pl.col("on") == dt.date(2026, 8, 22), guide_id="G-117")
    assert rush.height == truth["P12"]["planted"]["registrations"] == 43
    assert rush["store_id"].unique().to_list() == ["S-057"]
    taken = rush["registered_at"].max() - rush["registered_at"].min()  # type: ignore[operator]
    assert taken <= dt.timedelta(minutes=10)


def test_everybody_who_registered_has_one_owner_from_then_on(marts: Marts) -> None:
    spells = marts.bindings.sort("customer_key", "valid_from")
    first = spells.group_by("customer_key", maintain_order=True).first()
    assert (first["valid_from"] == first["registered_at"]).all()
    following = pl.col("valid_from").shift(-1).over("customer_key")
    assert spells.filter(pl.col("valid_to").ne_missing(following)).is_empty()
    members = marts.people.filter("is_described", pl.col("registered_at").is_not_null())
    assert members.height == first.height


def test_every_statement_adds_up_and_goes_on_where_the_last_one_ended(marts: Marts) -> None:
    rows = marts.statements.sort("receiver_kind", "receiver_id", "currency", "month")
    parts = ("opening_minor", "accrued_minor", "clawback_minor", "paid_minor", "adjust_minor")
    assert rows.filter(pl.sum_horizontal(parts) != pl.col("closing_minor")).is_empty()
    before = pl.col("closing_minor").shift(1).over("receiver_kind", "receiver_id", "currency")
    assert rows.filter(before.is_not_null(), before != pl.col("opening_minor")).is_empty()
    assert rows["month"].max() == LAST_SETTLED
    assert rows["month"].n_unique() == 24


def test_every_pool_is_shared_out_to_the_last_fen(marts: Marts) -> None:
    accrued = marts.shares.filter(kind="accrual").group_by("source", "order_id", "rule_id").agg(
        pl.col("amount_minor").sum(), pl.col("pool_minor").first()
    )  # fmt: skip
    assert accrued.height > 15_000
    assert accrued.filter(pl.col("amount_minor") != pl.col("pool_minor")).is_empty()


def test_nine_disputes_are_kept_and_the_last_is_about_the_rush(demo_home: Path, marts: Marts) -> None:
    del demo_home
    found = ledger.disputes("demo", LOCAL_OWNER, now=NOW).sort("dispute_id")
    assert found["dispute_id"].to_list() == [f"D-00{n}" for n in range(1, 10)]
    assert found["status"].to_list() == ["decided"] * 5 + ["open"] * 4
    key = found["customer_key"][8]
    assert marts.bindings.filter(customer_key=key, cause="registered")["guide_id"].to_list() == ["G-117"]


def test_an_agent_sees_the_disputes_it_takes_part_in_alone(demo_home: Path) -> None:
    del demo_home
    mine = ledger.disputes("demo", Scope("agent", "taihu", "AG-06"), now=NOW)
    others = ledger.disputes("demo", Scope("agent", "shu", "AG-08"), now=NOW)
    assert set(mine["dispute_id"]) == {f"D-AG-06-{n:03d}" for n in range(1, mine.height + 1)}
    assert not set(mine["words"]) & set(others["words"])
    assert ledger.disputes("demo", LOCAL_OWNER, now=NOW).height == 9


@pytest.fixture
def own_demo(demo_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the demo that may be written to."""
    shutil.copytree(demo_home / "demo", tmp_path / "demo")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path))
    yield tmp_path
    database.dispose("demo")


def test_binding_again_changes_nobodys_owner(own_demo: Path) -> None:
    del own_demo
    report = ledger.bind("demo", now=NOW)
    assert (report.new_rows, report.new_attempts, report.changed_owners, report.snapshot) == (0, 0, 0, None)


def test_p7_with_the_right_datum_six_percent_of_taihus_customers_move(own_demo: Path, truth: Truth) -> None:
    del own_demo
    before = warehouse.load_marts(snapshot(), LOCAL_OWNER)
    assert before.places.filter("is_datum_suspect")["store_id"].to_list() == truth["P7"]["planted"]["stores"]
    warehouse.fix_datum("demo", truth["P7"]["planted"]["stores"], "GCJ-02", LOCAL_OWNER)
    ledger.bind("demo", now=NOW)
    after = warehouse.load_marts(snapshot(), LOCAL_OWNER)
    assert after.places.filter("is_datum_suspect").is_empty()
    held = before.bindings.filter(pl.col("valid_to").is_null(), agent_id="AG-06")
    now = after.bindings.filter(pl.col("valid_to").is_null()).select("customer_key", now="store_id")
    moved = held.join(now, on="customer_key").select((pl.col("store_id") != pl.col("now")).mean()).item()
    assert moved == pytest.approx(0.06, abs=0.005)
    assert ledger.verify("demo").ok


def snapshot() -> warehouse.Snapshot:
    found = warehouse.open_snapshot("demo")
    assert found is not None
    return found


def test_the_demo_home_is_left_as_it_was(demo_home: Path) -> None:
    assert os.environ["CATCHLIGHT_HOME"] == str(demo_home)


def test_a_job_stuck_for_three_hours_makes_exactly_so_many_late() -> None:
    first = dt.datetime(2026, 6, 18, 1, 0, tzinfo=dt.UTC)
    every = [first + dt.timedelta(seconds=30 * n) for n in range(900)]
    rows = pl.DataFrame(
        {"customer_key": range(900), "registered_at": every, "is_bound": [n > 450 or n % 5 > 0 for n in range(900)]},
        schema_overrides={"registered_at": pl.Datetime("us", "UTC")},
    )
    found = arrivals(47, rows).join(rows, on="customer_key")
    waited = (found["bound_at"] - found["registered_at"]).dt.total_milliseconds() / 1_000
    assert ((waited > 60) & found["is_bound"]).sum() == 312
    assert waited.max() < 3 * 3_600 + 10


def test_too_few_registrations_cannot_be_late() -> None:
    with pytest.raises(ValueError, match=r"^No three hours of the promotion hold 312 registrations\.$"):
        stuck_from(pl.Series(range(100_000_000, 100_030_000, 300)).to_numpy())


def test_p12_the_rush_is_told_as_an_anomaly(marts: Marts) -> None:
    rushes = guide_rushes(marts.bindings)
    assert rushes.select("guide_id", "store_id", "n").rows() == [("G-117", "S-057", 43)]
