"""The job: which steps there are, what each reads, and how their tables become visible together."""

from __future__ import annotations

import contextlib
import datetime as dt
import fcntl
import hashlib
import json
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import polars as pl

from cluster.rollups import (
    QUARTILES,
    ROLLUPS,
    RUNS,
    VIEWS,
    bought_weeks,
    buyer_weeks,
    customer_orders,
    dwell_rollup,
    runs_of,
    upper_quartile,
    weekly_buyers,
)
from cluster.steps import Steps, files_in
from cluster.views import Days, views_of, within
from metrics.linger import FALLBACK_MS, FLOOR_MS, HISTORY
from schema.durable import sync_path
from schema.errors import BusyError, StorageError, UsageError
from warehouse.mart_visits import ENOUGH, MARGIN
from warehouse.spans import days_of
from warehouse.storage import files_by_month, storage_errors, write_parquet_synced

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from cluster.engines import Frame
    from warehouse.api import Snapshot

FORMAT: Final = 1
"""Raised when a rollup changes what it says."""

CURRENT: Final = "current.json"
_PUBLIC: Final = "public"
_GROUND: Final = ("products", "left_out", "tested", "calendar")


@dataclass(frozen=True)
class Published:
    """What a run ended in.

    Attributes:
        folder: the tables that readers see now.
        steps: what was computed in this run; nothing when everything was there.
        rows: rows of each table.
    """

    folder: Path
    steps: list[str]
    rows: dict[str, int]


def rollup(snapshot: Snapshot, out: Path, steps: Callable[[Path], Steps]) -> Published:
    """Make all rollups of a snapshot and publish them together.

    Args:
        snapshot: whose stored tables to read; their folder must be visible to the engine.
        out: where the tables are published; visible to the engine too.
        steps: makes the runner for a work folder.

    Returns:
        What readers see now. The same stored tables again compute nothing.

    Raises:
        BusyError: another run publishes there.
        StorageError: a step failed too often, or a folder cannot be used.
    """
    out = out.absolute()
    with storage_errors(out):
        out.mkdir(parents=True, exist_ok=True)
        with _only_run(out):
            job = _Job.of(snapshot)
            done: list[str] = []
            if not (out / job.mark).is_dir():
                work = out / ".work" / job.mark
                runner = steps(work)
                _compute(job, runner, snapshot)
                done = runner.done
                (work / _PUBLIC).rename(out / job.mark)
            _show(out, job.mark)
    rows = {name: _rows(out / job.mark / name) for name in ROLLUPS}
    return Published(out / job.mark, done, rows)


def read_rollup(out: Path, name: str) -> pl.DataFrame:
    """One published table, sorted by its keys; engines leave rows in any order.

    Raises:
        UsageError: no such rollup.
        StorageError: nothing is published there.
    """
    if name not in ROLLUPS:
        msg = f"No rollup {name!r} here; there are {', '.join(ROLLUPS)}."
        raise UsageError(msg)
    with storage_errors(out):
        mark = json.loads((out / CURRENT).read_text("utf-8"))["folder"]
        schema = ROLLUPS[name].schema
        columns = [pl.col(column).cast(kind) for column, kind in schema.items()]
        parts = [pl.read_parquet(file, hive_partitioning=False).select(columns) for file in files_in(out / mark / name)]
    return pl.concat(parts or [pl.DataFrame(schema=schema)]).sort(list(ROLLUPS[name].keys))


@dataclass(frozen=True)
class _Job:
    """What there is to read: month → files of events, all files of orders, and a mark that other input changes."""

    events: dict[str, list[Path]]
    orders: list[Path]
    mark: str

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Job:
        found = {
            name: {
                month: [snapshot.folder / name / f"month={month}" / file for file in files]
                for month, files in files_by_month(snapshot.folder, name, snapshot.versions.get(name)).items()
            }
            for name in ("events", "orders")
        }
        missing = [
            path for months in found.values() for files in months.values() for path in files if not path.exists()
        ]
        if missing:
            msg = f"{missing[0]}: {len(missing)} stored files are missing. Run the import again."
            raise StorageError(msg)
        said = [FORMAT, [f"{path}" for months in found.values() for files in months.values() for path in files]]
        said += [snapshot.versions.get(name) for name in ("products", "customers")]
        mark = hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
        return cls(found["events"], [path for files in found["orders"].values() for path in files], mark)

    def around(self, days: Days) -> list[Path]:
        """The files of the events of these days and of the margin around them."""
        first, last = days.from_on - days.margin, days.to_on + days.margin - dt.timedelta(1)
        return [
            path
            for month, files in self.events.items()
            if f"{first:%Y-%m}" <= month <= f"{last:%Y-%m}"
            for path in files
        ]


def _compute(job: _Job, steps: Steps, snapshot: Snapshot) -> None:
    ground = _keep_ground(steps.work / "ground", snapshot)
    scan = steps.engine.scan
    hourly = _hourly(job, steps)
    for month in job.events:
        days = Days(*days_of(month), MARGIN)
        files = job.around(days)

        def views(days: Days = days, files: list[Path] = files) -> Frame:
            events = scan(files, ["occurred_at"])
            products, left_out = scan([ground["products"]]), scan([ground["left_out"]])
            return views_of(events, days, products=products, left_out=left_out, hourly=hourly)

        steps.run(f"views/{month}", VIEWS, views)
    for month in job.events:
        _dwell_of_month(job, steps, month)
    _buyers(job, steps, ground)


def _keep_ground(folder: Path, snapshot: Snapshot) -> dict[str, Path]:
    """The small tables beside the facts, as files that every worker can read."""
    folder.mkdir(parents=True, exist_ok=True)
    customers = snapshot.read("customers")
    tested = customers.filter("is_test").select("customer_key")
    staff = customers.filter("is_staff").select("customer_key")
    days = pl.date_range(dt.date(2000, 1, 1), dt.date(2099, 12, 31), eager=True)
    week = pl.col("local_on").dt.week().cast(pl.Int64)
    calendar = pl.DataFrame({"local_on": days}).with_columns(
        iso_year=pl.col("local_on").dt.iso_year().cast(pl.Int64),
        iso_week=week,
        bit=week.replace_strict({n: 2 ** (n - 1) for n in range(1, 54)}, return_dtype=pl.Int64),
    )
    products = snapshot.read("products").select("product_id", "category")
    frames = (products, pl.concat([tested, staff]).unique(), tested, calendar)
    found = {name: folder / f"{name}.parquet" for name in _GROUND}
    for path, frame in zip(found.values(), frames, strict=True):
        path.unlink(missing_ok=True)
        write_parquet_synced(frame, path)
    return found


def _hourly(job: _Job, steps: Steps) -> list[str]:
    """The source runs that stamp their events with the hour alone: every one of enough of them."""
    counted = [pl.DataFrame(schema=RUNS)]
    for month, files in job.events.items():
        made = steps.run(f"runs/{month}", RUNS, lambda files=files: runs_of(steps.engine.scan(files, ["occurred_at"])))  # type: ignore[misc]
        counted += [pl.read_parquet(file, hive_partitioning=False).cast(RUNS) for file in made]
    of_run = pl.concat(counted).group_by("source_run").agg(pl.col("rows", "whole").sum())
    stamped = of_run.filter((pl.col("rows") >= ENOUGH) & (pl.col("rows") == pl.col("whole")))
    return stamped["source_run"].drop_nulls().sort().to_list()


def _dwell_of_month(job: _Job, steps: Steps, month: str) -> None:
    first = days_of(month)[0]
    earlier = [name for name in job.events if days_of(name)[0] < first and days_of(name)[1] > first - HISTORY]
    history = [file for name in earlier for file in files_in(steps.work / "views" / name)]
    scan = steps.engine.scan

    def quartile() -> Frame:
        return upper_quartile(within(scan(history), first - HISTORY, first))

    found = [pl.DataFrame(schema=QUARTILES)]
    if history:
        found += [
            pl.read_parquet(file).cast(QUARTILES) for file in steps.run(f"quartiles/{month}", QUARTILES, quartile)
        ]
    limits = steps.work / "ground" / f"thresholds-{month}.parquet"
    limits.unlink(missing_ok=True)
    write_parquet_synced(_thresholds(pl.concat(found)), limits)
    views = files_in(steps.work / "views" / month)
    for name in ("dwell_by_hour", "dwell_by_product"):
        steps.run(
            f"{_PUBLIC}/{name}/{month}",
            ROLLUPS[name].schema,
            lambda name=name: dwell_rollup(scan(views), scan([limits]), FALLBACK_MS, name),  # type: ignore[misc]
        )


def _thresholds(quartiles: pl.DataFrame) -> pl.DataFrame:
    """The lingering thresholds: between the two dwells as ``metrics.linger`` does it, at least 15 s."""
    part = (3 * (pl.col("known") - 1) % 4).cast(pl.Float64) / 4
    low, high = pl.col("low").cast(pl.Float64), pl.coalesce("high", "low").cast(pl.Float64)
    p75 = (low + (high - low) * part).round().cast(pl.Int64)
    return quartiles.select(
        pl.col("category").fill_null(""), threshold_ms=pl.max_horizontal(p75, pl.lit(FLOOR_MS, pl.Int64))
    )


def _buyers(job: _Job, steps: Steps, ground: dict[str, Path]) -> None:
    scan = steps.engine.scan
    if not job.orders:
        for name in ("customer_orders", "buyer_weeks", "weekly_buyers"):
            (steps.work / _PUBLIC / name).mkdir(parents=True, exist_ok=True)
        return
    orders = steps.run(
        f"{_PUBLIC}/customer_orders",
        ROLLUPS["customer_orders"].schema,
        lambda: customer_orders(scan(job.orders), scan([ground["tested"]])),
    )
    for name, question in (("buyer_weeks", buyer_weeks), ("weekly_buyers", weekly_buyers)):
        steps.run(
            f"{_PUBLIC}/{name}",
            ROLLUPS[name].schema,
            lambda question=question: question(bought_weeks(scan(orders), scan([ground["calendar"]]))),  # type: ignore[misc]
        )


def _show(out: Path, mark: str) -> None:
    """Point readers to the new tables in one rename; keep those before for whoever reads them still."""
    current = out / CURRENT
    before = json.loads(current.read_text("utf-8"))["folder"] if current.exists() else mark
    if before != mark or not current.exists():
        sync_path(out)
        part = out / f".{CURRENT}"
        with part.open("w", encoding="utf-8") as file:
            json.dump({"folder": mark, "format": FORMAT}, file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(current)
        sync_path(out)
        for old in out.iterdir():
            if old.is_dir() and old.name not in {mark, before, ".work"}:
                shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(out / ".work", ignore_errors=True)


def _rows(folder: Path) -> int:
    return sum(int(pl.scan_parquet(file).select(pl.len()).collect().item()) for file in files_in(folder))


@contextlib.contextmanager
def _only_run(out: Path) -> Iterator[None]:
    handle = os.open(out / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        msg = f"{out}: another run is making rollups there. Wait until it is done."
        raise BusyError(msg) from error
    try:
        yield
    finally:
        os.close(handle)
