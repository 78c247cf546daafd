"""What a person corrected stays corrected when the same file comes again."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from schema.geodesy import to_wgs84
from warehouse.layout import STORED

KEY: Final = "datum_fixes"
"""Setting: JSON, store id → datum, the datum that its source declared, and the position that its source gave."""


def fixes_in(settings: pl.DataFrame) -> dict[str, Any]:
    """The corrections that the settings hold, by store id."""
    written = dict(settings.iter_rows()).get(KEY)
    return dict(json.loads(written)) if written else {}


def with_fixes(settings: pl.DataFrame, fixes: dict[str, Any]) -> pl.DataFrame:
    """The same settings with these corrections in place of those they held."""
    rest = settings.filter(pl.col("key") != KEY)
    if not fixes:
        return rest
    row = pl.DataFrame({"key": [KEY], "value": [json.dumps(fixes, ensure_ascii=False)]}, schema=STORED["settings"])
    return pl.concat([rest, row])


def converted(stores: pl.DataFrame, datum: str) -> pl.DataFrame:
    """The stores with their positions as given read on another datum."""
    placed = stores.with_columns(lat=pl.col("lat_raw"), lng=pl.col("lng_raw"), datum_raw=pl.lit(datum))
    return to_wgs84(placed, "lat", "lng", datum)


def corrected(stores: pl.DataFrame, settings: pl.DataFrame) -> tuple[pl.DataFrame, dict[int, int]]:
    """Incoming stores with the corrections that still hold: the same position, declared on the same datum as then.

    Args:
        stores: stored columns, ``_src`` and others.
        settings: of the published snapshot.

    Returns:
        The stores in the same order, and how many were corrected by ``_src``.
    """
    fixes = fixes_in(settings)
    if not fixes:
        return stores, {}
    known = pl.DataFrame([{"store_id": store, **fix} for store, fix in fixes.items()]).rename({"datum": "_datum"})
    keys = ["store_id", "lat_raw", "lng_raw", "datum_raw"]
    known = known.with_columns(pl.col("declared").cast(pl.String)).rename({"declared": "datum_raw"})
    found = stores.with_row_index("_at").join(known, on=keys, how="left", nulls_equal=True, maintain_order="left")
    told = found.filter(pl.col("_datum").is_not_null() & ~pl.col("is_derived"))
    parts = [
        converted(part.drop("_datum"), str(datum))
        for (datum,), part in told.partition_by("_datum", as_dict=True).items()
    ]
    rest = found.join(told.select("_at"), on="_at", how="anti").drop("_datum")
    every = pl.concat([rest, *[part.select(rest.columns) for part in parts]]).sort("_at").drop("_at")
    return every, dict(told.group_by("_src").agg(pl.len()).iter_rows())
