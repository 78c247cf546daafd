"""Dates and times as people write them."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import available_timezones

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from loaders.dates import decide_order, read_stamps
from loaders.zones import check_zone, local_fields, to_utc
from schema.errors import UsageError


def read(value: object, **options: str) -> tuple[str, bool]:
    stamps = read_stamps(pl.Series([value]), **options)
    return str(stamps.at[0]), bool(stamps.fixed[0])


@pytest.mark.parametrize(
    ("text", "wall"),
    [
        ("2026-11-15 20:03:04", "2026-11-15 20:03:04"),
        ("15/11/2026", "2026-11-15 00:00:00"),
        ("15.11.2026 8.30", "2026-11-15 08:30:00"),
        ("2026年11月15日 下午8:03", "2026-11-15 20:03:00"),
        ("2026年11月15日20时03分04秒", "2026-11-15 20:03:04"),
        ("２０２６/１/５ 8:03", "2026-01-05 08:03:00"),
        ("20261115", "2026-11-15 00:00:00"),
        ("20261115203001", "2026-11-15 20:30:01"),
        ("46341.5", "2026-11-15 12:00:00"),
        ("2014-12-06 02", "2014-12-06 02:00:00"),
        ("Nov 15, 2026 8:03 pm", "2026-11-15 20:03:00"),
        ("15-Nov-26", "2026-11-15 00:00:00"),
        ("31/12/99 12:00:00 AM", "1999-12-31 00:00:00"),
        ("29/02/2024", "2024-02-29 00:00:00"),
    ],
)
def test_a_wall_clock_time_is_read(text: str, wall: str) -> None:
    assert read(text, order="dmy") == (wall, False)


@pytest.mark.parametrize(
    ("value", "utc"),
    [
        ("2019-10-01 00:00:00 UTC", "2019-10-01 00:00:00"),
        ("2026-11-15T20:03:04.123+08:00", "2026-11-15 12:03:04.123000"),
        ("2026-11-15T20:03Z", "2026-11-15 20:03:00"),
        ("2026-11-15 20:03:04 -0530", "2026-11-16 01:33:04"),
        ("Tue Apr 03 18:00:09 +0000 2012", "2012-04-03 18:00:09"),
        ("1763179384", "2025-11-15 04:03:04"),
        (1763179384000, "2025-11-15 04:03:04"),
        (1763179384123456, "2025-11-15 04:03:04.123456"),
    ],
)
def test_a_time_that_names_its_offset_is_utc(value: object, utc: str) -> None:
    assert read(value) == (utc, True)


@pytest.mark.parametrize(
    "text", ["2026-02-30", "31/04/2026", "junk", "5", "2026-13-01", "2026-11-15 25:00", "99999999"]
)
def test_what_is_no_date_becomes_null(text: str) -> None:
    assert read(text, order="dmy") == ("None", False)


def test_two_digit_years_never_lie_in_the_future() -> None:
    assert read("7/1/62", order="mdy")[0] == "1962-07-01 00:00:00"
    assert read("7/1/05", order="mdy")[0] == "2005-07-01 00:00:00"


def test_epoch_units_can_be_declared() -> None:
    assert read(86_400, epoch="s")[0] == "1970-01-02 00:00:00"
    assert read("86400000", epoch="ms")[0] == "1970-01-02 00:00:00"


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["01/02/2020", "13/02/2020"], "dmy"),
        (["01/02/2020", "02/13/2020"], "mdy"),
        (["01/02/2020", "02/03/2020"], ""),
        (["13/02/2020", "02/13/2020"], ""),
        (["01/01/2020", "02/02/2020"], "any"),
        (["2020-01-02"], "any"),
        (["62/01/02", "63/02/03"], "ymd"),
        (["15-Nov-26"], "any"),
    ],
)
def test_the_values_decide_the_order_or_nobody_does(texts: list[str], order: str) -> None:
    assert decide_order(pl.Series(texts)) == order


def test_clock_changes_are_decided_and_counted() -> None:
    texts = pl.Series(["2024-03-31 02:30:00", "2024-10-27 02:30:00", "2024-06-01 00:00:00"])
    placed = to_utc(read_stamps(texts), "Europe/Berlin")
    assert [str(at) for at in placed.at] == [
        "2024-03-31 01:30:00+00:00",
        "2024-10-27 00:30:00+00:00",
        "2024-05-31 22:00:00+00:00",
    ]
    assert (placed.skipped, placed.doubled) == (1, 1)


def test_sunday_evening_in_shanghai_is_hour_164() -> None:
    at = pl.Series([datetime(2026, 11, 15, 12)]).dt.replace_time_zone("UTC")  # noqa: DTZ001
    days, hours = local_fields(at, "Asia/Shanghai")
    assert (days.to_list(), hours.to_list()) == ([date(2026, 11, 15)], [164])


def test_an_unknown_zone_is_refused() -> None:
    with pytest.raises(UsageError, match=r"^zone: 'Mars/Base' is no IANA time zone; examples are Asia/Shanghai, "):
        check_zone("Mars/Base")


@pytest.mark.parametrize(
    "zone", ["posix/Asia/Shanghai", "posixrules", "asia/shanghai", "Asia", "Asia/", "../UTC", "zone.tab"]
)
def test_a_name_that_lies_among_the_zones_is_no_zone_yet(zone: str) -> None:
    with pytest.raises(UsageError, match="is no IANA time zone"):
        check_zone(zone)


def test_every_zone_of_the_system_is_one() -> None:
    zones = sorted(available_timezones())
    assert len(zones) > 400
    assert [check_zone(zone) for zone in zones] == zones


_WRITTEN = st.datetimes(datetime(1000, 1, 1), datetime(9999, 12, 31)).flatmap(  # noqa: DTZ001
    lambda at: st.sampled_from(
        [f"{at:%Y-%m-%dT%H:%M:%S}Z".zfill(20), f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03}Z".zfill(24),
         f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond:06}Z".zfill(27)]
    )
)  # fmt: skip


@given(texts=st.lists(st.none() | _WRITTEN, min_size=1, max_size=9), order=st.sampled_from(["", "dmy", "mdy", "ymd"]))
def test_a_column_of_utc_stamps_is_read_as_each_would_be_among_others(texts: list[str | None], order: str) -> None:
    alone = read_stamps(pl.Series(texts, dtype=pl.String), order=order)
    mixed = read_stamps(pl.Series(["5 Jan 2026 3:04", *texts], dtype=pl.String), order=order)
    assert alone.at.to_list() == mixed.at.to_list()[1:]
    assert alone.fixed.to_list() == mixed.fixed.to_list()[1:]


@pytest.mark.parametrize(
    "text", ["2026-02-29T10:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T23:59:60.5Z", "2026-1-01T23:59:60Z"]
)
def test_a_utc_stamp_that_no_clock_shows_is_unreadable(text: str) -> None:
    stamps = read_stamps(pl.Series(["2026-02-28T10:00:00.25Z", text]))
    assert (stamps.at.cast(pl.String).to_list(), stamps.fixed.to_list()) == (
        ["2026-02-28 10:00:00.250000", None],
        [True, False],
    )
