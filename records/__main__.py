"""``python -m records``: who may look, what was done, and the campaigns and audiences that are kept.

A command is opened from outside; nothing imports this module. So it alone may call what stands above its room, and
reaches for it only when it is asked for.
"""

from __future__ import annotations

import argparse
import dataclasses
import datetime as dt
import json
import sys
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from records import audit
from records import viewers as people
from records.company import COMPANY
from records.verifying import verified
from records.viewer_table import ROLES
from records.viewer_table import viewers as viewers_table
from schema.cells import inert
from schema.commands import Parser, run
from schema.errors import StorageError
from schema.scope import LOCAL_OWNER

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from types import ModuleType

    from records.viewers import Viewer

_SAID: Final = ("role", "email", "subject", "issuer", "name")


def arguments(room: str = "") -> Parser:
    """The commands and their options; those of campaigns and audiences when they are asked for."""
    parser = Parser(prog="python -m records", description="Who may look, what was done, campaigns and audiences.")
    rooms = parser.add_subparsers(dest="room", required=True, parser_class=Parser)
    _viewer_arguments(rooms.add_parser("viewers", help="who may look: list, add, change, deactivate"))
    _audit_arguments(rooms.add_parser("audit", help="what was done: list, verify"))
    campaigns = rooms.add_parser("campaigns", help="list, show, results, plan, send, withdraw, export")
    audiences = rooms.add_parser("audiences", help="saved audiences: list, show, export")
    if room == "campaigns":
        _json_everywhere(campaigns, _campaigns().campaign_arguments(campaigns))
    elif room == "audiences":
        _json_everywhere(audiences, _audiences().audience_arguments(audiences))
    return parser


def _campaigns() -> ModuleType:
    from exports import campaign_command  # noqa: PLC0415  (it loads every question that can be asked)

    return campaign_command


def _audiences() -> ModuleType:
    from exports import audience_command  # noqa: PLC0415

    return audience_command


def main(argv: Sequence[str]) -> int:
    """Run one command; returns 0 when it is done, raises what ``schema.commands.run`` turns into an exit code."""
    given = arguments(next(iter(argv), "")).parse_args(list(argv))
    if given.room == "campaigns":
        return _campaigns().campaign_command(given)  # type: ignore[no-any-return]
    if given.room == "audiences":
        return _audiences().audience_command(given)  # type: ignore[no-any-return]
    if given.room == "viewers":
        commands = {"list": _list, "add": _add, "change": _change, "deactivate": _deactivate}
    else:
        commands = {"list": _log, "verify": _verify}
    return commands[given.command or "list"](given)


def _viewer_arguments(parser: Parser) -> None:
    commands = parser.add_subparsers(dest="command", parser_class=Parser)
    commands.add_parser("list", help="everybody, inactive ones too")
    add = commands.add_parser("add", help="let somebody in")
    change = commands.add_parser("change", help="change what is said about a viewer; what is not named stays")
    change.add_argument("viewer", metavar="VIEWER", help="such as V-001")
    change.add_argument("--activate", action="store_true", default=None, help="let them in again")
    for command in (add, change):
        command.add_argument("--email", help="the address they sign in with")
        command.add_argument("--role", required=command is add, help=f"one of {', '.join(ROLES)}")
        command.add_argument("--agent", help="the agent's id, with the role agent")
        command.add_argument("--name", help="for your own eyes")
        command.add_argument("--subject", help="what the sign-in provider calls them, with --issuer")
        command.add_argument("--issuer", help="the sign-in provider's address, with --subject")
    stop = commands.add_parser("deactivate", help="shut somebody out at their next click")
    stop.add_argument("viewer", metavar="VIEWER", help="such as V-001")
    _json_everywhere(parser, commands.choices.values())


def _audit_arguments(parser: Parser) -> None:
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    log = commands.add_parser("list", help="what was done, oldest first")
    log.add_argument("--kind", action="append", default=[], help="only this kind; may be repeated")
    log.add_argument("--viewer", default="", help="only this viewer's, such as V-001")
    log.add_argument("--since", type=day, metavar="DAY", help="from this day or instant on (UTC)")
    log.add_argument("--until", type=day, metavar="DAY", help="before this day or instant (UTC)")
    log.add_argument("--format", choices=("csv", "json", "table"), default="table")
    commands.add_parser("verify", help="check both chains, of viewers and of the log; exit 5 when one is broken")
    _json_everywhere(parser, commands.choices.values())


def _json_everywhere(room: Parser, commands: Iterable[argparse.ArgumentParser]) -> None:
    room.add_argument("--json", action="store_true", help="print exactly one JSON object")
    for command in commands:  # a command's own default would undo what stands before it
        command.add_argument(
            "--json", action="store_true", default=argparse.SUPPRESS, help="print exactly one JSON object"
        )


def day(written: str) -> dt.datetime:
    """A day, from its first instant, or an instant; UTC unless it says otherwise."""
    at = dt.datetime.fromisoformat(written)
    return at if at.tzinfo is not None else at.replace(tzinfo=dt.UTC)


def _list(given: argparse.Namespace) -> int:
    found = people.viewers()
    if given.json:
        print(json.dumps({"viewers": [_as_json(one) for one in found]}, ensure_ascii=False))
        return 0
    rows = [
        (
            one.viewer_id,
            one.role,
            one.agent_id or "",
            "yes" if one.is_active else "no",
            one.email or one.subject,
            one.name,
        )
        for one in found
    ]
    none = "Nobody yet. Add the first owner: python -m records viewers add --email me@shop.example --role owner"
    print(_table(("viewer", "role", "agent", "active", "e-mail", "name"), rows) if rows else none)
    return 0


def _add(given: argparse.Namespace) -> int:
    said: dict[str, Any] = {name: getattr(given, name) or "" for name in _SAID}
    return _tell(given, people.add_viewer(LOCAL_OWNER, **said, agent_id=given.agent), "Added")


def _change(given: argparse.Namespace) -> int:
    said: dict[str, Any] = {name: getattr(given, name) for name in _SAID}
    changed = people.change_viewer(LOCAL_OWNER, given.viewer, **said, agent_id=given.agent, is_active=given.activate)
    return _tell(given, changed, "Now")


def _deactivate(given: argparse.Namespace) -> int:
    return _tell(given, people.change_viewer(LOCAL_OWNER, given.viewer, is_active=False), "Now")


def _tell(given: argparse.Namespace, viewer: Viewer, did: str) -> int:
    if given.json:
        print(json.dumps({"viewer": _as_json(viewer)}, ensure_ascii=False))
        return 0
    agent = f" of {viewer.agent_id}" if viewer.agent_id else ""
    state = "active" if viewer.is_active else "not active"
    print(f"{did}: {viewer.shown}, {viewer.role}{agent}, {state}.")
    return 0


def _as_json(viewer: Viewer) -> dict[str, Any]:
    return dataclasses.asdict(viewer) | {"changed_at": viewer.changed_at.isoformat()}


def _log(given: argparse.Namespace) -> int:
    found = audit.entries(kinds=given.kind, viewer=given.viewer, since=given.since, until=given.until)
    rows = found.with_columns(pl.col("at").dt.to_string("iso:strict"))
    if given.json or given.format == "json":
        told = [row | {"what": json.loads(row["what"])} for row in rows.iter_rows(named=True)]
        print(json.dumps({"entries": told}, ensure_ascii=False))
    elif given.format == "csv":
        sys.stdout.write(inert(rows).write_csv())
    elif rows.is_empty():
        print("Nothing was done.")
    else:
        cells = [(*row[1:5], _words(row[5])) for row in rows.iter_rows()]
        print(_table(("at (UTC)", "kind", "viewer", "data", "what"), cells))
    return 0


def _words(what: str) -> str:
    return "; ".join(f"{name}: {value}" for name, value in json.loads(what).items())


def _verify(given: argparse.Namespace) -> int:
    report = verified(COMPANY, (viewers_table, audit.audit))
    broken = [f"{one.table}: broken at row {one.broken_seq}: {one.problem}." for one in report if not one.ok]
    if broken:
        raise StorageError("\n".join(broken))
    if given.json:
        rows = [{"table": one.table, "rows": one.rows, "head": one.head} for one in report]
        print(json.dumps({"ok": True, "tables": rows}))
        return 0
    for one in report:
        print(f"{one.table}: {one.rows:,} rows, head {one.head[:16]}")
    print("Both chains are whole.")
    return 0


def _table(names: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    widths = [max(len(cell) for cell in column) for column in zip(names, *rows, strict=True)]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (names, *rows)]
    return "\n".join(line.rstrip() for line in lines)


if __name__ == "__main__":
    sys.exit(run(main))
