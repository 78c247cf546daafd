"""A customer base bound through the ledger, and again after half a percent of new customers. Prints one JSON object."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import polars as pl

from benchmarks.books_run import peak_mb
from benchmarks.company import ZONE, import_masters
from ledger.bind import bind
from records import database
from schema.mapping import Mapping
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ledger.bind import BindReport

_NEW: Final = 200
"""One in so many is new."""

_FIRST: Final = 1_735_700_000
_SPAN: Final = 500 * 86_400


def main(arguments: Sequence[str] | None = None) -> int:
    """Bind in the data folder of the environment, which must be empty."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("customers", type=int)
    given = parser.parse_args(arguments)
    folder = Path(os.environ["CATCHLIGHT_HOME"]) / "masters"
    import_masters(folder)
    new = max(given.customers // _NEW, 1)
    _customers(folder / "customers-1.csv", 0, given.customers - new)
    first, first_s = _bound()
    _customers(folder / "customers-2.csv", given.customers - new, new)
    again, again_s = _bound()
    nothing, nothing_s = _bound()
    found = {
        "customers": again.customers, "rows": first.new_rows, "new_rows": again.new_rows, "no_rows": nothing.new_rows,
        "first_s": first_s, "again_s": again_s, "nothing_s": nothing_s, "peak_mb": peak_mb(),
    }  # fmt: skip
    sys.stdout.write(json.dumps(found) + "\n")
    database.dispose("real")
    return 0


def _bound() -> tuple[BindReport, float]:
    """A run, and its processor time in seconds."""
    start = time.process_time()
    report = bind("real", publish=False)
    return report, time.process_time() - start


def _customers(file: Path, first: int, count: int) -> None:
    """Import so many customers with homes around the stores."""
    random = np.random.default_rng(first + 1)
    pl.DataFrame(
        {
            "customer_id": [f"N{n:08d}" for n in range(first, first + count)],
            "registered_at": pl.Series(_FIRST + random.integers(0, _SPAN, count)).cast(pl.Int64) * 1_000_000,
            "lat": random.uniform(30, 33, count),
            "lng": random.uniform(118, 122, count),
        }
    ).with_columns(pl.col("registered_at").cast(pl.Datetime("us")).dt.strftime("%Y-%m-%d %H:%M:%S")).write_csv(file)
    columns = {"customer_id": "customer_id", "registered_at": "registered_at", "home_lat": "lat", "home_lng": "lng"}
    mapping = Mapping("customers", columns, zone=ZONE, currency="CNY", decimal=".", date_order="ymd", datum="WGS-84")
    warehouse.import_files([file], mode="real", mapping=mapping, zone=ZONE, currency="CNY", trusted=True)


if __name__ == "__main__":
    sys.exit(main())
