"""``python -m ledger``: bind customers, post shares, settle months, verify the books."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ledger import store
from ledger.accrue import accrue
from ledger.publish import publish
from ledger.reports import money, settled_dict
from ledger.reports import run as run_round
from ledger.settle import settle
from ledger.verify import verify
from records.heads import read_heads
from schema.commands import Parser, run
from schema.errors import BusyError, StorageError
from schema.scope import LOCAL_OWNER
from warehouse import api

if TYPE_CHECKING:
    from collections.abc import Sequence

    from schema.settings import DataMode

_READERS = ("verify", "status")


def arguments() -> Parser:
    """The commands and their options."""
    parser = Parser(prog="python -m ledger", description="Whose customer, whose money: bind, settle, verify.")
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)
    bind = commands.add_parser("bind", help="bind everybody new, post what is owed, publish it")
    bind.add_argument(
        "--watch", type=_seconds, metavar="SECONDS", help="again and again, so many seconds apart, until Ctrl-C"
    )
    commands.add_parser("accrue", help="post what is owed, without binding")
    close = commands.add_parser("settle", help="close a month and the open ones before it")
    close.add_argument("--month", required=True, help="such as 2026-10; it must be over")
    commands.add_parser("publish", help="let readers see what the ledger holds")
    commands.add_parser("verify", help="check every chain; exit 5 when one is broken")
    commands.add_parser("status", help="what is on the books")
    for name, command in commands.choices.items():
        which = "real if there are any" if name in _READERS else "real"
        command.add_argument("--json", action="store_true", help="print JSON, one object a line")
        command.add_argument("--data", choices=("real", "demo"), help=f"which data (default: {which})")
    return parser


def main(argv: Sequence[str]) -> int:
    """Run one command; returns 0 when it is done, raises what ``schema.commands.run`` turns into an exit code."""
    given = arguments().parse_args(list(argv))
    mode: DataMode = given.data or (api.current_mode() if given.command in _READERS else "real")
    commands = {"bind": _bind, "accrue": _accrue, "settle": _settle, "publish": _publish, "verify": _verify,
                "status": _status}  # fmt: skip
    return commands[given.command](given, mode)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = 0.0
    if not 1 <= seconds <= 86_400:  # noqa: PLR2004  (a day)
        msg = f"{text!r} is not a number of seconds from 1 to 86,400"
        raise argparse.ArgumentTypeError(msg)
    return seconds


def _bind(given: argparse.Namespace, mode: DataMode) -> int:
    if given.watch is None:
        _tell(given, (report := run_round(mode, by=LOCAL_OWNER)).to_dict(), report.told())
        return 0
    try:
        _watch(given, mode)
    except KeyboardInterrupt:
        sys.stderr.write("Stopped; what was told is kept.\n")
    return 0


def _watch(given: argparse.Namespace, mode: DataMode) -> None:
    """Rounds as long as nobody stops them; a round without anything new is skipped, but one a day is not."""
    done: object = None
    while True:
        state = _state(mode)
        if state != done:
            try:
                report = run_round(mode, by=LOCAL_OWNER)
                _tell(given, report.to_dict(), report.told())
                done = _state(mode)
            except BusyError as error:
                sys.stderr.write(f"{error}\n")
        time.sleep(given.watch)


def _state(mode: DataMode) -> object:
    """What a round depends on: the data, the ledger's own tables (rules, decisions) and the day."""
    return (api.latest_stamp(mode), tuple(store.sequence(mode).items()), time.strftime("%Y-%m-%d", time.gmtime()))


def _accrue(given: argparse.Namespace, mode: DataMode) -> int:
    report = accrue(mode)
    number = publish(mode)
    posted = ", ".join(f"{count:,} {kind}" for kind, count in report.entries.items()) or "nothing new"
    _tell(given, asdict(report) | {"snapshot": number}, f"Posted: {posted}.")
    return 0


def _settle(given: argparse.Namespace, mode: DataMode) -> int:
    report = settle(mode, given.month, LOCAL_OWNER)
    number = publish(mode)
    lines = [report.message]
    if report.paid_minor:
        lines.append(f"Paid: {money(report.paid_minor)}.")
    if number is not None:
        lines.append(f"Snapshot {number}.")
    _tell(given, settled_dict(report) | {"snapshot": number}, "\n".join(lines))
    return 0


def _publish(given: argparse.Namespace, mode: DataMode) -> int:
    number = publish(mode)
    words = "Nothing new: no snapshot published." if number is None else f"Published snapshot {number}."
    _tell(given, {"data": mode, "snapshot": number}, words)
    return 0


def _verify(given: argparse.Namespace, mode: DataMode) -> int:
    report = verify(mode)
    if not report.ok:
        broken = [f"{one.table}: broken at row {one.broken_seq}: {one.problem}." for one in report.tables if not one.ok]
        raise StorageError("\n".join([*broken, *report.problems]))
    rows = [{"table": one.table, "rows": one.rows, "head": one.head} for one in report.tables]
    lines = [f"{one.table}: {one.rows:,} rows, head {one.head[:16]}" for one in report.tables]
    words = "\n".join([*lines, "Every chain is whole and every sum agrees."])
    _tell(given, {"data": mode, "ok": True, "tables": rows}, words)
    return 0


def _status(given: argparse.Namespace, mode: DataMode) -> int:
    heads = {name: kept.head.row_hash for name, kept in read_heads(mode).items()}
    found = {
        "data": mode,
        "snapshot": api.latest_number(mode),
        "rows": store.sequence(mode),
        "settled_months": store.settled_months(mode),
        "heads": heads,
    }
    lines = [
        f"{name}: {count:,} rows, head {heads.get(name, '-')[:16]}" for name, count in store.sequence(mode).items()
    ]
    months = store.settled_months(mode)
    settled = f"settled: {months[0]} to {months[-1]}" if months else "settled: no month"
    _tell(given, found, "\n".join([f"data: {mode}", f"snapshot: {found['snapshot']}", *lines, settled]))
    return 0


def _tell(given: argparse.Namespace, found: dict[str, Any], words: str) -> None:
    print(json.dumps(found, ensure_ascii=False, default=str) if given.json else words, flush=True)


if __name__ == "__main__":
    sys.exit(run(main))
