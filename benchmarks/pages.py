"""How long does the server take to answer a changed filter, page by page?"""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING, Any

import polars as pl

from answers import all_addresses
from answers.periods import context
from answers.registry import ask
from benchmarks.measure import Line, cpu_ms
from schema.filters import parse_filters
from schema.scope import LOCAL_OWNER

if TYPE_CHECKING:
    from schema.marts import Marts
    from warehouse.api import Snapshot

GOAL_MS = 150.0

PAGES: dict[str, tuple[tuple[str, dict[str, Any]], ...]] = {
    "overview": (
        ("overview/kpis", {}),
        ("overview/weekly", {}),
        ("overview/trend", {}),
        ("overview/findings", {}),
        ("overview/ranking", {"by": "city"}),
        ("overview/funnel", {}),
        ("data/report", {}),
        ("data/codes", {}),
    ),
    "dwell": (
        ("dwell/heatmap", {}),
        ("dwell/spikes", {}),
        ("dwell/quadrant", {}),
        ("dwell/lingered", {}),
        ("dwell/cross", {"by": "channel"}),
        ("dwell/coverage", {}),
    ),
    "purchases": (
        ("purchases/summary", {}),
        ("overview/kpis", {}),
        ("purchases/frequency", {}),
        ("purchases/gaps", {}),
        ("purchases/lorenz", {}),
        ("purchases/concentration", {}),
        ("purchases/second", {}),
        ("purchases/cohorts", {}),
        ("purchases/rfm", {}),
    ),
    "products": (
        ("products/summary", {}),
        ("products/hours", {}),
        ("products/views", {}),
        ("products/frequency", {}),
        ("products/amount", {}),
        ("products/days", {}),
        ("products/distance", {}),
        ("products/returns", {}),
        ("products/sizes", {}),
        ("products/attach", {}),
        ("catchment/customers", {"resolution": 6}),
        ("products/buyers", {"resolution": 8}),
    ),
    "catchment": (
        ("catchment/overlap", {"by": "agent"}),
        ("catchment/customers", {"resolution": 6}),
        ("catchment/customers", {"resolution": 8}),
        ("catchment/leakage", {}),
        ("catchment/radii", {}),
    ),
}
"""What each page asks when it opens as it is."""


def page_lines(snapshot: Snapshot, marts: Marts) -> list[Line]:
    """A line a page: all its questions under filters that change each time, marts loaded, no answer cached."""
    all_addresses()
    lines = []
    for page, questions in PAGES.items():
        _ask(page, questions, "", snapshot, marts)  # a server answered somebody before
        taken = {query: cpu_ms(lambda q=query: _ask(page, questions, q, snapshot, marts)) for query in _queries(marts)}  # type: ignore[misc]  # noqa: B023
        worst = max(taken, key=lambda query: taken[query])
        detail = (
            f"{len(questions)} questions, {len(taken)} filters; slowest {worst or 'no filter'}: {taken[worst]:.0f} ms"
        )
        lines.append(Line(f"page_{page}", statistics.median(taken.values()), GOAL_MS, "ms", detail))
    return lines


def _queries(marts: Marts) -> list[str]:
    """Changes people make: no filter at all is one of them, and the slowest."""
    agents = marts.places["agent_id"].drop_nulls().unique().sort()
    city = marts.places["city"].drop_nulls().unique().sort()[0]
    category = marts.goods["category"].drop_nulls().unique().sort()[0]
    store = marts.places["store_id"].sort()[0]
    last = marts.orders.select(pl.col("local_on").max().cast(pl.String)).item()
    return [
        "",
        f"agent={agents[0]}",
        f"city={city}",
        f"store={store}",
        "channel=pos",
        f"category={category}".replace(" ", "+"),
        f"agent={agents[1]}&category={category}".replace(" ", "+"),
        "segment=loyal",
        f"from=2026-06-01&to={last}",
    ]


def _ask(
    page: str, questions: tuple[tuple[str, dict[str, Any]], ...], query: str, snapshot: Snapshot, marts: Marts
) -> None:
    asked = context(parse_filters(query), LOCAL_OWNER, snapshot, marts, page=page)
    for address, options in questions:
        ask(address, asked, **options)
