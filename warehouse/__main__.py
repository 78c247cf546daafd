"""``python -m warehouse``: import files, look at what is there, build the marts again."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from loaders.sql import read_sql
from schema.cells import inert
from schema.commands import Parser, run
from schema.errors import UsageError
from schema.mapping import Mapping
from schema.scope import LOCAL_OWNER
from schema.settings import data_home, home
from warehouse import api
from warehouse.forget_words import forget_words

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from schema.report import ImportReport
    from schema.settings import DataMode


def arguments() -> Parser:
    """The commands and their options."""
    parser = Parser(prog="python -m warehouse", description="Import files and look after the stored data.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    load = commands.add_parser("import", help="import files as one batch")
    load.add_argument(
        "files", nargs="*", metavar="FILE", help="files or folders; none means the inbox of the data folder"
    )
    how = load.add_mutually_exclusive_group()
    how.add_argument("--preset", default="", help="a preset by name, such as generic")
    how.add_argument("--mapping", metavar="FILE.toml", help="a mapping file")
    load.add_argument("--dry-run", action="store_true", help="say what would happen, write nothing")
    load.add_argument("--zone", default="", help="business time zone, at the first import")
    load.add_argument("--currency", default="", help="business currency, at the first import")
    load.add_argument("--sql", metavar="URL", default="", help="a database to read with --query")
    load.add_argument("--query", default="", help="the query for --sql")
    commands.add_parser("status", help="what is there")
    aside = commands.add_parser("quarantine", help="rows that were set aside, with their reasons")
    aside.add_argument("--format", choices=("csv", "json"), default="csv")
    datum = commands.add_parser("datum", help="read the positions of stores on another datum than their file said")
    datum.add_argument("stores", nargs="+", metavar="STORE", help="ids of stores")
    datum.add_argument("--is", required=True, dest="datum", help="WGS-84, GCJ-02 or BD-09")
    gone = commands.add_parser("forget", help="remove people everywhere, older versions included")
    gone.add_argument("customers", nargs="+", metavar="CUSTOMER", help="ids as the source has them")
    gone.add_argument("--reason", default="", help="why, for the audit log; without the id")
    gone.add_argument(
        "--allow-again", action="store_true", help="let people who were forgotten come back with the next import"
    )
    commands.add_parser("rebuild", help="build the answers' tables again")
    reset = commands.add_parser("reset", help="delete all data of one mode")
    reset.add_argument("--yes", action="store_true", help="really")
    for command in commands.choices.values():
        command.add_argument("--json", action="store_true", help="print exactly one JSON object")
        command.add_argument("--data", choices=("real", "demo"), help="which data (import: real)")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run one command; returns 0 when it is done, raises what ``schema.commands.run`` turns into an exit code."""
    given = arguments().parse_args(list(argv))
    commands = {"import": _import, "status": _status, "quarantine": _quarantine, "datum": _datum, "forget": _forget,
                "rebuild": _rebuild, "reset": _reset}  # fmt: skip
    return commands[given.command](given)


def _import(given: argparse.Namespace) -> int:
    mapping = Mapping.read(Path(given.mapping)) if given.mapping else None
    if bool(given.sql) != bool(given.query):
        msg = "--sql URL and --query QUERY belong together."
        raise UsageError(msg)
    if given.sql:
        report = _import_sql(given, mapping)
    else:
        paths = [Path(name) for name in given.files] or _inboxes(given)
        report = _import_paths(given, paths, mapping, names={})
    told = "\n".join([_told(report), *(_next_step(_mode(given)) if report.snapshot else ())])
    print(json.dumps(report.to_dict(), ensure_ascii=False) if given.json else told)
    return 0


def _mode(given: argparse.Namespace) -> DataMode:
    """Imports go into the owner's own data unless they say otherwise."""
    return "demo" if given.data == "demo" else "real"


def _next_step(mode: DataMode) -> list[str]:
    """What remains to be done where a ledger is kept: the warehouse never writes it."""
    snapshot = api.open_snapshot(mode)
    if snapshot is None or not snapshot.rows.get("bindings"):
        return []
    return [f"Bind the new customers: python -m ledger bind{' --data demo' if mode == 'demo' else ''}"]


def _inboxes(given: argparse.Namespace) -> list[Path]:
    """Without a name, the files that were too large for the browser and wait in the inbox."""
    folders = [home() / "inbox", data_home(_mode(given)) / "inbox"]
    filled = [folder for folder in folders if folder.is_dir() and any(p.is_file() for p in folder.rglob("*"))]
    if not filled:
        msg = f"Name at least one file or folder to import, or put files into {folders[-1]}; there are none."
        raise UsageError(msg)
    return filled


def _import_sql(given: argparse.Namespace, mapping: Mapping | None) -> ImportReport:
    """A query's answer, imported like a file of its own."""
    raw = read_sql(given.sql, given.query)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "query.parquet"
        raw.frame.write_parquet(path)
        return _import_paths(given, [path], mapping, names={path: raw.source})


def _import_paths(
    given: argparse.Namespace, paths: list[Path], mapping: Mapping | None, names: dict[Path, str]
) -> ImportReport:
    return api.import_files(
        paths,
        mode=_mode(given),
        mapping=mapping,
        preset=given.preset,
        dry_run=given.dry_run,
        names=names,
        zone=given.zone,
        currency=given.currency,
        plain_here=True,
    )


def _told(report: ImportReport) -> str:
    lines = []
    for one in report.sources:
        lines.append(
            f"{one.source} ({one.shape}): {one.rows_in:,} rows in = {one.accepted:,} accepted (of which {one.updated:,} "
            f"updated) + {one.duplicate:,} duplicate + {one.quarantined:,} quarantined"
        )
        lines += [f"  {code}: {rows:,} rows" for code, rows in one.codes.items()]
        lines += [f"  {note}" for note in one.notes]
    if report.released:
        lines.append(f"Released from quarantine: {report.released:,}")
    if report.dry_run:
        lines.append("Dry run: nothing was written.")
    else:
        lines.append(
            f"Published snapshot {report.snapshot}." if report.snapshot else "Nothing new: no snapshot published."
        )
    return "\n".join(lines)


def _status(given: argparse.Namespace) -> int:
    found = api.status(given.data or api.current_mode())
    if given.json:
        print(json.dumps(found, ensure_ascii=False))
        return 0
    for name, value in found.items():
        shown = ", ".join(f"{k} {v:,}" for k, v in value.items()) or "none" if isinstance(value, dict) else value
        print(f"{name}: {shown}")
    return 0


def _quarantine(given: argparse.Namespace) -> int:
    mode = given.data or api.current_mode()
    rows = api.quarantine(mode, LOCAL_OWNER, None)
    if given.json or given.format == "json":
        print(json.dumps({"data": mode, "rows": rows.to_dicts()}, ensure_ascii=False, default=str))
    else:
        sys.stdout.write(inert(rows).write_csv())
    return 0


def _datum(given: argparse.Namespace) -> int:
    mode = given.data or api.current_mode()
    before = api.latest_number(mode)
    number = api.fix_datum(mode, given.stores, given.datum, LOCAL_OWNER)
    if given.json:
        print(json.dumps({"data": mode, "stores": len(set(given.stores)), "datum": given.datum, "snapshot": number}))
        return 0
    many = "1 store is" if len(set(given.stores)) == 1 else f"{len(set(given.stores)):,} stores are"
    if number == before:
        print(f"{many} read as {given.datum} already: no snapshot published.")
    else:
        print("\n".join([f"{many} read as {given.datum}. Published snapshot {number}.", *_next_step(mode)]))
    return 0


def _forget(given: argparse.Namespace) -> int:
    mode = given.data or api.current_mode()
    do = api.allow_again if given.allow_again else api.forget
    report = do(mode, given.customers, by=LOCAL_OWNER, reason=given.reason)
    print(json.dumps({"data": mode, **asdict(report)}) if given.json else "\n".join(forget_words(report)))
    return 0


def _rebuild(given: argparse.Namespace) -> int:
    mode = given.data or api.current_mode()
    number = api.rebuild(mode)
    print(json.dumps({"data": mode, "snapshot": number}) if given.json else f"Published snapshot {number}.")
    return 0


def _reset(given: argparse.Namespace) -> int:
    mode = given.data
    if not given.yes or not mode:
        msg = "reset deletes all data of one mode: say which with --data demo or --data real, and --yes."
        raise UsageError(msg)
    api.reset(mode, LOCAL_OWNER)
    print(json.dumps({"data": mode, "reset": True}) if given.json else f"The {mode} data are deleted.")
    return 0


if __name__ == "__main__":
    sys.exit(run(main))
