"""Which stores were promised the area that a place lies in?

Only territories that protect ``binding`` count, on the local days for which they hold. A *radius* is drawn around the
territory's store; a *set of cells* holds a place whose cell is in it, each cell at its own resolution; a *district* has
no drawn border, so a place belongs to the district (or city) of the nearest store that was open then. A territory
without a store stands for all stores of its agent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from metrics.binding_stores import EVER, NOBODY, SINCE_EVER, midnight, to_metres
from metrics.cells import cell_of

if TYPE_CHECKING:
    from metrics.binding_stores import Bools, Floats, Ints, Stores

_COARSEST, _FINEST = 0, 15
_RESOLUTION_AT: Final = 52


class Areas:
    """The territories that protect binding."""

    def __init__(self, territories: pl.DataFrame, stores: Stores, zone: str) -> None:
        """Keep those that count; a radius without a store or a number, and unreadable cells, hold nothing."""
        self._stores = stores
        protects = pl.col("protects").fill_null("").str.split(" ").list.contains("binding")
        rows = territories.filter(protects).sort("territory_id") if territories.height else territories
        self._all = [self._read(row, zone) for row in rows.to_dicts()]

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._all)

    def _read(self, row: dict[str, Any], zone: str) -> dict[str, Any]:
        stores = self._stores
        if row["store_id"]:
            of = np.flatnonzero((stores.ids == row["store_id"]).to_numpy())
        elif row["agent_id"]:
            of = np.flatnonzero((stores.agent_ids == row["agent_id"]).fill_null(value=False).to_numpy())
        else:
            of = np.empty(0, dtype=np.int64)
        return {
            "of": of.astype(np.int64),
            "kind": row["kind"],
            "value": str(row["value"]),
            "centre": int(of[0]) if row["store_id"] and of.size else NOBODY,
            "from": SINCE_EVER if row["valid_from"] is None else midnight(row["valid_from"], zone),
            "to": EVER if row["valid_to"] is None else midnight(row["valid_to"], zone),
        }

    def holders(self, lat: Floats, lng: Floats, at: Floats, instants: Ints, nearest: Ints) -> tuple[Ints, Ints]:
        """Pairs (row of the place, row of a store) of every place in somebody's territory, once each, in order.

        Args:
            lat: degrees.
            lng: degrees.
            at: the same as unit vectors.
            instants: when.
            nearest: row of the nearest open store; ``NOBODY`` for none.
        """
        places = pl.DataFrame({"lat": lat, "lng": lng}, schema={"lat": pl.Float64, "lng": pl.Float64}, nan_to_null=True)
        cells: dict[int, Ints] = {}
        pairs = [np.empty((0, 2), dtype=np.int64)]
        for area in self._all:
            holds = (area["from"] <= instants) & (instants < area["to"])
            holds &= self._inside(area, places, at, nearest, cells)
            rows = np.flatnonzero(holds)
            pairs.append(np.column_stack((np.repeat(rows, area["of"].size), np.tile(area["of"], rows.size))))
        found = np.unique(np.concatenate(pairs), axis=0)
        return found[:, 0], found[:, 1]

    def _inside(
        self, area: dict[str, Any], places: pl.DataFrame, at: Floats, nearest: Ints, cells: dict[int, Ints]
    ) -> Bools:
        nobody: Bools = np.zeros(places.height, dtype=np.bool_)
        if area["kind"] == "radius_m":
            reach = _number(area["value"])
            if area["centre"] == NOBODY or reach is None:
                return nobody
            apart = at - self._stores.at[area["centre"]]
            inside: Bools = to_metres(np.sqrt(np.einsum("ij,ij->i", apart, apart))) <= reach
            return inside
        if area["kind"] == "h3_set":
            for resolution, some in _by_resolution(area["value"]).items():
                if resolution not in cells:
                    cells[resolution] = cell_of(places, "lat", "lng", resolution).fill_null(0).to_numpy()
                nobody |= np.isin(cells[resolution], some)
            return nobody
        if area["kind"] == "district":
            name = area["value"].strip().casefold()
            named = np.array([name in names for names in self._stores.names] + [False])
            return named[nearest]  # the row of nobody, −1, is the False at the end
        return nobody


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _by_resolution(value: str) -> dict[int, list[int]]:
    """Cells as hexadecimal text, by resolution; what is no cell is left out."""
    found: dict[int, list[int]] = {}
    for word in value.split():
        try:
            cell = int(word, 16)
        except ValueError:
            continue
        resolution = cell >> _RESOLUTION_AT & 15
        if _COARSEST <= resolution <= _FINEST:
            found.setdefault(resolution, []).append(cell)
    return found
