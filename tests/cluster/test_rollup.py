"""Rollups equal the marts that the warehouse makes, on every engine, also when the engine dies in the middle."""

from pathlib import Path

import polars as pl
import pytest

from cluster.__main__ import main
from cluster.engines import ConnectEngine, PolarsEngine, engine_of
from cluster.job import read_rollup, rollup
from cluster.rollups import ROLLUPS
from cluster.steps import Steps, pauses
from schema.commands import run
from schema.errors import StorageError, UsageError
from schema.scope import LOCAL_OWNER
from tests.cluster import servers
from tests.cluster.company import take_company
from warehouse.api import load_marts, open_snapshot
from warehouse.behaviour import read_behaviour

# the client warns when a server that was killed does not answer
pytestmark = pytest.mark.filterwarnings("ignore:.*RETRIES_EXCEEDED:UserWarning")


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    """The snapshot of a small shop."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CATCHLIGHT_HOME", str(tmp_path_factory.mktemp("shop")))
        patch.delenv("CATCHLIGHT_CLUSTER", raising=False)
        take_company()
        yield open_snapshot("real")


@pytest.fixture(scope="module")
def here(shop, tmp_path_factory):
    """All rollups of the shop as this machine makes them."""
    out = tmp_path_factory.mktemp("here")
    rollup(shop, out, lambda work: Steps(PolarsEngine(), work))
    return {name: read_rollup(out, name) for name in ROLLUPS}


@pytest.fixture
def sail():
    """The port of a running Sail server and what starts and kills it."""
    pytest.importorskip("pysail", reason="pysail is not installed (requirements-dev.txt)")
    pytest.importorskip("pyspark", reason="the cluster's client is not installed (requirements-cluster.txt)")
    port = servers.free_port()
    running = [servers.start(port)]
    yield port, running
    for server in running:
        servers.kill(server)


@pytest.mark.parametrize("name", ["dwell_by_hour", "dwell_by_product"])
def test_dwell_equals_the_visits_that_the_warehouse_made(shop, here, name):
    keys = list(ROLLUPS[name].keys)
    visits = read_behaviour(shop.marts_folder, "visits")
    wanted = visits.group_by(keys).agg(
        views=pl.len().cast(pl.Int64),
        known_views=pl.col("dwell_ms").count().cast(pl.Int64),
        dwell_ms=pl.col("dwell_ms").sum(),
        lingers=pl.col("is_linger").sum().cast(pl.Int64),
    )
    assert here[name].equals(wanted.select(here[name].columns).sort(keys))


def test_the_shop_has_what_makes_dwell_hard(shop, here):
    visits = read_behaviour(shop.marts_folder, "visits")
    assert set(visits["evidence"]) == {"measured", "pings", "gap", "unknown"}
    assert 0 < here["dwell_by_hour"]["lingers"].sum() < here["dwell_by_hour"]["known_views"].sum()
    assert visits["local_on"].dt.month().n_unique() == 3
    joined = visits.filter("before_sign_in")
    assert joined.height > 20
    assert joined["customer_key"].n_unique() > 10


def test_orders_and_buyers_equal_the_orders_mart(shop, here):
    orders = load_marts(shop, LOCAL_OWNER).orders
    keys = list(ROLLUPS["customer_orders"].keys)
    wanted = orders.group_by(keys).agg(orders=pl.len().cast(pl.Int64)).sort(keys)
    assert here["customer_orders"].drop("paid_minor").equals(wanted)
    known = orders.drop_nulls(["customer_key", "store_id"]).with_columns(
        iso_year=pl.col("local_on").dt.iso_year().cast(pl.Int64), iso_week=pl.col("local_on").dt.week().cast(pl.Int64)
    )
    week = ["store_id", "iso_year", "iso_week"]
    wanted = known.group_by(week).agg(buyers=pl.col("customer_key").n_unique().cast(pl.Int64)).sort(week)
    assert here["weekly_buyers"].equals(wanted)


def test_a_mask_has_one_bit_for_each_week_with_a_purchase(here):
    told = (
        here["weekly_buyers"].group_by("store_id", "iso_year").agg(pl.col("buyers").sum()).sort("store_id", "iso_year")
    )
    bits = here["buyer_weeks"].with_columns(buyers=pl.col("weeks").bitwise_count_ones().cast(pl.Int64))
    assert told.equals(bits.group_by("store_id", "iso_year").agg(pl.col("buyers").sum()).sort("store_id", "iso_year"))


@pytest.mark.parametrize("name", list(ROLLUPS))
def test_rollups_on_sail_equal_those_of_polars(shop, here, sail_out, name):
    assert here[name].height > 0
    assert read_rollup(sail_out, name).equals(here[name])


@pytest.fixture(scope="module")
def sail_out(shop, tmp_path_factory):
    """All rollups of the shop as Sail makes them."""
    pytest.importorskip("pysail", reason="pysail is not installed (requirements-dev.txt)")
    pytest.importorskip("pyspark", reason="the cluster's client is not installed (requirements-cluster.txt)")
    port = servers.free_port()
    server = servers.start(port)
    out = tmp_path_factory.mktemp("sail")
    try:
        rollup(shop, out, lambda work: Steps(ConnectEngine(f"sc://127.0.0.1:{port}"), work))
    finally:
        servers.kill(server)
    return out


def test_a_cluster_killed_in_the_middle_ends_in_equal_results(shop, here, sail, tmp_path):
    port, running = sail
    faults = []

    class Dying(ConnectEngine):
        """Its server is killed after five steps have been written."""

        written = 0

        def write(self, frame, folder):
            self.written += 1
            if self.written == 6:
                servers.kill(running[-1])
            super().write(frame, folder)

    def wait(seconds):
        faults.append(seconds)
        if running[-1].poll() is not None:
            running.append(servers.start(port))

    rollup(shop, tmp_path, lambda work: Steps(Dying(f"sc://127.0.0.1:{port}"), work, sleep=wait))
    # a busy machine may need a second try of the client before the new server answers
    assert len(running) == 2
    assert faults in ([2.0], [2.0, 4.0])
    assert all(read_rollup(tmp_path, name).equals(here[name]) for name in ROLLUPS)


def test_a_job_stopped_by_faults_keeps_what_is_done_and_publishes_nothing(shop, here, tmp_path):
    class Full(PolarsEngine):
        """Its disk is full after three steps."""

        written = 0

        def write(self, frame, folder):
            self.written += 1
            if self.written > 3:
                Path(folder).mkdir(parents=True)
                Path(folder, "half.parquet").write_bytes(b"PAR1")
                raise OSError(28, "No space left on device")
            super().write(frame, folder)

    with pytest.raises(StorageError, match=r"failed 3 times on polars.*No space left"):
        rollup(shop, tmp_path, lambda work: Steps(Full(), work, waits=(1, 2), sleep=lambda _: None))
    assert not (tmp_path / "current.json").exists()
    made = rollup(shop, tmp_path, lambda work: Steps(PolarsEngine(), work))
    # runs, views, quartiles, two rollups a month, and the first has no history; orders of 4 months, two tables of a year
    assert len(made.steps) == 3 * 5 - 1 + 4 + 2 - 3
    assert all(read_rollup(tmp_path, name).equals(here[name]) for name in ROLLUPS)
    assert not list(tmp_path.rglob("half.parquet"))


def test_the_same_tables_again_compute_nothing(shop, tmp_path):
    first = rollup(shop, tmp_path, lambda work: Steps(PolarsEngine(), work))
    again = rollup(shop, tmp_path, lambda work: Steps(PolarsEngine(), work))
    assert (again.place, again.steps, again.rows) == (first.place, [], first.rows)


def test_waits_double_up_to_a_minute():
    assert pauses() == (2.0, 4.0, 8.0, 16.0, 32.0)
    assert pauses(8) == (2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0)


@pytest.mark.parametrize("url", ["spark://host:7077", "localhost:15002", "sc://"])
def test_an_address_that_is_no_spark_connect_is_refused(url):
    with pytest.raises(UsageError, match=r"must be sc://host:port"):
        engine_of(url)


def test_a_token_in_the_address_is_not_told():
    pytest.importorskip("pyspark", reason="the cluster's client is not installed (requirements-cluster.txt)")
    assert ConnectEngine("sc://host:443/;token=secret").name == "spark connect host:443"


def test_the_command_ends_with_its_exit_code(shop, tmp_path, capsys, monkeypatch):
    arguments = ["rollup", "--data", "real", "--out", str(tmp_path / "out")]
    assert run(main, arguments) == 0
    assert "weekly_buyers" in capsys.readouterr().out
    assert run(main, [*arguments[:2], "demo", *arguments[3:]]) == 5
    assert "No demo data here" in capsys.readouterr().err
    monkeypatch.setenv("CATCHLIGHT_CLUSTER", "tcp://host:1")
    assert run(main, arguments) == 2
    (tmp_path / "file").write_text("")
    monkeypatch.delenv("CATCHLIGHT_CLUSTER")
    assert run(main, [*arguments[:4], str(tmp_path / "file")]) == 5


def test_reading_before_publication_says_so(tmp_path):
    with pytest.raises(StorageError):
        read_rollup(tmp_path, "weekly_buyers")
    with pytest.raises(UsageError, match="No rollup 'sales' here"):
        read_rollup(tmp_path, "sales")
