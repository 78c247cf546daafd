"""The parts that must scale: sessions, nearest stores, cells, and what travels to the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from benchmarks.goals import worst
from benchmarks.measure import Line, interleaved, median_cpu_ms
from benchmarks.sessions import duckdb_line
from charts.dwell import hour_of_week_heatmap
from charts.maps import cell_map
from charts.theme import theme_of
from metrics.cells import cell_of, parent
from metrics.nearest import nearest_store
from metrics.sessions import sessionise
from schema.filters import Filters
from schema.geodesy import EARTH_RADIUS_M
from schema.scope import LOCAL_OWNER
from warehouse.mart_visits import visitor_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from schema.marts import Marts
    from warehouse.api import Snapshot

    Floats = NDArray[np.float64]

_STORES = 200
_CHUNK = 20_000
_REPEATS = 20
"""Calls of what takes a millisecond, so that what the memory of the other side costs is not what is measured."""
_COLUMNS = ["customer_key", "anon_id", "occurred_at", "type", "product_id", "seq", "fg_ms"]


def session_lines(snapshot: Snapshot) -> list[Line]:
    """Sessions and dwell of all the demo's events against merely reading their columns, and against DuckDB's window."""

    def decode() -> pl.DataFrame:
        return snapshot.scan("events").select(_COLUMNS).collect()

    events = decode()
    events = events.with_columns(visitor=visitor_of(events)).drop_nulls("visitor").with_row_index("event_id")
    ours, bound = interleaved(lambda: sessionise(events), decode)
    detail = f"{events.height:,} events, {ours:.0f} ms against {bound:.0f} ms"
    return [Line("sessionise", ours / bound, 5.0, "× the decode bound", detail), duckdb_line(events)]


def nearest_line(customers: int) -> Line:
    """Nearest of 200 stores for many homes, against trying every store with numpy."""
    random = np.random.default_rng(7)
    people = pl.DataFrame({"lat": random.uniform(30, 33, customers), "lng": random.uniform(118, 122, customers)})
    stores = pl.DataFrame(
        {
            "store_id": [f"S{number:03}" for number in range(_STORES)],
            "lat": random.uniform(30, 33, _STORES),
            "lng": random.uniform(118, 122, _STORES),
        }
    )
    found, tried = nearest_store(people, stores)["nearest_store_id"].to_list(), _try_all(people, stores)
    agree = sum(a == b for a, b in zip(found, tried, strict=True)) / customers
    ours, other = interleaved(lambda: nearest_store(people, stores), lambda: _try_all(people, stores))
    detail = f"{customers:,} homes × {_STORES} stores, {ours:.0f} ms against {other:.0f} ms, {agree:.2%} agree"
    return Line("nearest", other / ours if agree == 1 else None, 12.0, "× less than numpy", detail, at_least=True)


def _try_all(people: pl.DataFrame, stores: pl.DataFrame) -> list[str]:
    """The haversine distance from every home to every store."""
    lat, lng = (np.radians(stores[name].to_numpy()) for name in ("lat", "lng"))
    best: list[Floats] = []
    for part in people.iter_slices(_CHUNK):
        y, x = (np.radians(part[name].to_numpy())[:, None] for name in ("lat", "lng"))
        half = np.sin((lat - y) / 2) ** 2 + np.cos(y) * np.cos(lat) * np.sin((lng - x) / 2) ** 2
        best.append((2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(half))).argmin(axis=1))
    ids = stores["store_id"].to_list()
    return [ids[int(row)] for row in np.concatenate(best)]


def h3_line(points: int) -> Line:
    """A coarser cell from a finer one, against indexing the place again."""
    random = np.random.default_rng(7)
    places = pl.DataFrame({"lat": random.uniform(30, 33, points), "lng": random.uniform(118, 122, points)})
    fine = places.with_columns(cell_of(places, "lat", "lng", 9).alias("cell"))

    def coarser() -> None:
        fine.select(parent(pl.col("cell"), 8))

    def often() -> None:
        for _ in range(_REPEATS):
            coarser()

    first, again = interleaved(coarser, lambda: cell_of(places, "lat", "lng", 8))
    ours = interleaved(often, lambda: cell_of(places, "lat", "lng", 8))[0] / _REPEATS
    detail = f"{points:,} places, {ours:.1f} ms against {again:.0f} ms; {first:.1f} ms the first time in fresh memory"
    return Line("h3_parent", again / ours, 100.0, "× cheaper", detail, at_least=True)


def payload_lines(snapshot: Snapshot, marts: Marts) -> list[Line]:
    """Bytes a cell that travel to the browser, without the page around them."""
    all_addresses()
    asked = context(Filters(), LOCAL_OWNER, snapshot, marts, page="catchment")
    homes = ask("catchment/customers", asked, resolution=8).table.select(
        pl.col("cell").str.to_integer(base=16, dtype=pl.Int64), pl.col("customers").alias("value")
    )
    theme = theme_of("light")

    def drawn(cells: pl.DataFrame) -> int:
        view = cell_map(cells, measure="customers", unit="customers", theme=theme, style_url="/style.json")
        return len(view.deck.to_json().encode())

    shown = homes.head(1_000)
    per_map = (drawn(shown) - drawn(shown.head(1))) / (shown.height - 1)
    heat = ask("dwell/heatmap", context(Filters(), LOCAL_OWNER, snapshot, marts, page="dwell")).table
    rows = heat.select("group", "hour_of_week", "known_views", value="index")

    def heated(cells: pl.DataFrame) -> int:
        return len(hour_of_week_heatmap(cells, theme, measure="index").to_json().encode())

    one = rows.filter(pl.col("group") == pl.col("group").first())
    whole = heated(rows)
    per_heat = (whole - heated(one)) / (rows.height - one.height)
    ms = median_cpu_ms(lambda: heated(rows))
    lines = [
        Line("payload_map", per_map, 80.0, "bytes a cell", f"{shown.height:,} cells, tooltips included"),
        Line(
            "payload_heatmap",
            per_heat,
            3.0,
            "bytes a cell",
            f"{rows.height:,} cells and the names of their rows; {whole:,} bytes with axes and scale, {ms:.0f} ms",
        ),
    ]
    return [worst("payload", lines), *lines]
