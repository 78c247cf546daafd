"""An audience for the tool that writes to it: shop ids, addresses or their hashes, logged before anything leaves.

The product keeps no address: whoever needs e-mails or telephone numbers brings the shop's own file of them, which is read
in memory, joined by the shop's customer id and forgotten. Only who agreed and may be written to is in any list.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

import polars as pl

from answers import audience_tables as tables
from answers import audiences
from answers.periods import context
from exports.addresses import Address, hashed_email, hashed_google_phone, hashed_meta_phone, read_addresses, sha256
from exports.contacts import LEAST_REASON, NOT_YOURS
from records import audiences as records
from records import audit
from records.acts import owners_only
from schema.cells import inert
from schema.errors import UsageError
from schema.filters import Filters
from schema.language import later, say
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from answers.answer import Context
    from schema.audience import Definition
    from schema.scope import Scope
    from warehouse.api import Snapshot


@dataclass(frozen=True, slots=True)
class Tool:
    """How one tool wants a list.

    Attributes:
        label: for people.
        heads: of the columns.
        row: a customer's id, address and the audience's name → the cells; None leaves the customer out.
        needs_addresses: whether the shop's file of addresses is needed.
    """

    label: str
    heads: tuple[str, ...]
    row: Callable[[str, Address, str], tuple[str, ...] | None]
    needs_addresses: bool = True


def _ids(customer: str, _: Address, name: str) -> tuple[str, ...]:
    return customer, name


def _klaviyo(customer: str, known: Address, _: str) -> tuple[str, ...] | None:
    return (known.email, known.phone, customer) if known.email or known.phone else None


def _mailchimp(_: str, known: Address, name: str) -> tuple[str, ...] | None:
    return (known.email, known.phone, name) if known.email else None


def _meta(customer: str, known: Address, _: str) -> tuple[str, ...] | None:
    if not (known.email or known.phone):
        return None
    return hashed_email(known.email), hashed_meta_phone(known.phone), sha256(customer)


def _google(_: str, known: Address, __: str) -> tuple[str, ...] | None:
    return (hashed_email(known.email), hashed_google_phone(known.phone)) if known.email or known.phone else None


TOOLS: Final[dict[str, Tool]] = {
    "ids": Tool(later("Customer ids with a tag (WeCom, Youzan)"), ("customer_id", "tag"), _ids, needs_addresses=False),
    "klaviyo": Tool(later("Klaviyo list"), ("Email", "Phone Number", "External ID"), _klaviyo),
    "mailchimp": Tool(later("Mailchimp list"), ("Email Address", "Phone Number", "Tags"), _mailchimp),
    "meta": Tool(later("Meta custom audience (hashed)"), ("email", "phone", "extern_id"), _meta),
    "google": Tool(later("Google Customer Match (hashed)"), ("Email", "Phone"), _google),
}


def audience_list(
    asked: Context,
    definition: Definition,
    tool: str,
    *,
    reason: str,
    name: str = "",
    known: Mapping[str, Address] | None = None,
    now: dt.datetime | None = None,
) -> bytes:
    """Whoever of an audience may be written to, as the tool wants them; CSV.

    Args:
        asked: who asks, of which rows and days.
        definition: the audience.
        tool: one of ``TOOLS``.
        reason: what the list is for.
        name: of the audience; empty for one that was not saved.
        known: customer id → address, where the tool needs any.
        now: the instant at which consent counts and the list leaves; None is now.

    Raises:
        RefusedError: the viewer is no owner who looks as themselves.
        UsageError: the reason is too short, or nobody is left on the list.
        BusyError, StorageError: it cannot be logged; nothing is exported.
    """
    owners_only(asked.scope, "contact_export", say(NOT_YOURS))
    wanted = _tool(tool)
    if len(reason.strip()) < LEAST_REASON:
        msg = say(
            "Say in at least {least} letters what the contacts are for; it is kept in the audit log.",
            least=LEAST_REASON,
        )
        raise UsageError(msg)
    at = now or dt.datetime.now(dt.UTC)
    tag = name or "audience"
    rows, keys = [], []
    for key, customer in agreed(asked, definition, at).iter_rows():
        cells = wanted.row(customer, (known or {}).get(customer, Address()), tag)
        if cells is not None:
            rows.append(cells)
            keys.append(key)
    if not rows:
        msg = say("Nobody of this audience may be written to with what is known of them.")
        raise UsageError(msg)
    mode = asked.snapshot.mode
    what: dict[str, str | int] = {"reason": reason.strip(), "rows": len(rows), "for": tool, "audience": name}
    audit.write("contact_export", viewer=asked.scope.viewer, what=what, data=mode)
    records.note_sent(
        mode, asked.scope, name=name, sent_on=at.astimezone(ZoneInfo(asked.snapshot.zone)).date(), keys=keys
    )
    return _written(wanted.heads, rows)


def saved_list(
    snapshot: Snapshot, scope: Scope, name: str, tool: str, *, reason: str, addresses: str = "", country: str = ""
) -> bytes:
    """The same of a saved audience, counted on all days.

    Args:
        snapshot: which state of the data.
        scope: who asks.
        name: of the audience.
        tool: one of ``TOOLS``.
        reason: what the list is for.
        addresses: the shop's own file of addresses, where the tool needs it.
        country: calling code of telephone numbers that name none.

    Raises:
        RefusedError: the viewer is no owner who looks as themselves.
        UsageError: no such audience or tool, no file of addresses where one is needed, or as for ``audience_list``.
        BusyError, StorageError: as for ``audience_list``.
    """
    owners_only(scope, "contact_export", say(NOT_YOURS))
    if _tool(tool).needs_addresses and not addresses:
        msg = say("{tool} needs e-mails or telephone numbers, which are not kept here: name the shop's file of them.",
                  tool=tool)  # fmt: skip
        raise UsageError(msg)
    known = read_addresses(_bytes(addresses), country)[0] if addresses else {}
    whole = context(Filters(), scope, snapshot, warehouse.load_marts(snapshot, scope), page="audiences", all_data=True)
    kept = records.audience(snapshot.mode, scope, name)
    asked = audiences.asked_for(whole, kept)
    found = audiences.read(asked, kept.who)
    if found.unreadable:
        raise UsageError(" ".join(found.unreadable))
    return audience_list(asked, found, tool, reason=reason, name=kept.name, known=known)


def _bytes(path: str) -> bytes:
    try:
        return Path(path).read_bytes()
    except OSError as error:
        msg = say("{path}: cannot be read ({why}).", path=path, why=error.strerror or "")
        raise UsageError(msg) from error


def agreed(asked: Context, definition: Definition, at: dt.datetime) -> pl.DataFrame:
    """``customer_key, customer_id`` of those of an audience who may be written to; one id a person, by id."""
    found = audiences.members(asked, definition)
    may = audiences.reached(asked, found).filter(pl.col("reach") == "reachable")["customer_key"]
    ids = warehouse.customer_ids(asked.snapshot, asked.scope)
    consent = warehouse.consenting(asked.snapshot, asked.scope, at=at)
    rows = tables.by_person(tables.plain(asked), ids.join(consent, on="customer_id", how="semi"))
    named = rows.filter(pl.col("customer_key").is_in(may.implode())).sort("customer_id")
    return named.unique("customer_key", keep="first", maintain_order=True).select("customer_key", "customer_id")


def _tool(name: str) -> Tool:
    if name not in TOOLS:
        msg = say("No tool {name}; there are {tools}.", name=repr(name[:40]), tools=", ".join(TOOLS))
        raise UsageError(msg)
    return TOOLS[name]


_BARE: Final = ("phone", "phone number")
"""Columns of telephone numbers in full: a plus sign and digits, which no spreadsheet program runs."""


def _written(heads: tuple[str, ...], rows: list[tuple[str, ...]]) -> bytes:
    table = pl.DataFrame(rows, schema=dict.fromkeys(heads, pl.String), orient="row")
    safe = inert(table).with_columns(table[head] for head in heads if head.lower() in _BARE)
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(safe.rows())
    return out.getvalue().encode()
