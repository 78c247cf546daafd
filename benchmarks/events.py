"""Exports of an invented shop of any size: ``python -m benchmarks.events FOLDER --events 10000000``.

Stores, agents, products and customers are one file each; events, orders and order lines are a file a month. A few days
are drawn at a time, so memory does not grow with the number of events. The same arguments write the same bytes.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import gzip
import itertools
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, cast

import numpy as np
import polars as pl
from pyarrow.parquet import ParquetWriter  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Ints = NDArray[np.int64]

ZONE: Final = "Asia/Shanghai"
CHANNELS: Final = ("app", "miniapp", "web", "pos", "other")
FORMATS: Final = ("csv", "csv.gz", "parquet")
_TYPES: Final = ("view", "cart", "share", "scan")
_TYPE_SHARES: Final = (0.86, 0.09, 0.03, 0.02)
_DAY_US: Final = 86_400_000_000
_ROWS_AT_ONCE: Final = 1_000_000
_EVENTS_A_SESSION: Final = 5
_GAP_US: Final = 45_000_000
_MEMBERS: Final = 0.7
_DRAWN_BUSY: Final = np.repeat(
    np.arange(24), [1, 1, 1, 1, 1, 1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 6, 6, 7, 9, 11, 12, 11, 7, 3]
)
"""An hour for each of 126 equal chances: people look in the evening."""


@dataclass(frozen=True)
class Shop:
    """How large the shop is.

    Attributes:
        events: rows of events over all months.
        orders: orders over all months, two lines each.
        last_on: the last day; every month up to it is whole.
        with_ids: whether each event has an id of its own.
    """

    events: int = 10_000_000
    orders: int = 1_000_000
    stores: int = 200
    agents: int = 40
    products: int = 2_000
    categories: int = 40
    customers: int = 200_000
    months: int = 12
    last_on: dt.date = dt.date(2026, 10, 31)
    seed: int = 7
    with_ids: bool = True
    _names: dict[str, pl.Series] = field(default_factory=dict, repr=False, compare=False)

    def names(self, letter: str, count: int) -> pl.Series:
        """The ids of one dimension, made once."""
        if letter not in self._names:
            self._names[letter] = pl.select(
                pl.format(f"{letter}{{}}", pl.int_range(count).cast(pl.String).str.zfill(7))
            ).to_series()
        return self._names[letter]

    def month_starts(self) -> list[dt.date]:
        """The first day of each month, the oldest first, and the first day after the last."""
        after = self.last_on + dt.timedelta(days=1)
        last = after.year * 12 + after.month - 1
        return [dt.date(n // 12, n % 12 + 1, 1) for n in range(last - self.months, last + 1)]


def write_shop(folder: Path, shop: Shop, form: str = "csv") -> list[Path]:
    """Write all files of a shop.

    Args:
        folder: for the files; made when missing.
        shop: how large it is.
        form: one of ``FORMATS``, for events and orders.

    Returns:
        The files, parents first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = _write_masters(folder, shop)
    starts = shop.month_starts()
    days = (starts[-1] - starts[0]).days
    done = {"events": 0, "orders": 0}
    for first, after in itertools.pairwise(starts):
        upto = (after - starts[0]).days
        count = {name: getattr(shop, name) * upto // days - done[name] for name in done}
        sold = [folder / f"{name}-{first:%Y-%m}.{form}" for name in ("orders", "order_lines")]
        _write(sold, _orders(shop, first, after, count["orders"], done["orders"]))
        events = folder / f"events-{first:%Y-%m}.{form}"
        _write([events], ((part,) for part in _events(shop, first, after, count["events"], done["events"])))
        files += [*sold, events]
        done = {name: done[name] + count[name] for name in done}
    return files


def write_day(file: Path, shop: Shop, day: dt.date, events: int) -> Path:
    """Write the events of one more day; their ids follow those of the shop."""
    after = day + dt.timedelta(days=1)
    _write([file], ((part,) for part in _events(shop, day, after, events, shop.events)))
    return file


def _events(shop: Shop, first: dt.date, after: dt.date, count: int, before: int) -> Iterator[pl.DataFrame]:
    """Events of these days in the order of time, some days at once."""
    for index, (day, days, rows, above) in enumerate(_stretches(first, after, count)):
        random = np.random.default_rng([shop.seed, day.toordinal(), index])
        sessions = max(rows // _EVENTS_A_SESSION, 1)
        of = np.sort(random.integers(0, sessions, rows))
        ends = day + dt.timedelta(days=days)
        starts = _times(random, day, days, sessions)
        fresh = np.r_[True, of[1:] != of[:-1]][:rows]
        gaps = random.exponential(_GAP_US, rows).astype(np.int64)
        steps = np.cumsum(np.where(fresh, 0, gaps))
        at = starts[of] + steps - np.maximum.accumulate(np.where(fresh, steps, 0))
        at = np.minimum(at, _midnight(ends) - 1)
        order = np.argsort(at, kind="stable")
        who = _skewed(random, sessions, shop.customers)
        is_member = random.random(sessions) < _MEMBERS
        channel = random.integers(0, len(CHANNELS), sessions)
        store = random.integers(0, shop.stores, sessions)
        row = of[order]
        product = _skewed(random, rows, shop.products)
        kind = random.choice(len(_TYPES), rows, p=_TYPE_SHARES)
        told = {
            "occurred_at": pl.Series(at[order]).cast(pl.Datetime("us", "UTC")).dt.cast_time_unit("ms"),
            "customer_id": _named(shop.names("C", shop.customers), who[row], is_member[row]),
            "anon_id": _named(shop.names("V", shop.customers), who[row], ~is_member[row]),
            "type": _named(pl.Series(_TYPES), kind),
            "product_id": _named(shop.names("P", shop.products), product),
            "channel": _named(pl.Series(CHANNELS), channel[row]),
            "store_id": _named(shop.names("S", shop.stores), store[row], channel[row] == CHANNELS.index("pos")),
        }
        if shop.with_ids:
            number = pl.int_range(before + above, before + above + rows, eager=True).cast(pl.String).str.zfill(11)
            told = {"event_id": "E" + number, **told}
        yield pl.DataFrame(told)


def _orders(
    shop: Shop, first: dt.date, after: dt.date, count: int, before: int
) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """Orders of these days and their lines, two each."""
    for index, (day, days, rows, above) in enumerate(_stretches(first, after, count)):
        random = np.random.default_rng([shop.seed, 1, day.toordinal(), index])
        at = pl.Series(np.sort(_times(random, day, days, rows))).cast(pl.Datetime("us", "UTC")).dt.cast_time_unit("ms")
        channel = random.integers(0, len(CHANNELS), rows)
        store = random.integers(0, shop.stores, rows)
        number = pl.int_range(before + above, before + above + rows, eager=True).cast(pl.String).str.zfill(10)
        ids = "O" + number
        orders = pl.DataFrame(
            {
                "order_id": ids,
                "paid_at": at,
                "customer_id": _named(shop.names("C", shop.customers), _skewed(random, rows, shop.customers)),
                "channel": _named(pl.Series(CHANNELS), channel),
                "selling_store_id": _named(shop.names("S", shop.stores), store, channel == CHANNELS.index("pos")),
                "status": "completed",
            },
            strict=False,
        )
        parts = [
            pl.DataFrame(
                {
                    "order_id": ids,
                    "line_id": pl.repeat(str(line), rows, eager=True),
                    "product_id": _named(shop.names("P", shop.products), _skewed(random, rows, shop.products)),
                    "qty": pl.repeat(1, rows, eager=True),
                    "net_amount": random.integers(5_00, 900_00, rows) / 100,
                }
            )
            for line in (1, 2)
        ]
        yield orders, pl.concat(parts).sort("order_id", "line_id")


def _stretches(first: dt.date, after: dt.date, count: int) -> Iterator[tuple[dt.date, int, int, int]]:
    """Cut days so that each stretch holds about ``_ROWS_AT_ONCE`` rows: its first day, days, rows, rows before it."""
    days = (after - first).days
    each = max(1, min(days, days * _ROWS_AT_ONCE // max(count, 1)))
    for start in range(0, days, each):
        end = min(start + each, days)
        above = count * start // days
        yield first + dt.timedelta(days=start), end - start, count * end // days - above, above


def _midnight(day: dt.date) -> int:
    """The first instant of a local day, microseconds."""
    return (day - dt.date(1970, 1, 1)).days * _DAY_US - 8 * _DAY_US // 24


def _times(random: np.random.Generator, day: dt.date, days: int, count: int) -> Ints:
    hours = _DRAWN_BUSY[random.integers(0, _DRAWN_BUSY.size, count)]
    within = random.integers(0, _DAY_US // 24, count)
    found: Ints = _midnight(day) + random.integers(0, days, count) * _DAY_US + hours * (_DAY_US // 24) + within
    return found


def _skewed(random: np.random.Generator, count: int, of: int) -> Ints:
    """Few are met often, most seldom."""
    return (random.random(count) ** 2 * of).astype(np.int64)


def _named(names: pl.Series, which: Ints, where: NDArray[np.bool_] | None = None) -> pl.Series:
    found = names.gather(which)
    return found if where is None else found.set(pl.Series(~where), None)


def _write_masters(folder: Path, shop: Shop) -> list[Path]:
    random = np.random.default_rng([shop.seed, 2])
    stores = np.arange(shop.stores)
    tables = {
        "agents": pl.DataFrame({"agent_id": shop.names("A", shop.agents)}).with_columns(level=pl.lit("gold")),
        "stores": pl.DataFrame(
            {
                "store_id": shop.names("S", shop.stores),
                "agent_id": shop.names("A", shop.agents).gather(stores % shop.agents),
                "city": pl.Series(["Shanghai", "Nanjing", "Hangzhou", "Suzhou"]).gather(stores % 4),
                "lat": random.uniform(30, 33, shop.stores).round(5),
                "lng": random.uniform(118, 121.5, shop.stores).round(5),
                "datum": ["WGS-84"] * shop.stores,
                "opened_on": ["2020-01-01"] * shop.stores,
            }
        ),
        "products": pl.DataFrame(
            {
                "product_id": shop.names("P", shop.products),
                "category": shop.names("K", shop.categories).gather(np.arange(shop.products) % shop.categories),
            }
        ).with_columns(name=pl.format("Product {}", "product_id")),
        "customers": pl.DataFrame(
            {
                "customer_id": shop.names("C", shop.customers),
                "registered_at": [f"{shop.month_starts()[0]}T00:00:00+08:00"] * shop.customers,
            }
        ),
    }
    files = []
    for name, table in tables.items():
        files.append(folder / f"{name}.csv")
        table.write_csv(files[-1])
    return files


def _write(files: Sequence[Path], parts: Iterator[tuple[pl.DataFrame, ...]]) -> None:
    """Write parts of several tables to a file each, part after part."""
    if files[0].suffix == ".parquet":
        writers: list[ParquetWriter] = []
        for part in parts:
            tables = [table.to_arrow() for table in part]
            writers = writers or [ParquetWriter(f, t.schema) for f, t in zip(files, tables, strict=True)]
            for writer, arrow in zip(writers, tables, strict=True):
                writer.write_table(arrow)
        for writer in writers:
            writer.close()
        return
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(_open(file)) for file in files]
        for index, part in enumerate(parts):
            for out, table in zip(opened, part, strict=True):
                text = table.write_csv(include_header=index == 0, datetime_format="%Y-%m-%dT%H:%M:%S%.3fZ")
                out.write(text.encode())


def _open(file: Path) -> IO[bytes]:
    if file.suffix == ".gz":
        return cast("IO[bytes]", gzip.GzipFile(file, "wb", compresslevel=1, mtime=0))
    return file.open("wb")


def main(arguments: Sequence[str] | None = None) -> int:
    """Write a shop's files."""
    shop = Shop()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    for name in ("events", "stores", "agents", "products", "categories", "customers", "months", "seed"):
        parser.add_argument(f"--{name}", type=int, default=getattr(shop, name))
    parser.add_argument("--orders", type=int, help="default: a tenth of the events")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="of events and orders")
    parser.add_argument("--without-ids", action="store_true", help="events have no ids of their own")
    given = vars(parser.parse_args(arguments))
    folder, form, without = given.pop("folder"), given.pop("format"), given.pop("without_ids")
    if given["orders"] is None:
        given["orders"] = given["events"] // 10
    files = write_shop(folder, Shop(**given, with_ids=not without), form)
    size = sum(file.stat().st_size for file in files)
    sys.stdout.write(f"{len(files)} files, {size / 1e6:,.0f} MB in {folder}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
