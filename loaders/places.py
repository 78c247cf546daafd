"""Positions as sources write them: two columns, one column, a geohash; whatever their datum."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import polars as pl

from loaders.ids import clean_text
from loaders.numbers import parse_numbers, plain_text
from schema.geodesy import to_wgs84
from schema.language import later, say
from schema.stored import stored
from schema.tables import DATUMS

if TYPE_CHECKING:
    from loaders.work import Work

_BASE32: Final = "0123456789bcdefghjkmnpqrstuvwxyz"
_FAR: Final = 15.0
"""Degrees from a file's middle beyond which a position is doubted when its swap lies close by."""
_NEAR: Final = 8.0
_FEW: Final = 5
_CHINA: Final = (
    (42.8899, 79.4462, 49.2204, 96.3300),
    (39.3742, 109.6872, 54.1415, 135.0002),
    (29.5297, 73.1246, 42.8899, 124.1433),
    (26.7186, 82.9684, 29.5297, 97.0352),
    (20.4141, 97.0253, 29.5297, 124.3674),
    (17.8715, 107.9758, 20.4141, 111.7441),
)
"""South, west, north, east of rectangles that cover the mainland: only there a missing datum is worth a question."""
_NOT_CHINA: Final = (
    (21.7850, 119.9213, 25.3986, 122.4976),
    (20.0988, 101.8652, 22.2840, 106.6650),
    (20.4878, 106.4525, 21.5422, 108.0510),
    (50.3257, 109.0323, 55.8175, 119.1270),
    (49.5574, 127.4568, 55.8175, 137.0227),
    (42.5692, 131.2662, 44.8922, 137.0227),
)
_DATUM_WORDS: Final = {
    "wgs84": "WGS-84", "wgs_84": "WGS-84", "wgs-84": "WGS-84", "gps": "WGS-84", "epsg:4326": "WGS-84", "4326": "WGS-84",
    "gcj02": "GCJ-02", "gcj_02": "GCJ-02", "gcj-02": "GCJ-02", "amap": "GCJ-02", "高德": "GCJ-02", "腾讯": "GCJ-02",
    "bd09": "BD-09", "bd_09": "BD-09", "bd-09": "BD-09", "bd09ll": "BD-09", "baidu": "BD-09", "百度": "BD-09",
    "unknown": "unknown", "未知": "unknown",
}  # fmt: skip


class Places(NamedTuple):
    """Positions of a source: as given, their declared datum, and on WGS-84."""

    lat_raw: pl.Series
    lng_raw: pl.Series
    datum: pl.Series
    lat: pl.Series
    lng: pl.Series


def decode_geohash(codes: pl.Series) -> tuple[pl.Series, pl.Series]:
    """The centre of each geohash cell in degrees; null where a text is no geohash."""
    distinct = codes.unique().drop_nulls().to_list()
    known = {code: place for code in distinct if (place := _decode(code)) is not None}
    lat = codes.replace_strict({c: p[0] for c, p in known.items()}, default=None, return_dtype=pl.Float64)
    lng = codes.replace_strict({c: p[1] for c, p in known.items()}, default=None, return_dtype=pl.Float64)
    return lat, lng


def _decode(code: str) -> tuple[float, float] | None:
    bounds = [[-180.0, 180.0], [-90.0, 90.0]]
    turn = 0
    for letter in code.strip().lower():
        value = _BASE32.find(letter)
        if value < 0:
            return None
        for bit in (16, 8, 4, 2, 1):
            low, high = bounds[turn]
            middle = (low + high) / 2
            bounds[turn] = [middle, high] if value & bit else [low, middle]
            turn = 1 - turn
    return (sum(bounds[1]) / 2, sum(bounds[0]) / 2) if code.strip() else None


def read_places(work: Work, lat: str = "lat", lng: str = "lng") -> Places:
    """Where is each row? Impossible positions set their row aside (E07), as does an unknown datum in China (E08).

    Args:
        work: the source; ``lat`` and ``lng``, or ``latlng``, or ``geohash`` say the position, ``datum_raw`` its datum.
        lat: the canonical latitude, for the column's name in messages.
        lng: the canonical longitude.
    """
    lats, lngs, shown = _as_given(work, lat, lng)
    _flag_impossible(work, lats, lngs, shown)
    lats, lngs = lats.set(~work.good, None), lngs.set(~work.good, None)
    datum = _datums(work, lats, lngs)
    frame = pl.DataFrame({"lat": lats, "lng": lngs})
    for name in datum.unique().drop_nulls().to_list():
        if name in {"GCJ-02", "BD-09"}:
            moved = to_wgs84(frame, "lat", "lng", name)
            here = (datum == name).fill_null(value=False)
            frame = pl.DataFrame({k: moved[k].zip_with(here, frame[k]) for k in ("lat", "lng")})
    return Places(lats, lngs, datum, frame["lat"], frame["lng"])


def _as_given(work: Work, lat: str, lng: str) -> tuple[pl.Series, pl.Series, str]:
    if (pair := work.values("latlng")) is not None:
        return *_pair(work, clean_text(pair)), "latlng"
    if (codes := work.values("geohash")) is not None:
        texts = clean_text(codes)
        lats, lngs = decode_geohash(texts)
        work.flag(texts.is_not_null() & lats.is_null(), "E02", "geohash", later("{column} is not a geohash."))
        return lats, lngs, "geohash"
    return _degrees(work, lat), _degrees(work, lng), lat


def _degrees(work: Work, name: str) -> pl.Series:
    values = work.values(name)
    if values is None:
        return work.nothing(pl.Float64)
    texts = clean_text(values) if values.dtype == pl.String else values
    comma = texts.dtype == pl.String and bool(texts.str.contains(r"^-?\d+,\d+$").any())
    read = parse_numbers(texts, "," if comma else ".")
    work.flag(texts.is_not_null() & read.is_null(), "E02", name, later("{column} is not a number of degrees."))
    return read


def _pair(work: Work, texts: pl.Series) -> tuple[pl.Series, pl.Series]:
    point = texts.str.extract_groups(r"(?i)^point\s*\(\s*(-?[\d.]+)\s+(-?[\d.]+)\s*\)$").struct.unnest()
    parts = (
        plain_text(texts)
        .str.extract_groups(r"^[\[(]?\s*(-?\d+(?:\.\d+)?)\s*[,; ]\s*(-?\d+(?:\.\d+)?)\s*[\])]?$")
        .struct.unnest()
    )
    first, second = (parts[name].cast(pl.Float64, strict=False) for name in parts.columns)
    x, y = (point[name].cast(pl.Float64, strict=False) for name in point.columns)
    lat, lng = first.fill_null(y), second.fill_null(x)
    work.flag(
        texts.is_not_null() & lat.is_null(), "E02", "latlng", later("{column} is not a pair of latitude and longitude.")
    )
    if int((lat.abs() > 90).sum()) * 2 > lat.count():  # noqa: PLR2004
        work.notes.append(stored(later("latlng: the longitude is written first.")))
        return lng, lat
    return lat, lng


def _flag_impossible(work: Work, lat: pl.Series, lng: pl.Series, shown: str) -> None:
    given = pl.concat_str([pl.col("lat").round(6), pl.col("lng").round(6)], separator=", ")
    pair = pl.DataFrame({"lat": lat, "lng": lng}).select(given.alias("pair")).to_series()
    work.flag(
        lat.is_null() ^ lng.is_null(),
        "E07",
        shown,
        later("{column} has no counterpart: a position needs latitude and longitude."),
        pair,
    )
    work.flag((lat == 0) & (lng == 0), "E07", shown, later("{column} lies at 0, 0, where no shop is."), pair)
    swapped = (lat.abs() > 90) & (lat.abs() <= 180) & (lng.abs() <= 90)  # noqa: PLR2004
    work.flag(swapped, "E07", shown, later("{column} is out of range; latitude and longitude look swapped."), pair)
    work.flag((lat.abs() > 90) | (lng.abs() > 180), "E07", shown, later("{column} is out of range."), pair)  # noqa: PLR2004
    middle_lat, middle_lng = lat.filter(work.good).median(), lng.filter(work.good).median()
    if isinstance(middle_lat, float) and isinstance(middle_lng, float) and lat.count() >= _FEW:
        far = (lat - middle_lat).abs().clip(0, None) > _FAR
        close = ((lng - middle_lat).abs() < _NEAR) & ((lat - middle_lng).abs() < _NEAR)
        work.flag(
            far & close,
            "E07",
            shown,
            later("{column} lies far from all others; latitude and longitude look swapped."),
            pair,
        )


def likely_china(lat: pl.Series, lng: pl.Series) -> pl.Series:
    """Whether each position lies in or right beside mainland China (null counts as no)."""
    inside, outside = (
        pl.any_horizontal(
            pl.col("lat").is_between(south, north) & pl.col("lng").is_between(west, east)
            for south, west, north, east in boxes
        )
        for boxes in (_CHINA, _NOT_CHINA)
    )
    places = pl.DataFrame({"lat": lat, "lng": lng})
    return places.select((inside & ~outside).fill_null(value=False).alias("inside")).to_series()


def _datums(work: Work, lat: pl.Series, lng: pl.Series) -> pl.Series:
    inside = likely_china(lat, lng)
    column = work.values("datum_raw")
    declared = work.mapping.datum
    if declared and declared not in DATUMS:
        work.refuse(
            say(
                "datum: {declared} is not known; it must be one of {known}.",
                declared=repr(declared),
                known=", ".join(DATUMS),
            )
        )
    if column is not None:
        words = clean_text(column).str.to_lowercase()
        given = words.replace_strict(_DATUM_WORDS, default="unknown", return_dtype=pl.String).set(words.is_null(), None)
        given = given.fill_null(declared) if declared else given
    else:
        given = pl.repeat(declared or None, work.rows, dtype=pl.String, eager=True)
    undeclared = inside & given.is_null()
    if undeclared.any() and column is None:
        count = int(undeclared.sum())
        message = say(
            "which datum are its positions on? {count} lie in mainland China, where the three differ by up to 700 m.",
            count=count,
        )
        work.ask(message, "datum", ("GCJ-02", "WGS-84", "BD-09"))
        return given.fill_null("WGS-84")
    work.flag(
        inside & (given.fill_null("unknown") == "unknown"),
        "E08",
        "datum_raw",
        later("{column} does not say WGS-84, GCJ-02 or BD-09."),
    )
    return given.fill_null("WGS-84").set(lat.is_null(), None)
