"""The job: which steps there are, what each is made of, and how their tables become visible together.

A step is named by its input, so a run takes over every month whose stored files, and all else it depends on, are those of
an earlier run. Publication is one file, written last, that lists the files of every table.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from cluster.places import place_of
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
from cluster.steps import STEPS, Made, Steps, read_files
from cluster.views import Days, views_of, within
from metrics.linger import FALLBACK_MS, FLOOR_MS, HISTORY
from schema.errors import StorageError, UsageError
from warehouse.mart_visits import ENOUGH, MARGIN
from warehouse.objects import is_url
from warehouse.spans import days_of
from warehouse.storage import files_by_month, storage_errors, table_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from cluster.engines import Frame
    from cluster.places import Place
    from warehouse.api import Snapshot

FORMAT: Final = 3
"""Raised when a step changes what it says; it is part of what every step is made of."""

CURRENT: Final = "current.json"
_WEEK: Final = dt.timedelta(days=7)


@dataclass(frozen=True)
class Published:
    """What a run ended in.

    Attributes:
        place: where the tables are.
        steps: what was computed in this run; nothing when everything was there.
        rows: rows of each table.
    """

    place: str
    steps: list[str]
    rows: dict[str, int]


def rollup(snapshot: Snapshot, out: str | Path, steps: Callable[[Place], Steps]) -> Published:
    """Make all rollups of a snapshot and publish them together.

    Args:
        snapshot: whose stored tables to read; their folder or address must be visible to the engine.
        out: the folder or address where the tables are published; visible to the engine too.
        steps: makes the runner for that place.

    Returns:
        What readers see now. The same stored tables again compute nothing; changed months compute what depends on them.

    Raises:
        BusyError: another run publishes there.
        StorageError: a step failed too often, or a folder or store cannot be used.
        UsageError: an address of a store that is not known.
    """
    place = place_of(out)
    with storage_errors(str(place)), place.only_run(), contextlib.closing(steps(place)) as runner:
        tables = _compute(_Input.of(snapshot), runner, snapshot)
        place.still_alone()
        _publish(place, runner, tables)
        rows = {name: _rows(place, tables[name]) for name in ROLLUPS}
    return Published(str(place), runner.done, rows)


def read_rollup(out: str | Path, name: str) -> pl.DataFrame:
    """One published table, sorted by its keys; engines leave rows in any order.

    Raises:
        UsageError: no such rollup.
        StorageError: nothing is published there.
    """
    if name not in ROLLUPS:
        msg = f"No rollup {name!r} here; there are {', '.join(ROLLUPS)}."
        raise UsageError(msg)
    place = place_of(out)
    with storage_errors(str(place)):
        said = place.read(CURRENT)
        if said is None or json.loads(said)["format"] != FORMAT:
            msg = f"{place}: no rollups are published there. Run python -m cluster rollup --out {place}."
            raise StorageError(msg)
        rows = read_files(place, json.loads(said)["tables"][name], ROLLUPS[name].schema)
    return rows.sort(list(ROLLUPS[name].keys))


@dataclass(frozen=True)
class _Input:
    """What there is to read: month → files of events and of orders; a file's name never means other rows."""

    events: dict[str, list[str]]
    orders: dict[str, list[str]]

    @classmethod
    def of(cls, snapshot: Snapshot) -> _Input:
        found = {
            name: {
                month: [f"{table_place(snapshot.folder, name)}/month={month}/{file}" for file in files]
                for month, files in files_by_month(snapshot.folder, name, snapshot.versions.get(name)).items()
            }
            for name in ("events", "orders")
        }
        files = [file for months in found.values() for several in months.values() for file in several]
        missing = [file for file in files if not is_url(file) and not Path(file).exists()]
        if missing:
            msg = f"{missing[0]}: {len(missing)} stored files are missing. Run the import again."
            raise StorageError(msg)
        return cls(found["events"], found["orders"])

    def around(self, days: Days) -> list[str]:
        """The months of the events of these days and of the margin around them."""
        first, last = days.from_on - days.margin, days.to_on + days.margin - dt.timedelta(1)
        return [month for month in self.events if f"{first:%Y-%m}" <= month <= f"{last:%Y-%m}"]


def _compute(given: _Input, steps: Steps, snapshot: Snapshot) -> dict[str, list[Made]]:
    """Every table, month by month."""
    tables: dict[str, list[Made]] = {name: [] for name in ROLLUPS}
    customers = snapshot.scan("customers")
    tested = steps.ground("tested", _keys(customers.filter("is_test")))
    left_out = steps.ground("left_out", _keys(customers.filter(pl.col("is_test") | pl.col("is_staff"))))
    products = snapshot.scan("products").select("product_id", "category").sort("product_id").collect()
    about = steps.ground("products", products)
    runs = {month: _runs(given, steps, month) for month in given.events}
    hourly = _hourly(runs.values())
    views: dict[str, Made] = {}
    for month in given.events:
        days = Days(*days_of(month), MARGIN)
        near = given.around(days)
        named = {run for other in near for run in runs[other]["source_run"]}
        views[month] = _views(given, steps, month, (about, left_out), sorted(hourly & named))
    for month in given.events:
        limits = _limits(steps, month, views)
        for name in ("dwell_by_hour", "dwell_by_product"):
            tables[name].append(_dwell(steps, name, month, views[month], limits))
    orders = {month: _orders(steps, month, files, tested) for month, files in given.orders.items()}
    tables["customer_orders"] = list(orders.values())
    for year in _years(orders):
        for name in ("buyer_weeks", "weekly_buyers"):
            tables[name].append(_buyers(steps, name, year, orders))
    return tables


def _keys(customers: pl.LazyFrame) -> pl.DataFrame:
    return customers.select("customer_key").unique().sort("customer_key").collect()


def _runs(given: _Input, steps: Steps, month: str) -> pl.DataFrame:
    """Per source run of a month: its events, and those on a full hour."""
    files = given.events[month]
    made = steps.run(f"runs/{month}", RUNS, [FORMAT, files], lambda: runs_of(steps.engine.scan(files, ["occurred_at"])))
    return steps.rows(made, RUNS)


def _hourly(runs: Iterable[pl.DataFrame]) -> set[str]:
    """The source runs that stamp their events with the hour alone: every one of enough of them."""
    counted = pl.concat([pl.DataFrame(schema=RUNS), *runs])
    of_run = counted.group_by("source_run").agg(pl.col("rows", "whole").sum())
    stamped = of_run.filter((pl.col("rows") >= ENOUGH) & (pl.col("rows") == pl.col("whole")))
    return set(stamped["source_run"].drop_nulls())


def _views(given: _Input, steps: Steps, month: str, ground: tuple[Made, Made], hourly: list[str]) -> Made:
    """The views of a month, made of its events and of those of the margin around it."""
    days = Days(*days_of(month), MARGIN)
    files = [file for near in given.around(days) for file in given.events[near]]
    products, left_out = ground

    def make() -> Frame:
        events = steps.engine.scan(files, ["occurred_at"])
        return views_of(events, days, products=steps.scan(products), left_out=steps.scan(left_out), hourly=hourly)

    return steps.run(f"views/{month}", VIEWS, [FORMAT, files, hourly, products.key, left_out.key], make)


def _limits(steps: Steps, month: str, views: Mapping[str, Made]) -> Made:
    """The lingering thresholds of a month, from the views of the days before it."""
    first = days_of(month)[0]
    history = [views[name] for name in views if days_of(name)[0] < first and days_of(name)[1] > first - HISTORY]
    found = [pl.DataFrame(schema=QUARTILES)]
    if history:
        made = steps.run(
            f"quartiles/{month}",
            QUARTILES,
            [FORMAT, [one.key for one in history]],
            lambda: upper_quartile(within(steps.scan(*history), first - HISTORY, first)),
        )
        found.append(steps.rows(made, QUARTILES))
    return steps.ground(f"thresholds-{month}", _thresholds(pl.concat(found)).sort("category"))


def _dwell(steps: Steps, name: str, month: str, views: Made, limits: Made) -> Made:
    return steps.run(
        f"{name}/{month}",
        ROLLUPS[name].schema,
        [FORMAT, views.key, limits.key],
        lambda: dwell_rollup(steps.scan(views), steps.scan(limits), FALLBACK_MS, name),
    )


def _thresholds(quartiles: pl.DataFrame) -> pl.DataFrame:
    """The lingering thresholds: between the two dwells as ``metrics.linger`` does it, at least 15 s."""
    part = (3 * (pl.col("known") - 1) % 4).cast(pl.Float64) / 4
    low, high = pl.col("low").cast(pl.Float64), pl.coalesce("high", "low").cast(pl.Float64)
    p75 = (low + (high - low) * part).round().cast(pl.Int64)
    return quartiles.select(
        pl.col("category").fill_null(""), threshold_ms=pl.max_horizontal(p75, pl.lit(FLOOR_MS, pl.Int64))
    )


def _orders(steps: Steps, month: str, files: list[str], tested: Made) -> Made:
    return steps.run(
        f"customer_orders/{month}",
        ROLLUPS["customer_orders"].schema,
        [FORMAT, files, tested.key],
        lambda: customer_orders(steps.engine.scan(files), steps.scan(tested)),
    )


def _years(months: Iterable[str]) -> list[int]:
    """The ISO years that days of these months lie in."""
    return sorted({day.isocalendar().year for month in months for day in _ends(month)})


def _ends(month: str) -> tuple[dt.date, dt.date]:
    first, after = days_of(month)
    return first, after - dt.timedelta(days=1)


def _buyers(steps: Steps, name: str, year: int, orders: Mapping[str, Made]) -> Made:
    """Buyers by weeks of an ISO year, from the orders of the months that touch it."""
    near = [made for month, made in orders.items() if year in {day.isocalendar().year for day in _ends(month)}]
    calendar = steps.ground(f"calendar-{year}", _calendar(year))
    question = buyer_weeks if name == "buyer_weeks" else weekly_buyers
    return steps.run(
        f"{name}/{year}",
        ROLLUPS[name].schema,
        [FORMAT, [made.key for made in near]],
        lambda: question(bought_weeks(steps.scan(*near), steps.scan(calendar))),
    )


def _calendar(year: int) -> pl.DataFrame:
    """The days of an ISO year with their week and its bit; no engine computes weeks."""
    first, after = dt.date.fromisocalendar(year, 1, 1), dt.date.fromisocalendar(year + 1, 1, 1)
    days = pl.date_range(first, after, closed="left", eager=True)
    weeks = pl.Series([(day - first) // _WEEK for day in days], dtype=pl.Int64)
    return pl.DataFrame({"local_on": days, "iso_week": weeks + 1}).with_columns(
        iso_year=pl.lit(year, pl.Int64), bit=pl.Series([1 << week for week in weeks], dtype=pl.Int64)
    )


def _publish(place: Place, steps: Steps, tables: Mapping[str, list[Made]]) -> None:
    """Point readers to the new tables in one write; keep the files of those before for whoever reads them still."""
    known = json.loads(place.read(CURRENT) or b"{}")
    used = sorted(made.folder for made in steps.used.values())
    told: dict[str, Any] = {
        "format": FORMAT,
        "tables": {name: [file for one in made for file in one.files] for name, made in tables.items()},
        "steps": used,
    }
    same = known.get("steps") == used
    told["before"] = known.get("before", []) if same else known.get("steps", [])
    if known != told:
        place.write(CURRENT, json.dumps(told).encode())
    kept = {*used, *told["before"]}
    place.drop([path for path in place.below(STEPS) if _step_of(path) not in kept])


def _step_of(path: str) -> str:
    """The step that a file belongs to: ``steps/kind/period/key``."""
    return "/".join(path.split("/")[:4]).removesuffix(".json").removesuffix(".parquet")


def _rows(place: Place, tables: list[Made]) -> int:
    files = [place.at(file) for made in tables for file in made.files]
    return sum(int(pl.scan_parquet(file, hive_partitioning=False).select(pl.len()).collect().item()) for file in files)
