"""Who is one person: all identities of a customer base unified at once, in time and in memory."""

from __future__ import annotations

import resource
from pathlib import Path
from typing import Final

import numpy as np
import polars as pl

from benchmarks.measure import Line, cpu_ms
from metrics.identity import Unified, unify

_PAIRED: Final = 0.2
"""Share of customers whose telephone somebody else gives too."""
_SECONDS_A_MILLION: Final = 4.0
_BYTES_AN_IDENTITY: Final = 400.0


def identity_lines(customers: int) -> list[Line]:
    """Unify five identities a customer; a part of its own, so that the peak is its own.

    Args:
        customers: how many; every fifth shares a telephone with another, some of them with another unionid each.
    """
    rows = _identities(customers)
    before = _held()
    found: list[Unified] = []
    took = cpu_ms(lambda: found.append(unify(rows)))
    (unified,) = found
    added = _peak() - before
    persons, conflicts = unified.people["person"].n_unique(), unified.conflicts.select("id_type", "id_hash").n_unique()
    said = f"{rows.height:,} identities of {customers:,} customers, processor time: {persons:,} persons, {conflicts:,} in conflict"
    memory = f"most memory beyond the table itself, making it included: {added / 2**20:,.0f} MiB"
    return [
        Line("identities", took / 1000, rows.height * _SECONDS_A_MILLION / 1e6, "s", said),
        Line("identities_memory", added / rows.height, _BYTES_AN_IDENTITY, "B an identity", memory),
    ]


def _identities(customers: int) -> pl.DataFrame:
    random = np.random.default_rng(1)
    keys = np.arange(1, customers + 1)
    shared = keys.copy()
    paired = random.permutation(customers)[: 2 * int(customers * _PAIRED / 2)].reshape(-1, 2)
    shared[paired[:, 1]] = shared[paired[:, 0]]
    cards = np.where(random.random(customers) < _PAIRED, shared, keys)
    unionids = np.where(random.random(customers) < 0.9, shared, keys)  # noqa: PLR2004  (the tenth part is in conflict)
    kinds = {"unionid": unionids, "phone": shared, "card": cards, "openid": keys, "openid_2": keys}
    return pl.concat(
        pl.DataFrame(
            {
                "customer_key": keys,
                "id_type": pl.repeat(kind.removesuffix("_2"), customers, eager=True),
                "id_hash": pl.Series(numbers).cast(pl.String).str.zfill(32) + kind,
                "verified": pl.repeat(value=True, n=customers, dtype=pl.Boolean, eager=True),
                "first_seen": pl.repeat(None, customers, dtype=pl.Datetime("us", "UTC"), eager=True),
            }
        )
        for kind, numbers in kinds.items()
    )


def _held() -> int:
    """The memory that this process has now, bytes."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * resource.getpagesize()


def _peak() -> int:
    """The most memory this process ever had, bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
