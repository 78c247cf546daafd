"""When the binding job of the demo bound whom: within seconds, but for the three hours in which it was stuck (P6)."""

from __future__ import annotations

import datetime as dt
from typing import Final

import numpy as np
import polars as pl

from demo.clock import DAY_S, Ints, day_index, rng, to_utc_us
from demo.people import PROMOTION

LATE: Final = 312
STUCK_S: Final = 3 * 3_600
TIMELY_S: Final = 60
_MEDIAN_S: Final = 12.0
_SIGMA: Final = 0.9
_QUICK_AT_MOST_S: Final = 55.0
_ARRIVES_S: Final = 3
_UTC: Final = pl.Datetime("us", "UTC")


def arrivals(seed: int, registrations: pl.DataFrame) -> pl.DataFrame:
    """When did each registration reach the system, and when was it bound?

    Args:
        seed: the company's.
        registrations: ``customer_key, registered_at, is_bound`` (whether any store was found).

    Returns:
        One row per registration, by time: ``customer_key, arrived_at, bound_at``. Exactly ``LATE`` of the bound ones
        of the promotion waited for the stuck job, up to three hours; all others of that day took under a minute.
    """
    rows = registrations.sort("registered_at", "customer_key")
    draw = rng(seed, "binding job")
    wait = np.round(_ARRIVES_S + _MEDIAN_S * np.exp(_SIGMA * draw.normal(0, 1, rows.height)), 1)
    at = rows["registered_at"].dt.epoch("us").to_numpy() // 1_000_000
    midnight = int(to_utc_us(np.array([day_index(PROMOTION) * DAY_S]))[0]) // 1_000_000
    today = (at >= midnight) & (at < midnight + DAY_S)
    wait[today] = np.minimum(wait[today], _QUICK_AT_MOST_S)
    start = stuck_from(at[today & rows["is_bound"].to_numpy()])
    late = today & (at >= start) & (at < start + STUCK_S - TIMELY_S)
    turn = np.cumsum(late)
    wait[late] = (start + STUCK_S - at + np.round(turn * 0.02, 2))[late]
    micros = pl.Series("wait", np.round(wait * 1_000_000).astype(np.int64)).cast(pl.Duration("us"))
    return rows.select(
        "customer_key",
        arrived_at=(pl.col("registered_at") + dt.timedelta(seconds=_ARRIVES_S)).cast(_UTC),
        bound_at=(pl.col("registered_at") + micros).cast(_UTC),
    )


def stuck_from(at: Ints) -> int:
    """The second from which a job stuck for three hours makes exactly ``LATE`` of these registrations late.

    Raises:
        ValueError: no such second exists.
    """
    times = np.sort(at)
    starts = np.arange(times[0], times[-1] - STUCK_S)
    first = np.searchsorted(times, starts, side="left")
    end = np.searchsorted(times, starts + STUCK_S - TIMELY_S, side="left")
    exact = np.flatnonzero(end - first == LATE)
    if not exact.size:
        message = f"No three hours of the promotion hold {LATE} registrations."
        raise ValueError(message)
    return int(starts[exact[0]])
