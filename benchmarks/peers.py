"""The same questions to others: scans of the raw rows with Polars, and DuckDB on the same Parquet files."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers.periods import context
from answers.registry import ask
from benchmarks.measure import Line, interleaved
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER
from warehouse.storage import files_by_month

if TYPE_CHECKING:
    from schema.marts import Marts
    from warehouse.api import Snapshot

PERIOD: Final = "from=2026-08-01&to=2026-10-31"
_IN: Final = "local_on BETWEEN DATE '2026-08-01' AND DATE '2026-10-31'"
_SOLD: Final = f"FROM lines JOIN orders USING (source, order_id) WHERE {_IN} AND status <> 'cancelled' AND NOT is_test"
_BUYERS: Final = (
    "SELECT customer_key, max(local_on) AS last_on, count(DISTINCT local_on) AS days, sum(net_minor) AS net "
    f"{_SOLD} GROUP BY 1"
)
_SCORED: Final = (
    "SELECT ntile(5) OVER (ORDER BY last_on) AS r, ntile(5) OVER (ORDER BY days) AS f, ntile(5) OVER (ORDER BY net) AS m "
    f"FROM ({_BUYERS})"
)

QUESTIONS: Final[dict[str, tuple[str, dict[str, str], str]]] = {
    "heatmap": (
        "dwell/heatmap",
        {"medians": "no"},
        (
            "SELECT category, hour_of_week, count(*) FROM events LEFT JOIN products USING (product_id) "
            f"WHERE type = 'view' AND {_IN} GROUP BY 1, 2"
        ),
    ),
    "views": (
        "products/views",
        {"product": "P0000003"},
        f"SELECT hour_of_week, count(*) FROM events WHERE type = 'view' AND product_id = 'P0000003' AND {_IN} GROUP BY 1",
    ),
    "trend": ("overview/trend", {}, f"SELECT local_on, sum(net_minor), count(DISTINCT order_id) {_SOLD} GROUP BY 1"),
    "ranking": (
        "overview/ranking",
        {"by": "category"},
        (
            "SELECT category, sum(net_minor) FROM lines JOIN orders USING (source, order_id) "
            f"LEFT JOIN products USING (product_id) WHERE {_IN} GROUP BY 1 ORDER BY 2 DESC"
        ),
    ),
    "funnel": (
        "overview/funnel",
        {},
        (
            "SELECT count(DISTINCT who) FILTER (type = 'view'), count(DISTINCT who) FILTER (type = 'cart'), (SELECT "
            f"count(DISTINCT customer_key) FROM orders WHERE {_IN}) FROM (SELECT type, coalesce(CAST(customer_key AS "
            f"VARCHAR), anon_id) AS who FROM events WHERE {_IN})"
        ),
    ),
    "frequency": (
        "purchases/frequency",
        {},
        (
            "SELECT days, count(*) FROM (SELECT customer_key, count(DISTINCT local_on) AS days FROM orders "
            f"WHERE {_IN} GROUP BY 1) GROUP BY 1"
        ),
    ),
    "rfm": ("purchases/rfm", {}, f"SELECT r, f, m, count(*) FROM ({_SCORED}) GROUP BY 1, 2, 3"),
    "cohorts": (
        "purchases/cohorts",
        {},
        (
            "SELECT date_trunc('month', first_on), date_diff('month', first_on, local_on), count(DISTINCT customer_key) "
            "FROM orders JOIN (SELECT customer_key, min(local_on) AS first_on FROM orders GROUP BY 1) USING (customer_key) "
            "GROUP BY 1, 2"
        ),
    ),
}
"""Question → our address, its options, and the plainest SQL that tells the same or less."""


def raw_heatmap(snapshot: Snapshot) -> pl.DataFrame:
    """Views by category and hour of the week, from all stored events."""
    goods = snapshot.scan("products").select("product_id", "category")
    views = snapshot.scan("events").filter(pl.col("type") == "view")
    return (
        views.join(goods, on="product_id", how="left")
        .group_by("category", "hour_of_week")
        .agg(pl.len())
        .collect(engine="streaming")
    )


def peer_lines(snapshot: Snapshot, marts: Marts) -> list[Line]:
    """Eight questions from the marts against DuckDB on the stored Parquet; one line for how many we are ahead on."""
    try:
        duckdb: Any = importlib.import_module("duckdb")
    except ModuleNotFoundError:
        said = "not measured: duckdb is not installed (pip install -r requirements-dev.txt)"
        return [Line("peers", None, len(QUESTIONS), "questions ahead", said, at_least=True)]
    link = duckdb.connect()
    for view, table in (("events", "events"), ("orders", "orders"), ("lines", "order_lines")):
        months = files_by_month(snapshot.folder, table, snapshot.versions.get(table))
        files = [
            str(snapshot.folder / table / f"month={month}" / file) for month, names in months.items() for file in names
        ]
        link.read_parquet(files, hive_partitioning=False).create_view(view)
    link.register("products", snapshot.read("products").select("product_id", "category").to_arrow())
    taken = {}
    for name, (address, options, query) in QUESTIONS.items():

        def ours(address: str = address, options: dict[str, str] = options) -> object:
            page = address.split("/", 1)[0]
            asked = context(parse_filters(PERIOD), LOCAL_OWNER, snapshot, marts, page=page)
            return ask(address, asked, **options)

        taken[name] = interleaved(ours, lambda query=query: link.execute(query).fetchall())  # type: ignore[misc]
    ahead = sum(mine < theirs for mine, theirs in taken.values())
    said = ", ".join(f"{name} {mine:.0f}:{theirs:.0f}" for name, (mine, theirs) in taken.items())
    detail = f"ms against DuckDB {duckdb.__version__} on the same Parquet: {said}"
    return [Line("peers", ahead, len(QUESTIONS), "questions ahead", detail, at_least=True)]
