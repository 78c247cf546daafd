"""``python -m records audiences``: which are kept, how many of each may be written to, and their lists for a tool."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from answers import audiences as asking
from answers.registry import ask
from exports.audience_lists import TOOLS, saved_list
from exports.commanded import columns, of_whom, scope_of, snapshot_of, whole
from exports.contacts import write_private
from records import audiences
from warehouse import api as warehouse

if TYPE_CHECKING:
    import argparse

    from records.audiences import Audience
    from schema.commands import Parser
    from schema.scope import Scope
    from schema.settings import DataMode

_HEADS: Final = ("name", "version", "customers", "made_for", "who", "narrowed")


def audience_arguments(parser: Parser) -> list[Parser]:
    """The commands and their options; what is returned takes ``--json`` as well."""
    commands = parser.add_subparsers(dest="command", required=True, parser_class=type(parser))
    commands.add_parser("list", help="every saved audience")
    show = commands.add_parser("show", help="one audience: who it is, and how many of it may be written to")
    export = commands.add_parser("export", help="whom to write to, as a tool wants it; logged before it leaves")
    export.add_argument("--tool", choices=tuple(TOOLS), default="ids", help="for which tool (default ids)")
    export.add_argument("--reason", default="", help="what the list is for, kept in the audit log")
    export.add_argument("--out", default="-", help="a file")
    export.add_argument("--addresses", default="", metavar="FILE", help="the shop's customer_id, email, phone")
    export.add_argument("--country", default="", help="calling code of bare numbers, such as 86")
    for command in (show, export):
        command.add_argument("name", metavar="AUDIENCE", help="its name")
    made = list(commands.choices.values())
    for command in made:
        of_whom(command)
    return made


def audience_command(given: argparse.Namespace) -> int:
    """Run one of them; returns 0 when it is done, raises what ``schema.commands.run`` turns into an exit code."""
    mode = cast("DataMode", given.data or warehouse.current_mode())
    scope = scope_of(given.viewer, "audience")
    return {"list": _list, "show": _show, "export": _export}[given.command](given, mode, scope)


def _told(one: Audience) -> dict[str, Any]:
    return {"name": one.name, "version": one.version, "customers": one.customers, "made_for": one.made_for.isoformat(),
            "who": " ".join(one.who), "narrowed": one.narrowed}  # fmt: skip


def _list(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    rows = [_told(one) for one in audiences.audiences(mode, scope)]
    if given.json:
        print(json.dumps({"data": mode, "audiences": rows}, ensure_ascii=False))
        return 0
    none = "No audience is saved yet: build and save one on the page Audiences."
    print(columns(_HEADS, [[row[name] for name in _HEADS] for row in rows]) if rows else none)
    return 0


def _show(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    one = audiences.audience(mode, scope, given.name)
    asked = asking.asked_for(whole(mode, scope), one)
    answer = ask("audiences/reach", replace(asked, memo={}), who=one.who)
    reach = dict(answer.table.iter_rows())
    if given.json:
        told = {
            "data": mode,
            "audience": _told(one),
            "customers": answer.n,
            "reach": reach,
            "notes": list(answer.notes),
        }
        print(json.dumps(told, ensure_ascii=False))
        return 0
    print("\n".join(f"{name}: {value or '—'}" for name, value in _told(one).items()))
    print(f"now: {answer.n:,} customers")
    print("\n".join(f"  {name}: {'—' if n is None else f'{n:,}'}" for name, n in reach.items()))
    print("\n".join(answer.notes), end="\n" if answer.notes else "")
    return 0


def _export(given: argparse.Namespace, mode: DataMode, scope: Scope) -> int:
    if given.out == "-":
        write_private(b"", given.out)
    content = saved_list(
        snapshot_of(mode), scope, given.name, given.tool, reason=given.reason, addresses=given.addresses,
        country=given.country,
    )  # fmt: skip
    write_private(content, given.out)
    rows = content.count(b"\n") - 1
    told = {"audience": given.name, "tool": given.tool, "contacts": rows, "out": given.out}
    said = f"Exported: {rows:,} contacts to {given.out}."
    print(json.dumps({"data": mode, "exported": told}) if given.json else said)
    return 0
