"""A later run makes only what its input changed and equals a full run, in a folder and on an object store."""

import datetime as dt
import json
from pathlib import Path

import pytest

from cluster.__main__ import main
from cluster.engines import ConnectEngine, PolarsEngine
from cluster.job import read_rollup, rollup
from cluster.rollups import ROLLUPS
from cluster.steps import Steps
from schema.commands import run
from schema.errors import BusyError, StorageError, UsageError
from tests.cluster import servers
from tests.cluster.company import stamp, take_company
from tests.objectstore import bucket, s3_server
from tests.warehouse.typed import customer, event, order, table, take
from warehouse.api import open_snapshot
from warehouse.objects import Objects

__all__ = ["bucket", "s3_server"]


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CATCHLIGHT_CLUSTER", raising=False)
    monkeypatch.delenv("CATCHLIGHT_WAREHOUSE", raising=False)
    take_company()
    return open_snapshot("real")


def made(snapshot, out, engine=None):
    return rollup(snapshot, out, lambda place: Steps(engine or PolarsEngine(), place))


def tables(out):
    return {name: read_rollup(out, name) for name in ROLLUPS}


def look(name, day):
    return event(name, when=stamp(dt.datetime.combine(day, dt.time(12), dt.UTC)), anon="late", product="P1")


def test_a_day_in_the_newest_month_makes_that_month_and_the_one_whose_margin_it_may_touch(shop, tmp_path):
    made(shop, tmp_path / "out")
    months = sorted({f"{day:%Y-%m}" for day in read_rollup(tmp_path / "out", "dwell_by_hour")["local_on"]})
    assert months == ["2026-01", "2026-02", "2026-03"]
    take(table("events", look("late", dt.date(2026, 3, 20))))
    again = made(open_snapshot("real"), tmp_path / "out")
    assert again.steps == [
        "runs/2026-03", "views/2026-02", "views/2026-03", "dwell_by_hour/2026-02", "dwell_by_product/2026-02",
        "quartiles/2026-03", "dwell_by_hour/2026-03", "dwell_by_product/2026-03",
    ]  # fmt: skip
    made(open_snapshot("real"), tmp_path / "full")
    assert all(tables(tmp_path / "out")[name].equals(frame) for name, frame in tables(tmp_path / "full").items())


def test_late_orders_make_their_month_and_year_alone(shop, tmp_path):
    made(shop, tmp_path / "out")
    take(table("orders", order("late", customer="C1", when="2026-02-10 04:00", selling_store_id="S1")))
    again = made(open_snapshot("real"), tmp_path / "out")
    assert again.steps == ["customer_orders/2026-02", "buyer_weeks/2026", "weekly_buyers/2026"]
    made(open_snapshot("real"), tmp_path / "full")
    assert all(tables(tmp_path / "out")[name].equals(frame) for name, frame in tables(tmp_path / "full").items())


def test_somebody_who_turns_out_to_be_staff_makes_all_views_anew_and_no_orders(shop, tmp_path):
    made(shop, tmp_path / "out")
    take(table("customers", customer("C3", is_staff=True, updated_at=dt.datetime(2027, 1, 1, tzinfo=dt.UTC))))
    again = made(open_snapshot("real"), tmp_path / "out")
    assert {name.split("/")[0] for name in again.steps} >= {"views", "dwell_by_hour", "dwell_by_product"}
    assert not {name for name in again.steps if name.split("/")[0] in {"runs", "customer_orders", "buyer_weeks"}}
    made(open_snapshot("real"), tmp_path / "full")
    assert all(tables(tmp_path / "out")[name].equals(frame) for name, frame in tables(tmp_path / "full").items())


def test_what_is_published_names_files_that_are_there_and_those_before_stay_once(shop, tmp_path):
    out = tmp_path / "out"
    made(shop, out)
    first = json.loads((out / "current.json").read_text())
    take(table("events", look("late", dt.date(2026, 3, 20))))
    made(open_snapshot("real"), out)
    second = json.loads((out / "current.json").read_text())
    assert second["before"] == first["steps"]
    for told in (first, second):
        assert all((out / file).is_file() for files in told["tables"].values() for file in files)
    take(table("events", look("later", dt.date(2026, 3, 21))))
    made(open_snapshot("real"), out)
    gone = [file for file in first["tables"]["dwell_by_hour"] if not (out / file).is_file()]
    assert [Path(file).parts[2] for file in gone] == ["2026-02", "2026-03"]


def test_a_second_run_at_once_is_refused(shop, tmp_path):
    class Busy(PolarsEngine):
        """Somebody else starts the job while this one writes."""

        tried = False

        def write(self, frame, folder):
            if not self.tried:
                self.tried = True
                with pytest.raises(BusyError, match="another run is making rollups there"):
                    made(shop, tmp_path / "out")
            super().write(frame, folder)

    engine = Busy()
    made(shop, tmp_path / "out", engine)
    assert engine.tried


def test_tables_and_rollups_on_an_object_store_equal_those_in_folders(bucket, tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CATCHLIGHT_WAREHOUSE", f"{bucket}/warehouse")
    take_company()
    far = made(open_snapshot("real"), f"{bucket}/rollups")
    assert made(open_snapshot("real"), f"{bucket}/rollups").steps == []
    near = made(open_snapshot("real"), tmp_path / "near")
    assert (far.steps, far.rows, far.place) == (near.steps, near.rows, f"{bucket}/rollups")
    assert all(tables(f"{bucket}/rollups")[name].equals(frame) for name, frame in tables(tmp_path / "near").items())
    left = [one.path for one in Objects(f"{bucket}/rollups").below("")]
    assert [path for path in left if not path.startswith("steps/")] == ["current.json"]


def test_a_run_on_an_object_store_is_refused_while_another_machine_makes_one(shop, bucket, tmp_path, monkeypatch):
    class Busy(PolarsEngine):
        """A machine with a data folder of its own starts the job while this one writes."""

        tried = False

        def write(self, frame, folder):
            if not self.tried:
                self.tried = True
                with monkeypatch.context() as there:
                    there.setenv("CATCHLIGHT_HOME", str(tmp_path / "another machine"))
                    with pytest.raises(BusyError, match="Wait until it is done"):
                        made(shop, bucket)
            super().write(frame, folder)

    engine = Busy()
    made(shop, bucket, engine)
    assert engine.tried


def test_sail_reads_and_writes_an_object_store_and_equals_polars(bucket, tmp_path, monkeypatch):
    pytest.importorskip("pysail", reason="pysail is not installed (requirements-dev.txt)")
    pytest.importorskip("pyspark", reason="the cluster's client is not installed (requirements-cluster.txt)")
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("CATCHLIGHT_WAREHOUSE", f"{bucket}/warehouse")
    take_company()
    port = servers.free_port()
    server = servers.start(port)
    try:
        made(open_snapshot("real"), f"{bucket}/sail", ConnectEngine(f"sc://127.0.0.1:{port}"))
    finally:
        servers.kill(server)
    made(open_snapshot("real"), tmp_path / "near")
    assert all(tables(f"{bucket}/sail")[name].equals(frame) for name, frame in tables(tmp_path / "near").items())


def test_an_address_of_no_known_store_is_refused_and_becomes_no_folder(shop, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--out must be the address of an object store"):
        made(shop, "ftp://host/rollups")
    assert run(main, ["rollup", "--out", "hdfs://host/rollups"]) == 2
    assert {path.name for path in tmp_path.iterdir()} == {"home"}


def test_rollups_of_an_older_format_are_told_from_these(tmp_path):
    (tmp_path / "current.json").write_text('{"folder": "abc", "format": 1}')
    with pytest.raises(StorageError, match="no rollups are published there"):
        read_rollup(tmp_path, "weekly_buyers")
