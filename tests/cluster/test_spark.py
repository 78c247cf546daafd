"""Rollups on Apache Spark with a master and two workers, one of which is killed in the middle.

Needs Java and ``SPARK_HOME`` (the folder of an installed ``pyspark==4.3.0``, in an environment of its own).
"""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cluster.engines import ConnectEngine, PolarsEngine
from cluster.job import read_rollup, rollup
from cluster.rollups import ROLLUPS
from cluster.steps import Steps
from tests.cluster.company import take_company
from tests.cluster.servers import free_port
from warehouse.api import open_snapshot

pytestmark = [pytest.mark.long, pytest.mark.filterwarnings("ignore:.*RETRIES_EXCEEDED:UserWarning")]

_DEPLOY = "org.apache.spark.deploy"


def until_open(port, seconds=120):
    for _ in range(seconds * 10):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    pytest.fail(f"nothing listens on {port} after {seconds} s")


@pytest.fixture
def spark(tmp_path):
    """The port of Spark Connect, and its two workers."""
    spark_home = os.environ.get("SPARK_HOME", "")
    if not Path(spark_home, "bin", "spark-class").exists():
        pytest.skip("SPARK_HOME does not name an installed Spark")
    started = []

    def start(command, *arguments):
        log = (tmp_path / f"{len(started)}.log").open("w")
        process = subprocess.Popen(
            [f"{spark_home}/bin/{command}", *arguments],
            env=os.environ | {"SPARK_LOCAL_IP": "127.0.0.1"}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        started.append(process)
        log.close()
        return process

    master, connect = free_port(), free_port()
    url = f"spark://127.0.0.1:{master}"
    start("spark-class", f"{_DEPLOY}.master.Master", "--host", "127.0.0.1", "--port", str(master), "--webui-port", "0")
    until_open(master)
    own = ["-c", "1", "-m", "1g", "--host", "127.0.0.1", "--webui-port", "0"]
    workers = [
        start("spark-class", f"{_DEPLOY}.worker.Worker", *own, url, "-d", str(tmp_path / f"w{n}")) for n in (1, 2)
    ]
    settings = {
        "spark.connect.grpc.binding.port": str(connect),
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.sql.shuffle.partitions": "2",
        "spark.ui.enabled": "false",
    }
    start(
        "spark-submit", "--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", url,
        *(word for name, value in settings.items() for word in ("--conf", f"{name}={value}")), "spark-internal",
    )  # fmt: skip
    until_open(connect)
    yield connect, workers
    for process in started:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_spark_with_a_killed_worker_ends_in_equal_results(spark, tmp_path, monkeypatch):
    monkeypatch.setenv("CATCHLIGHT_HOME", str(tmp_path / "home"))
    take_company()
    shop = open_snapshot("real")
    port, workers = spark

    class Losing(ConnectEngine):
        """One of its two workers is killed, with its executor, while the sixth step runs."""

        written = 0

        def write(self, frame, folder):
            self.written += 1
            if self.written == 6:
                os.killpg(workers[0].pid, signal.SIGKILL)
            super().write(frame, folder)

    here, there = tmp_path / "here", tmp_path / "there"
    rollup(shop, here, lambda work: Steps(PolarsEngine(), work))
    rollup(shop, there, lambda work: Steps(Losing(f"sc://127.0.0.1:{port}"), work))
    assert {name: read_rollup(there, name).equals(read_rollup(here, name)) for name in ROLLUPS} == dict.fromkeys(
        ROLLUPS, True
    )
    assert read_rollup(there, "dwell_by_hour")["lingers"].sum() > 0
    assert (workers[0].poll(), workers[1].poll()) == (-signal.SIGKILL, None)
