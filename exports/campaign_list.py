"""A campaign's list for the tool that sends it: shop ids of whom to write to, logged before anything leaves."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import polars as pl

from answers import audience_tables as tables
from answers.periods import context
from exports.contacts import LEAST_REASON, NOT_YOURS
from exports.files import csv_bytes
from metrics.complaints import open_at
from records import audit, campaigns
from records.acts import owners_only
from schema.errors import UsageError
from schema.filters import Filters
from schema.language import say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from schema.scope import Scope
    from warehouse.api import Snapshot


def campaign_list(snapshot: Snapshot, scope: Scope, name: str, *, reason: str, now: dt.datetime | None = None) -> bytes:
    """Whom a campaign is written to, as CSV: those on its list who still agree and have no open complaint.

    Who is held out is never handed out.

    Args:
        snapshot: which state of the data.
        scope: who asks; a refusal is logged too.
        name: the campaign's.
        reason: what the list is for.
        now: the instant at which consent and complaints count; None is now.

    Raises:
        RefusedError: the viewer is no owner who looks as themselves.
        UsageError: no such campaign, or the reason is too short.
        BusyError, StorageError: the log cannot be written or the data not read; nothing is exported.
    """
    owners_only(scope, "contact_export", say(NOT_YOURS))
    one = campaigns.campaign(snapshot.mode, name)
    keys = campaigns.members(snapshot.mode, [one.treated])[one.treated]
    ids = warehouse.customer_ids(snapshot, scope).filter(pl.col("customer_key").is_in(keys.implode()))
    at = now or dt.datetime.now(dt.UTC)
    agreed = warehouse.consenting(snapshot, scope, at=at)
    free = ids.filter(~pl.col("customer_key").is_in(_complaining(snapshot, scope, at).implode()))
    table = agreed.join(free, on="customer_id", how="semi").select("customer_id").sort("customer_id")
    if len(reason.strip()) < LEAST_REASON:
        msg = say(
            "Say in at least {least} letters what the contacts are for; it is kept in the audit log.",
            least=LEAST_REASON,
        )
        raise UsageError(msg)
    what: dict[str, str | int] = {"reason": reason.strip(), "rows": table.height, "for": f"campaign {one.name}"}
    audit.write("contact_export", viewer=scope.viewer, what=what, data=snapshot.mode)
    return csv_bytes(table)


def _complaining(snapshot: Snapshot, scope: Scope, at: dt.datetime) -> pl.Series:
    """Keys of persons with an open complaint, under whichever registration they made it."""
    marts = warehouse.load_marts(snapshot, scope)
    asked = context(Filters(), scope, snapshot, marts, page="audiences", all_data=True)
    rows = warehouse.complaints(snapshot, scope, marts).drop_nulls("customer_key")
    return open_at(tables.by_person(asked, rows), at)
