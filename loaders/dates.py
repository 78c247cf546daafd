"""Dates and times as people write them: orders of day and month, epochs, serial days, Chinese marks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

import polars as pl

from loaders.numbers import plain_text

NAIVE: Final = pl.Datetime("us")

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_NUMBERS: Final = {name: str(number) for number, name in enumerate(_MONTHS, 1)} | {
    "ene": "1", "abr": "4", "ago": "8", "dic": "12", "mär": "3", "mai": "5", "okt": "10", "dez": "12",
}  # fmt: skip
_DAY_FIRST: Final = (
    r"(?i)^(\d{1,2})(?:st|nd|rd|th)?[ \-/.]+(?:de )?([a-zä]{3})[a-z]*[.,]?[ \-/]+(?:de )?(\d{2,4})\b[, T]*(.*)$"
)
_MONTH_FIRST: Final = r"(?i)^([a-zä]{3})[a-z]*\.? +(\d{1,2})(?:st|nd|rd|th)?,? +(\d{4})\b[, ]*(.*)$"
_UNIX_DATE: Final = r"(?i)^([a-z]{3}) +(\d{1,2}) (\d{2}:\d{2}:\d{2}) ([+-]\d{4}|UTC|GMT) (\d{4})$"
_GENERAL: Final = (
    r"^(?P<a>\d{1,4})[\-/.](?P<b>\d{1,2})(?:[\-/.](?P<c>\d{1,4}))?"
    r"(?:[T ,_]+(?P<h>\d{1,2})(?:[:.时h](?P<mi>\d{1,2}))?(?:[:.](?P<s>\d{1,2}))?(?:[.,](?P<f>\d{1,9}))?)?"
    r"\s*(?P<z>Z|z|UTC|GMT|[+-]\d{2}:?\d{2}|[+-]\d{2})?$"
)
_ISO_FAST: Final = "%Y-%m-%d %H:%M:%S"
_ISO_UTC: Final = r"^[1-9]\d{3}-\d{2}-\d{2}T\d{2}:\d{2}:[0-5]\d(?:\.\d{1,6})?Z$"
_SERIAL_START: Final = datetime(1899, 12, 30)  # noqa: DTZ001  (a wall-clock day, zone comes later)
_DAYS: Final = 31
_MONTHS_A_YEAR: Final = 12
_SERIALS: Final = (20_000, 80_000)
"""Serial days 1954 … 2119; smaller numbers are years or counts."""
_NANO, _MICRO, _MILLI, _WHOLE = 1e17, 1e14, 1e11, 1e8
"""Sizes from which an epoch counts nanoseconds, microseconds, milliseconds and seconds (all from 1973 on)."""
_UNITS_US: Final = {"s": 1_000_000, "ms": 1_000, "us": 1}


class Stamps(NamedTuple):
    """Times read from one column.

    Attributes:
        at: naive wall-clock times, or UTC ones where ``fixed``; null where nothing could be read.
        fixed: true where the value itself said its offset.
    """

    at: pl.Series
    fixed: pl.Series


def decide_order(texts: pl.Series) -> str:
    """Which of day, month and year comes first?

    Returns:
        ``dmy``, ``mdy`` or ``ymd``; ``any`` where no value depends on it; ``""`` where the values cannot decide.
    """
    if texts.dtype != pl.String:
        return "any"
    parts = (
        _rewritten(texts.drop_nulls().unique())
        .str.extract_groups(r"^(?P<a>\d{1,2})[\-/.](?P<b>\d{1,2})[\-/.](?P<c>\d{2,4})(?:\D|$)")
        .struct.unnest()
        .drop_nulls()
        .select(pl.all().cast(pl.Int32))
    )
    if parts.is_empty():
        return "any"
    first, second, third = pl.col("a"), pl.col("b"), pl.col("c")
    votes = parts.select(
        ymd=((first > _DAYS) | (first == 0)).sum(),
        dmy=((first > _MONTHS_A_YEAR) & (first <= _DAYS) & (second <= _MONTHS_A_YEAR)).sum(),
        mdy=((second > _MONTHS_A_YEAR) & (first <= _MONTHS_A_YEAR)).sum(),
        long=(third > _DAYS).sum(),
        open=((first != second) & (first <= _MONTHS_A_YEAR) & (second <= _MONTHS_A_YEAR)).sum(),
    )
    ymd, dmy, mdy, long, undecided = votes.row(0)
    if ymd and not long:
        return "ymd"
    if dmy and mdy:
        return ""
    if dmy or mdy:
        return "dmy" if dmy else "mdy"
    return "" if undecided else "any"


def read_stamps(  # noqa: PLR0911  (one way out for each type of column)
    values: pl.Series, *, order: str = "", epoch: str = ""
) -> Stamps:
    """The times behind a column of any type.

    Args:
        values: dates, datetimes, numbers (epochs, serial days, yyyymmdd) or text.
        order: ``dmy``, ``mdy`` or ``ymd`` for texts whose year is not first; empty reads day first.
        epoch: ``s`` or ``ms`` for numbers; empty lets their size decide.
    """
    kind = values.dtype
    if isinstance(kind, pl.Datetime):
        if kind.time_zone:
            return Stamps(
                _naive(values.dt.convert_time_zone("UTC").dt.replace_time_zone(None)), _all(values, flag=True)
            )
        return Stamps(_naive(values), _all(values, flag=False))
    if kind == pl.Date:
        return Stamps(_naive(values), _all(values, flag=False))
    if kind.is_numeric():
        return _from_numbers(values.cast(pl.Float64), epoch)
    if kind != pl.String:
        return Stamps(pl.Series(values.name, [None] * len(values), dtype=NAIVE), _all(values, flag=False))
    if (utc := _as_machines_write(values)) is not None:
        return utc
    quick = values.str.replace("T", " ", literal=True).str.to_datetime(_ISO_FAST, time_unit="us", strict=False)
    if quick.null_count() == values.null_count():
        return Stamps(quick, _all(values, flag=False))
    distinct = values.unique().drop_nulls().to_frame("text")
    read = _from_texts(distinct["text"], order or "dmy", epoch)
    joined = values.to_frame("text").join(
        distinct.with_columns(at=read.at, fixed=read.fixed), on="text", how="left", maintain_order="left"
    )
    return Stamps(joined["at"], joined["fixed"].fill_null(value=False))


def _as_machines_write(values: pl.Series) -> Stamps | None:
    """Times that are all written as ``2026-11-23T11:48:28.123Z``; None where any is written otherwise, or is no time."""
    if not values.head(1).str.ends_with("Z").all() or not values.str.contains(_ISO_UTC).all():
        return None
    at = values.str.to_datetime("%Y-%m-%dT%H:%M:%S%.fZ", time_unit="us", strict=False)
    return Stamps(at, values.is_not_null()) if at.null_count() == values.null_count() else None


def _naive(values: pl.Series) -> pl.Series:
    return values.cast(NAIVE)


def _all(values: pl.Series, *, flag: bool) -> pl.Series:
    return pl.repeat(flag, len(values), dtype=pl.Boolean, eager=True)


def _rewritten(texts: pl.Series) -> pl.Series:
    """Every notation as digits with separators, year first where the notation says so."""
    plain = plain_text(texts)
    plain = plain.str.replace_all(r"\s*[年月]\s*", "-").str.replace(r"\s*[日号]\s*", " ").str.strip_chars(" -")
    plain = plain.str.replace_all(r"[时点]", ":").str.replace_all("分", ":").str.replace_all("秒", "")
    plain = plain.str.replace(r":\s*$", "")
    plain = plain.str.replace(r"(?i)^(?:mon|tue|wed|thu|fri|sat|sun)[a-z]*,?\s+", "")
    if not plain.str.contains("(?i)[a-z]{3}").any():
        return plain
    named = plain.str.replace(_UNIX_DATE, "${2} ${1} ${5} ${3} ${4}")
    named = named.str.replace(_MONTH_FIRST, "${2} ${1} ${3} ${4}")
    parts = named.str.extract_groups(_DAY_FIRST).struct.unnest()
    day, month, year, rest = (parts[name] for name in parts.columns)
    number = month.str.to_lowercase().replace_strict(_MONTH_NUMBERS, default=None, return_dtype=pl.String)
    full_year = year.zip_with(year.str.len_chars() > 2, pl.Series([_full_year_text(y) for y in year], dtype=pl.String))  # noqa: PLR2004
    built = (full_year + "-" + number + "-" + day + " " + rest).str.strip_chars()
    return built.fill_null(named)


def _full_year_text(year: str | None) -> str | None:
    if year is None or len(year) > 2:  # noqa: PLR2004
        return year
    century = 2000 if 2000 + int(year) <= datetime.now(UTC).year else 1900
    return str(century + int(year))


def _from_texts(texts: pl.Series, order: str, epoch: str) -> Stamps:
    plain = _rewritten(texts)
    digits = plain.str.contains(r"^-?\d+(?:[.]\d+)?$")
    if digits.any():
        numeric = plain.set(~digits, None)
        numbers = _from_numbers(numeric.cast(pl.Float64, strict=False), epoch, texts=numeric)
    else:
        numbers = Stamps(pl.Series([None] * len(texts), dtype=NAIVE), _all(texts, flag=False))
    frame = _half_days(plain.to_frame("t"))
    frame = frame.with_columns(pl.col("t").str.extract_groups(_GENERAL).alias("g")).unnest("g")
    frame = frame.with_columns(
        pl.col("a", "b", "c", "h", "mi", "s").cast(pl.Int32),
        year_first=pl.col("a").str.len_chars() > 2,  # noqa: PLR2004
    )
    year, month, day = _ordered(order)
    frame = frame.with_columns(year=year, month=month, day=day).with_columns(year=_full_year("year", "month", "day"))
    frame = frame.with_columns(at=_built())
    shift = _offset_minutes(pl.col("z"))
    out = frame.select(
        at=pl.col("at") - pl.duration(minutes=shift.fill_null(0)),
        fixed=pl.col("z").is_not_null() & pl.col("at").is_not_null(),
    )
    at, fixed = out["at"].cast(NAIVE), out["fixed"]
    return Stamps(at.fill_null(numbers.at), fixed | (at.is_null() & numbers.fixed))


def _half_days(frame: pl.DataFrame) -> pl.DataFrame:
    text = pl.col("t")
    words = r"(?i)\s*(?:a\.?\s?m\.?|p\.?\s?m\.?|上午|凌晨|早上|中午|下午|晚上)\s*"
    return frame.with_columns(
        pm=text.str.contains(r"(?i)p\.?\s?m\b|下午|晚上"),
        am=text.str.contains(r"(?i)a\.?\s?m\b|上午|凌晨|早上"),
        t=text.str.replace(words, " ").str.strip_chars(),
    )


def _ordered(order: str) -> tuple[pl.Expr, pl.Expr, pl.Expr]:
    a, b, c, first = pl.col("a"), pl.col("b"), pl.col("c"), pl.col("year_first")
    if order == "ymd":
        return a, b, c.fill_null(1)
    year = pl.when(first).then(a).otherwise(c)
    middle, outer = (b, a) if order == "dmy" else (a, b)
    return year, pl.when(first).then(b).otherwise(middle), pl.when(first).then(c.fill_null(1)).otherwise(outer)


def _full_year(year: str, month: str, day: str) -> pl.Expr:
    """Two-digit years lie in this century unless that day is still to come."""
    short = pl.col(year)
    today = datetime.now(UTC).date() + timedelta(days=1)
    code = (short + 2000) * 10_000 + pl.col(month) * 100 + pl.col(day)
    future = code > today.year * 10_000 + today.month * 100 + today.day
    return pl.when(short >= 100).then(short).when(future).then(short + 1900).otherwise(short + 2000)  # noqa: PLR2004


def _built() -> pl.Expr:
    hour = pl.col("h").fill_null(0)
    hour = pl.when(pl.col("pm") & (hour < 12)).then(hour + 12).when(pl.col("am") & (hour == 12)).then(0).otherwise(hour)  # noqa: PLR2004
    minute, second = pl.col("mi").fill_null(0), pl.col("s").fill_null(0)
    day = pl.concat_str(
        pl.col("year").cast(pl.String).str.zfill(4),
        pl.col("month").cast(pl.String).str.zfill(2),
        pl.col("day").cast(pl.String).str.zfill(2),
        separator="-",
    ).str.to_date("%Y-%m-%d", strict=False)
    micro = pl.col("f").fill_null("0").str.pad_end(6, "0").str.slice(0, 6).cast(pl.Int64)
    sane = (hour < 24) & (minute < 60) & (second < 60)  # noqa: PLR2004
    time = pl.duration(hours=hour, minutes=minute, seconds=second, microseconds=micro, time_unit="us")
    return pl.when(sane).then(day.cast(NAIVE) + time)


def _offset_minutes(zone: pl.Expr) -> pl.Expr:
    parts = zone.str.extract_groups(r"^(?P<sign>[+-])(?P<hours>\d{2}):?(?P<minutes>\d{2})?$")
    minutes = parts.struct.field("hours").cast(pl.Int32) * 60 + parts.struct.field("minutes").cast(pl.Int32).fill_null(
        0
    )
    return pl.when(parts.struct.field("sign") == "-").then(-minutes).otherwise(minutes)


def _from_numbers(numbers: pl.Series, epoch: str, texts: pl.Series | None = None) -> Stamps:
    frame = pl.DataFrame({"n": numbers.set(numbers.is_nan(), None)})
    n, size = pl.col("n"), pl.col("n").abs()
    unit: pl.Expr = (
        pl.when(size >= _NANO)
        .then(0.001)
        .when(size >= _MICRO)
        .then(1.0)
        .when(size >= _MILLI)
        .then(1e3)
        .when(size >= _WHOLE)
        .then(1e6)
    )
    if epoch:
        unit = pl.lit(float(_UNITS_US[epoch]))
    micros = (n * unit).round()
    clock: pl.Expr = pl.when(micros.abs() < 4e17).then(micros).cast(pl.Int64, strict=False).cast(NAIVE)  # noqa: PLR2004
    read = frame.select(clock=clock, serial=_serial(n))
    if epoch:
        return Stamps(read["clock"], read["clock"].is_not_null())
    packed = _packed(texts if texts is not None else _whole_text(numbers))
    wall = packed.fill_null(read["serial"])
    return Stamps(wall.fill_null(read["clock"]), wall.is_null() & read["clock"].is_not_null())


def _whole_text(numbers: pl.Series) -> pl.Series:
    whole = numbers.set((numbers.abs() > 1e15) | (numbers != numbers.floor()), None)  # noqa: PLR2004
    return whole.cast(pl.Int64, strict=False).cast(pl.String)


def _packed(digits: pl.Series) -> pl.Series:
    """yyyymmdd, yyyymmddHHMM and yyyymmddHHMMSS."""
    digits = digits.set(~digits.str.contains(r"^(?:19|20)\d{6}(?:\d{4}(?:\d{2})?)?$"), None)
    size = digits.str.len_chars()
    day = digits.set(size != 8, None).str.to_date("%Y%m%d", strict=False).cast(NAIVE)  # noqa: PLR2004
    padded = digits.set(size == 8, None).str.pad_end(14, "0")  # noqa: PLR2004
    return day.fill_null(padded.str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False))


def _serial(n: pl.Expr) -> pl.Expr:
    low, high = _SERIALS
    micros = (n * 86_400).round().cast(pl.Int64, strict=False) * 1_000_000
    return pl.when(n.is_between(low, high)).then(pl.lit(_SERIAL_START).cast(NAIVE) + micros.cast(pl.Duration("us")))
