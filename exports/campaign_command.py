"""``python -m records campaigns``: plan, send, withdraw, hand out and judge campaigns without a screen."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final, cast

from answers import campaign_plan, campaigns_sent
from answers.registry import ask
from exports.campaign_list import campaign_list
from exports.campaign_words import campaign_line, results_title
from exports.commanded import columns, of_whom, scope_of, snapshot_of, whole
from exports.contacts import write_private
from records import campaigns
from records.acts import owners_only
from schema.errors import UsageError
from schema.language import say
from warehouse import api as warehouse

if TYPE_CHECKING:
    import argparse

    from answers.answer import Context
    from schema.commands import Parser
    from schema.scope import Scope
    from schema.settings import DataMode

_HEADS: Final = ("campaign", "origin", "state", "sent_on", "last_on", "treated", "holdout", "audience")


def campaign_arguments(parser: Parser) -> list[Parser]:
    """The commands and their options; what is returned takes ``--json`` as well."""
    commands = parser.add_subparsers(dest="command", required=True, parser_class=type(parser))
    commands.add_parser("list", help="every campaign: planned, sent, and loaded from files")
    show = commands.add_parser("show", help="one campaign: its lists, its days, and its result if it has one")
    results = commands.add_parser("results", help="did they work? as on the page Audiences")
    plan = commands.add_parser("plan", help="draw both lists and keep them")
    plan.add_argument("--audience", default="", metavar="NAME", help="a saved audience; default everybody reachable")
    plan.add_argument("--days", type=int, default=14, help="for how many days it is measured (default 14)")
    plan.add_argument("--dry-run", action="store_true", help="say what it could prove, write nothing")
    send = commands.add_parser("send", help="note that a planned campaign was sent; from that day on it is measured")
    send.add_argument("--on", required=True, type=dt.date.fromisoformat, metavar="DAY", help="such as 2026-11-20")
    gone = commands.add_parser("withdraw", help="take back a campaign that was never sent")
    export = commands.add_parser("export", help="whom to write to, as CSV; logged before it leaves")
    export.add_argument("--reason", default="", help="what the list is for, kept in the audit log")
    export.add_argument("--out", default="-", help="a file")
    for command in (show, plan, send, gone, export):
        command.add_argument("name", metavar="CAMPAIGN", help="its name")
    results.add_argument("name", nargs="?", default="", metavar="CAMPAIGN", help="only this one")
    made = list(commands.choices.values())
    for command in made:
        of_whom(command)
    return made


def campaign_command(given: argparse.Namespace) -> int:
    """Run one of them; returns 0 when it is done, raises what ``schema.commands.run`` turns into an exit code."""
    mode = cast("DataMode", given.data or warehouse.current_mode())
    scope = scope_of(given.viewer, "campaign")
    if given.command == "results":
        return _results(given, whole(mode, scope))
    owners_only(scope, "campaign", say("Head office sends the campaigns."))
    doing = {"list": _list, "show": _show, "plan": _plan, "send": _send, "withdraw": _withdraw, "export": _export}
    return doing[given.command](given, mode, scope)


def _list(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    rows = _known(whole(mode, scope))
    if given.json:
        print(json.dumps({"data": mode, "campaigns": rows}, ensure_ascii=False))
        return 0
    none = (
        "No campaign yet. Plan one: python -m records campaigns plan NAME; or import a file of what was sent elsewhere."
    )
    print(columns(_HEADS, [[row[name] for name in _HEADS] for row in rows]) if rows else none)
    return 0


def _known(asked: Context) -> list[dict[str, Any]]:
    """Every campaign as plain JSON values: those planned here in the order of planning, then the loaded ones."""
    kept = campaigns.campaigns(asked.snapshot.mode)
    planned = [
        _told(asked, one.name, "planned", one.sent_on, one.ends_on)
        | {
            "treated": one.treated_count,
            "holdout": one.holdout_count,
            "audience": one.audience_id,
            "days": one.window_days,
        }
        for one in kept
    ]
    found = campaigns_sent.sent(asked).filter(origin="loaded").sort("from_on", "campaign")
    lists = campaigns_sent.on_lists(asked, *found["campaign"])
    sizes = {
        (name, held): n for name, held, n in lists.group_by("campaign", "is_holdout").len().iter_rows()
    }  # fmt: skip
    days = campaigns_sent.LOADED_DAYS
    loaded = [
        _told(asked, name, "loaded", first, last)
        | {"treated": sizes.get((name, False), 0), "holdout": sizes.get((name, True), 0), "audience": "", "days": days}
        for name, first, last in found.select("campaign", "from_on", "ends_on").iter_rows()
    ]
    return [*planned, *loaded]


def _told(asked: Context, name: str, origin: str, first: dt.date | None, end: dt.date | None) -> dict[str, Any]:
    """Name, origin, state and days; the last day counts."""
    last = None if end is None else end - dt.timedelta(days=1)
    state = "waits" if end is None else "over" if end <= asked.as_of else "running"
    return {"campaign": name, "origin": origin, "state": state, "sent_on": first and first.isoformat(),
            "last_on": last and last.isoformat()}  # fmt: skip


def _show(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    asked = whole(mode, scope)
    row = next((one for one in _known(asked) if one["campaign"] == given.name), None)
    if row is None:
        msg = say("There is no campaign {name} here.", name=given.name[:80])
        raise UsageError(msg)
    answer = ask("audiences/results", asked)
    found = [one for one in answer.table.to_dicts() if one["campaign"] == given.name]
    if given.json:
        result = _plain(found[0]) if found else None
        print(json.dumps({"data": mode, "campaign": row, "result": result}, ensure_ascii=False))
        return 0
    print("\n".join(f"{name}: {'—' if value in {None, ''} else value}" for name, value in row.items()))
    for one in found:
        print(campaign_line(one, answer.currency))
    return 0


def _results(given: argparse.Namespace, asked: Context) -> int:
    answer = ask("audiences/results", asked)
    rows = [row for row in answer.table.to_dicts() if given.name in {"", row["campaign"]}]
    if given.name and not rows:
        msg = say("There is no campaign {name} here that was sent.", name=given.name[:80])
        raise UsageError(msg)
    if given.json:
        told = {"data": asked.snapshot.mode, "as_of": asked.as_of.isoformat(), "currency": answer.currency,
                "results": [_plain(row) for row in rows], "notes": list(answer.notes)}  # fmt: skip
        print(json.dumps(told, ensure_ascii=False))
        return 0
    if not given.name and rows:
        print(results_title(answer))
    for row in rows:
        print(f"[{row['verdict']}] {campaign_line(row, answer.currency)}")
    print("\n".join(answer.notes), end="\n" if answer.notes else "")
    return 0


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in row.items()}


def _plan(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    asked = whole(mode, scope)
    if given.dry_run:
        return _could_prove(given, asked)
    made = campaign_plan.plan(asked, name=given.name, audience=given.audience, days=given.days)
    told = {
        "campaign": made.name,
        "treated": made.treated_count,
        "holdout": made.holdout_count,
        "days": made.window_days,
    }
    said = f"Planned: {made.name}, {made.treated_count:,} to write to, {made.holdout_count:,} held out, {made.window_days} days."
    print(json.dumps({"data": mode, "planned": told}, ensure_ascii=False) if given.json else said)
    return 0


def _could_prove(given: argparse.Namespace, asked: Context) -> int:
    """How many could be written to, and which lift they could prove."""
    people = campaign_plan.reachable(asked, given.audience).height
    size = {"people": str(people)} if people > 1 else {}
    answer = ask("audiences/planned", asked, days=str(given.days), **size)
    row = next(iter(answer.table.filter("is_asked").drop("is_asked").to_dicts()), {"people": people})
    if given.json:
        print(json.dumps({"data": asked.snapshot.mode, "would_plan": row}, ensure_ascii=False))
        return 0
    lift = row.get("detectable_lift")
    could = "too few to prove anything" if lift is None else f"a lift of {100 * lift:.1f} points could be proven"
    print(
        f"Would plan {given.name}: {people:,} may be written to, {row.get('holdout') or 0:,} of them held out; {could}."
    )
    return 0


def _send(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    sent = campaigns.send(mode, scope, given.name, given.on)
    told = {"campaign": sent.name, "sent_on": str(sent.sent_on), "ends_on": str(sent.ends_on)}
    print(json.dumps({"data": mode, "sent": told}) if given.json else f"Sent: {sent.name}, on {sent.sent_on}.")
    return 0


def _withdraw(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    campaigns.withdraw(mode, scope, given.name)
    print(json.dumps({"data": mode, "withdrawn": given.name}) if given.json else f"Withdrawn: {given.name}.")
    return 0


def _export(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    if given.out == "-":
        write_private(b"", given.out)
    content = campaign_list(snapshot_of(mode), scope, given.name, reason=given.reason)
    write_private(content, given.out)
    rows = content.count(b"\n") - 1
    told = {"campaign": given.name, "contacts": rows, "out": given.out}
    print(
        json.dumps({"data": mode, "exported": told}) if given.json else f"Exported: {rows:,} contacts to {given.out}."
    )
    return 0
