"""Campaigns at rest: every version of every campaign, and the lists of customers they were drawn from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from records.chain import chained_table
from records.columns import day, text, whole
from records.database import METADATA
from records.frames import last_versions, moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

campaigns: Final = chained_table(
    "campaigns",
    METADATA,
    text("name"),
    whole("version"),
    text("audience_id"),
    whole("audience_version"),
    text("salt"),
    whole("holdout_bps"),
    whole("window_days"),
    day("sent_on", nullable=True),
    text("treated"),
    text("holdout"),
    whole("treated_count"),
    whole("holdout_count"),
    whole("is_withdrawn"),
    text("changed_by"),
    indexes=(sa.Index("campaigns_of_name", "name"),),
)
"""One row a version of a campaign; ``treated`` and ``holdout`` are digests of lists."""

lists: Final = chained_table("campaign_lists", METADATA, text("body"))
"""One row a list of customer keys, called by its digest: sorted 64-bit numbers, little-endian, deflated, base64."""


@dataclass(frozen=True, slots=True)
class Campaign:
    """A campaign as it is now.

    Attributes:
        name: what it is called; decides, with the salt, who is held out.
        audience_id: the saved audience it was drawn from; empty without one.
        audience_version: which version of it.
        salt: makes the draw one's own.
        holdout_bps: customers in a bucket below it were held out, of ten thousand.
        window_days: so many local days from the day it was sent count.
        sent_on: the local day; None while it is planned.
        treated: digest of the list of those written to.
        holdout: digest of the list of those held out.
        version: 1, 2, 3 …; 0 before it is kept.
    """

    name: str
    audience_id: str = ""
    audience_version: int = 0
    salt: str = ""
    holdout_bps: int = 1_000
    window_days: int = 14
    sent_on: dt.date | None = None
    treated: str = ""
    holdout: str = ""
    treated_count: int = 0
    holdout_count: int = 0
    version: int = 0
    is_withdrawn: bool = False
    changed_by: str = ""
    changed_at: dt.datetime | None = None

    @property
    def ends_on(self) -> dt.date | None:
        """The first local day that does not count any more."""
        return None if self.sent_on is None else self.sent_on + dt.timedelta(days=self.window_days)


def newest(rows: Iterable[sa.Row[Any]]) -> tuple[Campaign, ...]:
    """The last version of each campaign, first planned first; withdrawn ones too."""
    return tuple(_campaign(row) for row in last_versions(rows, "name"))


def _campaign(row: sa.Row[Any]) -> Campaign:
    own = {name: getattr(row, name) for name in Campaign.__dataclass_fields__ if name in row._fields}
    sent_on = None if row.sent_on is None else dt.date.fromisoformat(row.sent_on)
    made = {"sent_on": sent_on, "is_withdrawn": bool(row.is_withdrawn), "changed_at": moment(row.recorded_at)}
    return Campaign(**{**own, **made})


def row_of(one: Campaign, by: str) -> dict[str, object]:
    """A version as it is kept, without who and when it was."""
    own = {name: getattr(one, name) for name in Campaign.__dataclass_fields__ if name != "changed_at"}
    return {
        **own, "entry_key": f"{one.name}|{one.version}", "is_withdrawn": int(one.is_withdrawn), "changed_by": by,
    }  # fmt: skip
