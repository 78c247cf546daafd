"""Wall-clock times in their zone: UTC stamps, local days, clock changes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import TZPATH, ZoneInfo, available_timezones

import polars as pl

from schema.errors import UsageError
from schema.language import say

if TYPE_CHECKING:
    from loaders.dates import Stamps

UTC_TIME: Final = pl.Datetime("us", "UTC")

_NO_ZONES: Final = ("right", "posix", "posixrules")
"""What lies among the zones and is none (``zoneinfo.available_timezones``)."""

_MAGIC: Final = b"TZif"


def check_zone(zone: str) -> str:
    """The zone itself when it exists.

    Raises:
        UsageError: no such IANA zone.
    """
    if not _is_listed(zone) and zone not in available_timezones():
        msg = say(
            "zone: {zone} is no IANA time zone; examples are Asia/Shanghai, Europe/Berlin and UTC.", zone=repr(zone)
        )
        raise UsageError(msg)
    return str(ZoneInfo(zone))


def _is_listed(zone: str) -> bool:
    """Whether the system's first folder of zones has it under just this name: reading the names of all of them is dear."""
    *folders, name = zone.split("/")
    here = Path(next(iter(TZPATH), ""))
    if not zone or {"", ".", ".."} & {*folders, name} or [*folders, name][0] in _NO_ZONES:
        return False
    for folder in folders:
        if not here.is_dir() or here / folder not in here.iterdir():
            return False
        here /= folder
    if not here.is_dir() or here / name not in here.iterdir() or not (here / name).is_file():
        return False
    with (here / name).open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


class Placed(NamedTuple):
    """Wall-clock times set in a zone: UTC stamps, and how many fell into a clock change."""

    at: pl.Series
    skipped: int
    doubled: int


def to_utc(stamps: Stamps, zone: str) -> Placed:
    """Wall-clock times as UTC ones.

    A time that exists twice (clocks set back) is the earlier one; one that does not exist (clocks set forward) moves
    forward by the change.
    """
    wall = stamps.at
    if zone == "UTC" or bool(stamps.fixed.all()):
        return Placed(wall.dt.replace_time_zone("UTC"), 0, 0)
    placed = wall.dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
    skipped_at = placed.is_null() & wall.is_not_null() & ~stamps.fixed
    skipped = int(skipped_at.sum())
    doubled = wall.dt.replace_time_zone(zone, ambiguous="null", non_existent="null").is_null() & placed.is_not_null()
    utc = placed.dt.convert_time_zone("UTC")
    if skipped:
        before = wall.dt.offset_by("-3h").dt.replace_time_zone(zone, ambiguous="earliest", non_existent="null")
        utc = before.dt.convert_time_zone("UTC").dt.offset_by("3h").zip_with(skipped_at, utc)
    if stamps.fixed.any():
        utc = wall.dt.replace_time_zone("UTC").zip_with(stamps.fixed, utc)
    return Placed(utc, skipped, int((doubled & ~stamps.fixed).sum()))


def local_fields(at: pl.Series, zone: str) -> tuple[pl.Series, pl.Series]:
    """The local day and the hour of the week (0 = Monday 00:00) of UTC stamps."""
    local = at.dt.convert_time_zone(zone)
    hour = (local.dt.weekday().cast(pl.Int16) - 1) * 24 + local.dt.hour().cast(pl.Int16)
    return local.dt.date(), hour.cast(pl.Int16)
