"""Which columns a file does not have at all: of those it says nothing, so what was known of them stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from warehouse.layout import REPLACEABLE
from warehouse.merge import body_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from loaders.load import Loaded

_PLACE: Final = frozenset({"lat", "lng", "latlng", "geohash", "lat_raw", "lng_raw", "datum_raw"})
_HOME: Final = frozenset({"home_lat", "home_lng", "home_src", "home_precision_m"})
_POSITION: Final = {"stores": _PLACE, "customers": _HOME | _PLACE}
"""Columns that say one thing together: a file with a new position does not keep the old one's precision or datum."""
_WRITTEN_AS: Final = {
    "billed_minor": frozenset({"billed"}),
    "fees_minor": frozenset({"fees"}),
    "cost_minor": frozenset({"cost"}),
    "list_minor": frozenset({"list_price", "list_price_minor"}),
    "kind": frozenset({"radius_m"}),
    "value": frozenset({"radius_m"}),
    "distance_m": frozenset({"distance_km"}),
    "duration_s": frozenset({"duration_min"}),
}
"""A stored column and the others that a file may say it by."""


def silences(loaded: Sequence[Loaded]) -> dict[str, dict[int, frozenset[str]]]:
    """Table → source of the batch → its body columns that the source does not have; sources with all are left out.

    Args:
        loaded: the sources in import order. One whose mapping names no column has all of them.
    """
    found: dict[str, dict[int, frozenset[str]]] = {}
    for index, one in enumerate(loaded):
        if one.shape not in REPLACEABLE or not one.mapping.columns:
            continue
        said = _said(one.shape, {*one.mapping.columns, *one.mapping.constants})
        silent = frozenset(body_columns(one.shape)) - said
        if silent:
            found.setdefault(one.shape, {})[index] = silent
    return found


def _said(table: str, named: set[str]) -> set[str]:
    together = _POSITION.get(table, frozenset())
    said = named | (together if named & together else set())
    return said | {column for column, others in _WRITTEN_AS.items() if named & others}
