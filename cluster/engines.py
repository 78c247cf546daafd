"""Where the rollup job computes: Polars on this machine, or a cluster that speaks Spark Connect."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

import narwhals as nw
import polars as pl

from schema.errors import StorageError, UsageError
from warehouse.objects import is_url

if TYPE_CHECKING:
    from collections.abc import Sequence

    Frame = nw.LazyFrame[Any]

SETTING: Final = "CATCHLIGHT_CLUSTER"
_CLIENT_RETRIES: Final = 2
"""The client's own patience is ten minutes a call; a step has its own, with a new session each time."""


class Engine(Protocol):
    """The two things that engines do differently; all between them is Narwhals.

    Attributes:
        name: what the report says.
        faults: what a step may fail with and succeed later.
    """

    name: str
    faults: tuple[type[Exception], ...]

    def scan(self, files: Sequence[str], instants: Sequence[str] = ()) -> Frame:
        """Parquet files, by path or address, as one table; ``instants`` become whole microseconds since 1970."""

    def write(self, frame: Frame, folder: str) -> None:
        """Compute a table into Parquet files in a new folder, or below a new address."""

    def refresh(self) -> None:
        """Begin anew after a fault."""

    def close(self) -> None:
        """Let go of what the cluster holds for this job."""


class PolarsEngine:
    """This machine, streaming."""

    name = "polars"
    faults: tuple[type[Exception], ...] = (OSError, pl.exceptions.ComputeError)

    def scan(self, files: Sequence[str], instants: Sequence[str] = ()) -> Frame:
        """As ``Engine`` says."""
        rows = pl.scan_parquet(list(files), hive_partitioning=False)
        return nw.from_native(rows.with_columns(pl.col(name).dt.epoch("us") for name in instants))

    def write(self, frame: Frame, folder: str) -> None:
        """As ``Engine`` says."""
        if not is_url(folder):
            Path(folder).mkdir(parents=True)
        rows: pl.LazyFrame = frame.to_native()
        rows.sink_parquet(f"{folder}/part-0.parquet", compression="zstd")

    def refresh(self) -> None:
        """Nothing is kept between steps."""

    def close(self) -> None:
        """Nothing is held."""


class ConnectEngine:
    """A cluster at ``sc://host:port``; its workers must see the data under the same paths or addresses."""

    def __init__(self, url: str) -> None:  # noqa: D107  (the class says it)
        self.name = f"spark connect {urlsplit(url).netloc.rpartition('@')[2].partition(';')[0]}"
        self._url = url
        with warnings.catch_warnings():
            # the client warns of pandas 3; no pandas table is made here
            warnings.simplefilter("ignore", FutureWarning)
            try:
                from grpc import RpcError  # noqa: PLC0415  (an optional package)
                from pyspark.errors import PySparkException  # noqa: PLC0415
                from pyspark.sql.connect import functions, session  # noqa: PLC0415
            except ImportError as error:
                msg = f"{SETTING} is set, and the client is missing: pip install -r requirements-cluster.txt"
                raise StorageError(msg) from error
        self.faults: tuple[type[Exception], ...] = (RpcError, PySparkException, OSError)
        self._functions: Any = functions
        self._sessions: Any = session.SparkSession
        self._session: Any = None

    def _connected(self) -> Any:
        """The session, made at its first use, so that an unreachable cluster is a step's fault like any other."""
        if self._session is None:
            from pyspark.sql.connect.client.retries import DefaultPolicy  # noqa: PLC0415  (an optional package)

            made = self._sessions.builder.remote(self._url).create()
            made.client.set_retry_policies([DefaultPolicy(max_retries=_CLIENT_RETRIES)])
            self._session = made
        return self._session

    def scan(self, files: Sequence[str], instants: Sequence[str] = ()) -> Frame:
        """As ``Engine`` says."""
        rows = self._connected().read.parquet(*files)
        for name in instants:
            rows = rows.withColumn(name, self._functions.unix_micros(name))
        found: Frame = nw.from_native(rows)
        return found

    def write(self, frame: Frame, folder: str) -> None:
        """As ``Engine`` says."""
        frame.to_native().write.parquet(folder)

    def refresh(self) -> None:
        """The next step opens a new session; one whose server died cannot be told so, its client is closed alone."""
        session, self._session = self._session, None
        if session is not None:
            session.client.close()

    def close(self) -> None:
        """Release the session; a client left open would ask its server once more when the interpreter ends."""
        session, self._session = self._session, None
        if session is not None:
            session.stop()


def engine_of(url: str | None = None) -> Engine:
    """The engine that the setting names.

    Args:
        url: ``sc://host:port``; None reads ``CATCHLIGHT_CLUSTER``; empty is this machine.

    Raises:
        UsageError: not such an address.
        StorageError: the cluster's client is not installed.
    """
    wanted = os.environ.get(SETTING, "") if url is None else url
    if not wanted:
        return PolarsEngine()
    parts = urlsplit(wanted)
    if parts.scheme != "sc" or not parts.hostname:
        msg = f"{SETTING} must be sc://host:port; it begins with {parts.scheme or wanted[:20]!r}."
        raise UsageError(msg)
    return ConnectEngine(wanted)
