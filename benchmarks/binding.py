"""Deciding whose customer is whose: a customer base from nothing, and a few new ones among it."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from benchmarks.measure import Line, median_cpu_ms
from metrics.binding import BindingFacts, decide
from metrics.nearest import nearest_store

if TYPE_CHECKING:
    from numpy.typing import NDArray

ROOT: Final = Path(__file__).parent.parent
_STORES: Final = 200
_FIRST: Final = 1_700_000_000_000_000
_SPAN: Final = 730 * 86_400_000_000
_UNTIL: Final = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
_RUNS: Final = 3
_US_A_CUSTOMER: Final = 10.0


def binding_lines(customers: int, folder: Path) -> list[Line]:
    """All of a customer base decided, and runs of the ledger before and after half a percent of new customers.

    Args:
        customers: how many; two years of registrations, a claim for every fourth, two orders each.
        folder: for a ledger of its own; removed again.
    """
    facts = _facts(customers)
    everybody = median_cpu_ms(lambda: decide(facts, [], _UNTIL), _RUNS)
    agree = _agreement(facts)
    said = f"{customers:,} customers × {_STORES} stores, processor time; {agree:.2%} agree with the nearest store"
    goal = customers * _US_A_CUSTOMER / 1e6
    return [Line("bind", everybody / 1000 if agree == 1 else None, goal, "s", said), _new_line(customers, folder)]


def _new_line(customers: int, folder: Path) -> Line:
    """Binding half a percent of new customers, against binding everybody for the first time: whole runs, written."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.bind_run", str(customers)], cwd=ROOT, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "CATCHLIGHT_HOME": str(folder)}, check=False,
    )  # fmt: skip
    shutil.rmtree(folder, ignore_errors=True)
    if done.returncode:
        return Line("bind_new", None, 1.0, "% of the first run", f"not measured: binding ended with {done.returncode}")
    told: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    said = (
        f"{told['customers']:,} customers; {told['again_s']:.2f} s of processor for {told['new_rows']:,} rows against "
        f"{told['first_s']:.1f} s for {told['rows']:,}; {told['nothing_s']:.2f} s when nothing is new"
    )
    return Line("bind_new", 100 * told["again_s"] / told["first_s"], 1.0, "% of the first run", said)


def _agreement(facts: BindingFacts) -> float:
    """Share of first decisions by place that chose the nearest store, every store open, without equally near ones."""
    plain = dataclasses.replace(
        facts,
        claims=facts.claims.clear(),
        stores=facts.stores.with_columns(opened_on=pl.lit(dt.date(2020, 1, 1)), closed_on=pl.lit(None, pl.Date)),
    )
    first = decide(plain, [], _UNTIL).spells.filter(order=0, tie_break="").drop_nulls("store_id")
    homes = facts.customers.select("customer_key", lat="home_lat", lng="home_lng")
    both = first.join(nearest_store(homes, facts.stores), on="customer_key")
    return int((both["store_id"] == both["nearest_store_id"]).sum()) / max(both.height, 1)


def _facts(customers: int) -> BindingFacts:
    random = np.random.default_rng(1)
    names = pl.Series([f"S{number:03}" for number in range(_STORES)])

    def when(count: int) -> pl.Series:
        return pl.Series(_FIRST + random.integers(0, _SPAN, count)).cast(pl.Datetime("us", "UTC"))

    def where(count: int, middle: float) -> NDArray[np.float64]:
        return middle + random.normal(0, 0.3, count)

    def shop(count: int) -> pl.Series:
        return names.gather(random.integers(0, _STORES, count))

    stores = pl.DataFrame(
        {
            "store_id": names,
            "lat": where(_STORES, 31),
            "lng": where(_STORES, 121),
            "opened_on": [dt.date(2020, 1, 1) + dt.timedelta(days=int(n)) for n in random.integers(0, 1_900, _STORES)],
            "closed_on": [None if x > 0.1 else dt.date(2025, 3, 1) for x in random.random(_STORES)],  # noqa: PLR2004
            "accepts_binding": [True] * _STORES,
            "agent_id": [f"A{number % 9}" for number in range(_STORES)],
        }
    )
    people = pl.DataFrame(
        {
            "customer_key": random.permutation(customers).astype(np.int64),
            "registered_at": when(customers),
            "home_lat": where(customers, 31),
            "home_lng": where(customers, 121),
            "home_src": ["address"] * customers,
            "home_precision_m": random.uniform(20, 300, customers),
            "city": [None] * customers,
        },
        schema_overrides={"city": pl.String},
    )
    acts, paid = customers // 4, customers * 2
    claims = pl.DataFrame(
        {
            "customer_key": random.integers(0, customers, acts), "at": when(acts), "store_id": shop(acts),
            "guide_id": [None] * acts, "method": ["scan"] * acts,
        },
        schema_overrides={"guide_id": pl.String},
    )  # fmt: skip
    orders = pl.DataFrame(
        {"customer_key": random.integers(0, customers, paid), "paid_at": when(paid), "store_id": shop(paid)}
    )
    fixes = pl.DataFrame(
        schema={
            "customer_key": pl.Int64, "fixed_at": pl.Datetime("us", "UTC"), "lat": pl.Float64, "lng": pl.Float64,
            "accuracy_m": pl.Float64, "src": pl.String, "context_store_id": pl.String, "fix_id": pl.String,
        }
    )  # fmt: skip
    return BindingFacts(people, fixes, claims, orders, stores, zone="Asia/Shanghai")
