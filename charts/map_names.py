"""Where does a name stand so that it covers no store and no other name?

Names are placed here and not by the map alone: deck.gl's collision filter looks at a name's anchor, so it would hide
every name that stands beside its dot. At the first view nothing collides; further in there is only more room.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

import polars as pl

from charts.theme import Theme, rgb

if TYPE_CHECKING:
    from collections.abc import Sequence

    from charts.map_cells import Look

Anchor = Literal["start", "end"]

DOT: Final = 22.0
"""Pixels across a store's dot with its ring and a little air."""
BESIDE: Final = 11
"""Pixels from the middle of a dot to the name beside it."""
LONGEST: Final = 24
TOUCHING: Final = 40.0
"""Square pixels that two names may share: their corners."""
_PILL: Final = (9.5, 18.0, 27.0)
_STORE: Final = (6.4, 10.0, 18.0)
_PLACE: Final = (8.2, 12.0, 18.0)
"""Width of a letter, of both sides together, and height, in pixels; an East Asian sign is two letters wide."""
_STEPS: Final = (0, 26, -26, 40, -40, 56, -56)
_SMALL_STEPS: Final = ((0, 0), (0, 22), (0, -22), (30, 20), (-30, 20), (30, -20), (-30, -20), (0, 36), (0, -36))
_DARKER: Final = 0.45
_BRIGHTER: Final = 0.4


@dataclass(frozen=True)
class Pill:
    """A name on a plate, beside what it names; the heavier one is placed first and wins where two would collide."""

    text: str
    lat: float
    lng: float
    colour: str
    weight: float = 0.0


@dataclass(frozen=True)
class StoreName:
    """A store's name right (``start``) or left (``end``) of its dot."""

    text: str
    lat: float
    lng: float
    anchor: Anchor


@dataclass(frozen=True)
class _Box:
    x: float
    y: float
    width: float
    height: float

    def shares(self, other: _Box) -> float:
        wide = (self.width + other.width) / 2 - abs(self.x - other.x)
        high = (self.height + other.height) / 2 - abs(self.y - other.y)
        return max(0.0, min(wide, self.width, other.width)) * max(0.0, min(high, self.height, other.height))


@dataclass
class Plan:
    """What already stands on the first view of ``width`` pixels; each name that is placed takes its room."""

    look: Look
    width: int
    taken: list[_Box] = field(default_factory=list)

    def dots(self, stores: pl.DataFrame) -> None:
        """Keep the stores' dots free."""
        spots = stores.select("lat", "lng").iter_rows()
        self.taken += [_Box(*self.look.pixel(lat, lng), DOT, DOT) for lat, lng in spots]

    def pills(self, pills: Sequence[Pill]) -> list[Pill]:
        """Every pill, moved as little as possible so that it covers neither a dot nor a heavier pill."""
        out = []
        for pill in sorted(pills, key=lambda p: (-p.weight, p.text)):
            text = shortened(pill.text)
            x, y = self.look.pixel(pill.lat, pill.lng)
            width, height = _size(text, _PILL)
            options = [_Box(x + dx, y + dy, width, height) for dy in _STEPS for dx in _STEPS]
            best = min(options, key=lambda box: (self._covered(box), abs(box.x - x) + abs(box.y - y)))
            self.taken.append(best)
            lat, lng = self.look.place(best.x, best.y)
            out.append(replace(pill, text=text, lat=lat, lng=lng))
        return out

    def store_names(self, stores: pl.DataFrame) -> list[StoreName]:
        """The names that find room right or left of their dots."""
        out = []
        for name, lat, lng in stores.sort("store_id").select("name", "lat", "lng").iter_rows():
            text = shortened(name)
            x, y = self.look.pixel(lat, lng)
            width, height = _size(text, _STORE)
            away = BESIDE + width / 2
            sides: tuple[tuple[Anchor, float], ...] = (("start", x + away), ("end", x - away))
            for anchor, middle in sides:
                box = _Box(middle, y, width, height)
                if self._covered(box) <= TOUCHING and not self._is_cut(x, box):
                    self.taken.append(box)
                    out.append(StoreName(text, lat, lng, anchor))
                    break
        return out

    def spot(self, text: str, lat: float, lng: float) -> tuple[float, float] | None:
        """Where (lat, lng) a place's name finds room near the place; None where there is none."""
        x, y = self.look.pixel(lat, lng)
        width, height = _size(text, _PLACE)
        for dx, dy in _SMALL_STEPS:
            box = _Box(x + dx, y + dy, width, height)
            if self._covered(box) <= TOUCHING:
                self.taken.append(box)
                return self.look.place(box.x, box.y) if dx or dy else (lat, lng)
        return None

    def _is_cut(self, dot: float, box: _Box) -> bool:
        """Whether the view's edge would cut a name whose dot is in the view."""
        half = self.width / 2
        return abs(dot) < half < abs(box.x) + box.width / 2

    def _covered(self, box: _Box) -> float:
        return sum(map(box.shares, self.taken))


def core(spots: pl.DataFrame) -> tuple[float, float] | None:
    """The middle (lat, lng) of places with a ``weight``; None without any."""
    total = spots["weight"].sum()
    if spots.is_empty() or not total:
        return None
    lat, lng = spots.select(pl.col("lat", "lng").dot("weight") / total).row(0)
    return float(lat), float(lng)


def agent_pills(stores: pl.DataFrame, theme: Theme) -> list[Pill]:
    """One pill per agent at the middle of its stores, in ink; stores without an agent or a position have none.

    Args:
        stores: ``agent_id, lat, lng`` and, if known, ``agent_name``; one row per store.
        theme: Light or dark.
    """
    name = "agent_name" if "agent_name" in stores.columns else "agent_id"
    groups = (
        stores.drop_nulls(["agent_id", "lat", "lng"])
        .group_by("agent_id")
        .agg(pl.coalesce(name, "agent_id").first().alias("text"), pl.col("lat", "lng").mean(), pl.len().alias("stores"))
        .sort("agent_id")
    )
    rows = groups.select("text", "lat", "lng", "stores").iter_rows()
    return [Pill(text, lat, lng, theme.ink, min(999, 500 + stores)) for text, lat, lng, stores in rows]


def standing_out(colour: str, theme: Theme) -> str:
    """A cell's colour for the dots and names on it: darkened on light, mixed with the bright ink on dark."""
    other, share = ((0, 0, 0), _DARKER) if theme.name == "light" else (rgb(theme.ink), _BRIGHTER)
    mixed = (round(part + (to - part) * share) for part, to in zip(rgb(colour), other, strict=True))
    return "#" + "".join(f"{part:02x}" for part in mixed)


def shortened(text: str) -> str:
    """A name that fits beside its stores."""
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1].rstrip()}…"


def _size(text: str, kind: tuple[float, float, float]) -> tuple[float, float]:
    letter, sides, height = kind
    wide = sum(2 if unicodedata.east_asian_width(sign) in "WF" else 1 for sign in text)
    return sides + wide * letter, height
