"""Cities, agents and stores of the demo company: real cities, invented shops."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from demo.clock import Bools, Floats, Ints, rng
from schema.geodesy import wgs84_to_gcj02

KM_PER_DEGREE: Final = 111.195080
EARTH_M: Final = 6_371_008.8

CITIES: Final = {
    "Shanghai": (31.2304, 121.4737),
    "Beijing": (39.9042, 116.4074),
    "Suzhou": (31.2990, 120.5853),
    "Nanjing": (32.0603, 118.7969),
    "Chengdu": (30.5728, 104.0668),
    "Hangzhou": (30.2741, 120.1551),
    "Wuxi": (31.4912, 120.3119),
    "Wuhan": (30.5928, 114.3055),
}
AGENTS: Final = {
    "AG-01": "Pudong",
    "AG-02": "Huxi",
    "AG-03": "Yan",
    "AG-04": "Qiantang",
    "AG-05": "Jiangnan",
    "AG-06": "Taihu",
    "AG-07": "Jinling",
    "AG-08": "Shu",
    "AG-09": "Jiangcheng",
}
JIANGNAN: Final = "AG-05"
TAIHU: Final = "AG-06"
MALL: Final = "S-018"
"""The Beijing mall whose customers come along a metro line."""
VICTIM: Final = "S-038"
NEWCOMER: Final = "S-041"
OPENING: Final = dt.date(2026, 3, 1)

_SUZHOU_WUXI_MIDDLE: Final = (31.400, 120.470)
_PAIR_GAP_KM: Final = 6.0
_FACING_KM: Final = 2.0
METRO_BEARING: Final = 75.0

_OFFSETS: Final = {
    "Shanghai": (
        ("", 0, 0, "Lantern Square"), ("", 6, 5, "Heron Quay"), ("", -6, 4, "Plane Tree Road"),
        ("", -5, -6, "Old Observatory"), ("", 5, -5, "Silk Wharf"), ("", -11, -1, "Camphor Park"),
        ("AG-01", 13, 2, "Kite Bridge"), ("AG-01", 14, -8, "Salt Gate"), ("AG-01", 20, -3, "Reed Garden"),
        ("AG-01", 20, 5, "Harbour Lights"), ("AG-02", -20, 1, "Mulberry Lane"), ("AG-02", -20, -8, "Stone Horse"),
        ("AG-02", -26, -3, "Crane Village"), ("AG-02", -25, 7, "West Orchard"),
    ),
    "Beijing": (
        ("", -5, 6, "Drum Lane"), ("", 6, 8, "Persimmon Yard"), ("", -8, -3, "Moon Terrace"),
        ("", 1.5, -1.0, "Amber Gate Mall"), ("", 3, -9, "South Canal"), ("", 11, 3, "Ginkgo Avenue"),
        ("AG-03", -14, 8, "Snow Pine"), ("AG-03", -13, -10, "Reed Lake"), ("AG-03", 15, 11, "Airport Village"),
        ("AG-03", 15, -7, "East Kiln"),
    ),
    "Suzhou": (
        ("", 0, 0.5, "Willow Bridge"), ("AG-05", 8.5, -2, "Lotus Shore"), ("AG-05", -6, -6, "Tiger Stone"),
        ("AG-05", 1.5, -9, "Water Gate"), ("AG-05", 0, 0, "Canal Market"), ("AG-05", 0, 0, "Silk Mill"),
    ),
    "Nanjing": (
        ("", -1, -2.5, "Plum Gate"), ("", -4, 4.5, "Drum Tower Hill"), ("AG-07", -8, -5, "River Terrace"),
        ("AG-07", 2, -9, "Rain Flower"), ("AG-07", 8, -1, "Cedar Hill"), ("AG-07", 6, 8, "Fairy Forest"),
    ),
    "Chengdu": (
        ("", 0, 1, "Teahouse Row"), ("AG-08", 4, -8, "Brocade Park"), ("AG-08", 7, 6, "Panda Road"),
        ("", -7, 6, "Bamboo Court"), ("AG-08", 5.2, -9.723, "Tianfu"), ("AG-08", -8, -4, "Hibiscus Lane"),
    ),
    "Hangzhou": (
        ("", 1.5, 1.5, "Tea Hill"), ("", -4, 6.5, "Canal Steps"), ("", 6.5, 5, "Osmanthus Road"),
        ("", 3.5, -5.5, "River Pagoda"), ("AG-04", 11, -3, "Tide Watch"), ("AG-04", 17, 1, "Star Avenue"),
        ("AG-04", 12.5, 9.5, "Orchid Town"), ("AG-04", 9.5, -11, "Bay Market"),
    ),
    "Wuxi": (
        ("", 0, 0.5, "Clay Doll Street"), ("AG-06", 8, 7, "Rice Market"), ("AG-06", -5, 8, "Spring Hill"),
        ("AG-06", 0, 0, "Lake Station"), ("AG-06", 0, 0, "Peach Isle Road"),
    ),
    "Wuhan": (
        ("", -4, 3.5, "Clock Wharf"), ("", 3, -5.5, "Crane Steps"), ("AG-09", -9, -6, "Zither Terrace"),
        ("AG-09", 10, -11, "Optics Park"), ("AG-09", -11, 9, "Golden Lake"),
    ),
}  # fmt: skip
"""City → (agent, km east, km north of the centre, name); zeros stand for the facing pairs, placed below."""

_LAKES: Final = (
    (31.220, 120.120, 25.0), (31.430, 120.150, 8.0), (31.430, 120.770, 6.0), (30.245, 120.143, 1.7),
    (30.555, 114.385, 3.5), (32.074, 118.797, 1.2), (31.310, 120.700, 1.3),
)  # fmt: skip
"""Large lakes near the shops as circles (latitude, longitude, km): nobody lives there."""


@dataclass(frozen=True)
class Places:
    """The stores as arrays: true positions in rounded WGS-84 degrees, in the order of their ids."""

    store_id: list[str]
    name: list[str]
    city: list[str]
    agent: list[str]
    lat: Floats
    lng: Floats
    area: Ints
    opened_on: list[dt.date]

    def index(self, store_id: str) -> int:
        """The row of a store."""
        return self.store_id.index(store_id)

    def of_agent(self, agent_id: str) -> Ints:
        """The rows of an agent's stores."""
        return np.flatnonzero(np.array(self.agent) == agent_id)


def move(lat: float, lng: float, east_km: float, north_km: float) -> tuple[float, float]:
    """A point some kilometres away (flat, good enough within a city)."""
    return (
        round(lat + north_km / KM_PER_DEGREE, 6),
        round(lng + east_km / (KM_PER_DEGREE * float(np.cos(np.radians(lat)))), 6),
    )


def bearing(km: float, degrees: float) -> tuple[float, float]:
    """Kilometres east and north of a step in a direction."""
    return km * float(np.sin(np.radians(degrees))), km * float(np.cos(np.radians(degrees)))


def metres(lat1: Floats, lng1: Floats, lat2: Floats, lng2: Floats) -> Floats:
    """Great-circle distance in whole metres."""
    p1, p2 = np.radians(lat1), np.radians(lat2)
    half = np.sin((p2 - p1) / 2) ** 2 + np.cos(p1) * np.cos(p2) * np.sin(np.radians(lng2 - lng1) / 2) ** 2
    return np.asarray(np.round(2 * EARTH_M * np.arcsin(np.sqrt(half))))


def in_lake(lat: Floats, lng: Floats) -> Bools:
    """Whether points lie in one of the large lakes."""
    wet = np.zeros(len(lat), dtype=bool)
    for lake_lat, lake_lng, km in _LAKES:
        wet |= metres(lat, lng, np.full(len(lat), lake_lat), np.full(len(lng), lake_lng)) < km * 1_000
    return wet


def pair_centres() -> list[tuple[float, float]]:
    """The two neighbourhoods between Suzhou and Wuxi where Jiangnan and Taihu face each other."""
    return [move(*_SUZHOU_WUXI_MIDDLE, *bearing(sign * _PAIR_GAP_KM / 2, 50.0)) for sign in (-1, 1)]


def build_places(seed: int) -> Places:
    """The 60 stores: 24 run by the company, 36 by nine agents."""
    draw = rng(seed, "places")
    rows = [(city, *row) for city, stores in _OFFSETS.items() for row in stores]
    ids = [f"S-{n:03d}" for n in range(1, len(rows) + 1)]
    area = draw.integers(120, 300, len(rows)).astype(np.int64) // 10 * 10
    area[ids.index(MALL)] = 520
    points = [move(*CITIES[city], east, north) for city, _, east, north, _ in rows]
    for agent, sign in ((JIANGNAN, 1), (TAIHU, -1)):
        facing = [n for n, row in enumerate(rows) if row[1] == agent and row[2] == row[3] == 0]
        for n, centre in zip(facing, pair_centres(), strict=True):
            points[n] = move(*centre, *bearing(sign * _FACING_KM / 2, 35.0))
            area[n] = 200
    opened = [dt.date(2019, 3, 1) + dt.timedelta(days=int(days)) for days in draw.integers(0, 1_900, len(rows))]
    opened[ids.index(NEWCOMER)] = OPENING
    return Places(
        ids,
        [f"{row[0]} {row[4]}" for row in rows],
        [row[0] for row in rows],
        [row[1] for row in rows],
        np.array([p[0] for p in points]),
        np.array([p[1] for p in points]),
        area,
        opened,
    )


def stores_table(places: Places, unknown_area: tuple[str, ...]) -> pl.DataFrame:
    """``stores.csv`` as the company keeps it: Taihu's rows are GCJ-02 although the list says WGS-84."""
    lat, lng = places.lat.copy(), places.lng.copy()
    shifted = pl.DataFrame({"lat": lat, "lng": lng}).select(
        *(
            part.round(6).alias(name)
            for part, name in zip(wgs84_to_gcj02(pl.col("lat"), pl.col("lng")), "ab", strict=True)
        )
    )
    for n in places.of_agent(TAIHU):
        lat[n], lng[n] = shifted.row(n)
    return pl.DataFrame(
        {
            "store_id": places.store_id,
            "name": places.name,
            "type": ["franchise" if agent else "direct" for agent in places.agent],
            "agent_id": [agent or None for agent in places.agent],
            "city": places.city,
            "lat": lat,
            "lng": lng,
            "area_m2": [
                None if i in unknown_area else float(a) for i, a in zip(places.store_id, places.area, strict=True)
            ],
            "opened_on": places.opened_on,
            "accepts_binding": [True] * len(places.store_id),
        }
    )


def agents_table() -> pl.DataFrame:
    """``agents.csv``: nine agents under contract."""
    ids = list(AGENTS)
    return pl.DataFrame(
        {
            "agent_id": ids,
            "name": list(AGENTS.values()),
            "level": ["gold" if i in (JIANGNAN, TAIHU, "AG-08") else "silver" for i in ids],
            "contract_from": [dt.date(2023, 1, 1)] * len(ids),
            "contract_to": [dt.date(2028, 1, 1)] * len(ids),
            "receiver_type": ["personal" if i == "AG-09" else "merchant" for i in ids],
            "rail_cap_bps": [3_000] * len(ids),
            "return_authorised": [i != "AG-07" for i in ids],
        }
    )


def territories_table(places: Places) -> pl.DataFrame:
    """``territories.csv``: no new shop within 1.5 km of an agent's; between Suzhou and Wuxi two promises meet."""
    run = [n for n, agent in enumerate(places.agent) if agent]
    return pl.DataFrame(
        {
            "territory_id": [f"T-{n:02d}" for n in range(1, len(run) + 1)],
            "agent_id": [places.agent[n] for n in run],
            "store_id": [places.store_id[n] for n in run],
            "kind": ["radius_m"] * len(run),
            "value": ["1500"] * len(run),
            "protects": ["opening"] * len(run),
            "valid_from": [max(places.opened_on[n], dt.date(2023, 1, 1)) for n in run],
        }
    )
