"""``python -m exports ADDRESS --format csv --out FILE``: the same answers as on screen, for a nightly job."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote_plus

from answers import all_addresses
from answers.periods import context
from answers.registry import ADDRESSES, ask, check_options
from exports.audience_lists import TOOLS, saved_list
from exports.cards_audiences import last_of_each
from exports.commanded import scope_of, snapshot_of
from exports.contacts import exported, write_private
from exports.desk import Desk
from exports.files import csv_bytes, json_bytes, xlsx_bytes
from exports.forms import FORMATS, PAGE_FORMS, document_bytes
from exports.noted import note_export, told_address
from exports.pages import PAGES, STATEMENT, address_document, page_document
from exports.story_document import STORY, story_document
from schema.commands import Parser, run
from schema.errors import StorageError, UsageError
from schema.filters import FILTER_NAMES, parse_filters
from schema.language import LANGUAGES, say, speak
from warehouse import api as warehouse

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Sequence

    from answers.answer import Context
    from schema.scope import Scope
    from schema.settings import DataMode


def main(arguments: Sequence[str] | None = None) -> int:
    """Write one answer, or list all addresses. Exit codes as in the README."""
    all_addresses()
    given = _parser().parse_intermixed_args(arguments)
    if given.list:
        _list()
        return 0
    if given.lang:
        speak(given.lang)
    if not given.address:
        msg = say("Say which address to export; --list prints them all.")
        raise UsageError(msg)
    scope = scope_of(given.viewer)
    if given.address == "contacts":
        _contacts(given, scope)
    else:
        _export(given, scope)
    return 0


def _contacts(given: argparse.Namespace, scope: Scope) -> None:
    if given.out == "-" or given.format != "csv" or given.set:
        msg = say("contacts takes --reason, --for-agent and --out FILE, and is written as csv.")
        raise UsageError(msg)
    snapshot = snapshot_of(cast("DataMode", given.data or warehouse.current_mode()))
    if not given.audience:
        write_private(exported(snapshot, scope, reason=given.reason, agent=given.for_agent), given.out)
        return
    content = saved_list(
        snapshot,
        scope,
        given.audience,
        given.tool,
        reason=given.reason,
        addresses=given.addresses,
        country=given.country,
    )
    write_private(content, given.out)


def _export(given: argparse.Namespace, scope: Scope) -> None:
    address, _, query = given.address.partition("?")
    pairs = _pairs(query, given.set)
    is_page = address in {*PAGES, STATEMENT}
    if is_page or address == STORY:
        _page_form(address, given.format)
    filters = parse_filters({name: values for name, values in pairs.items() if name in FILTER_NAMES})
    if filters.lang and not given.lang:
        speak(filters.lang)
    options = {
        name: values[0] if len(values) == 1 else tuple(values)
        for name, values in pairs.items()
        if name not in FILTER_NAMES or _is_option(address, name)
    }
    if address == STORY:
        _story(given, scope, options)
        return
    if not is_page:
        check_options(address, options)
    mode: DataMode = cast("DataMode", filters.data or given.data or warehouse.current_mode())
    snapshot = snapshot_of(mode)
    marts = warehouse.load_marts(snapshot, scope)
    asked = context(filters, scope, snapshot, marts, page=address.split("/")[0], all_data=address not in PAGES)
    if asked.unknown:
        raise UsageError(" ".join(asked.unknown))
    content, rows = (_page if is_page else _answer)(address, asked, options, given.format)
    note_export(scope, data=mode, address=told_address(address, filters, options), rows=rows, form=given.format)
    _write(content, given.out)


def _story(given: argparse.Namespace, scope: Scope, options: dict[str, Any]) -> None:
    """A whole story; its own snapshot and filters count, so that none can be named here."""
    if odd := sorted(set(options) - {STORY}):
        msg = say("{page} has no option {odd}; its options are: {known}.", page=STORY, odd=repr(odd[0]), known=STORY)
        raise UsageError(msg)
    mode: DataMode = cast("DataMode", given.data or warehouse.current_mode())
    document = story_document(mode, scope, str(options.get(STORY, "")))
    content = document_bytes(document, given.format, told())
    note_export(scope, data=mode, address=document.address, rows=document.rows, form=given.format)
    _write(content, given.out)


def _page_form(page: str, form: str) -> None:
    if form in {"csv", "json"}:
        own = ", ".join(name for name in sorted(ADDRESSES) if name.startswith(f"{page}/"))
        msg = say(
            "{page} is a page of several tables: take {forms}, or one of its addresses: {own}.",
            page=page,
            forms=", ".join(PAGE_FORMS),
            own=own,
        )
        raise UsageError(msg)


def _page(page: str, asked: Context, options: dict[str, Any], form: str) -> tuple[bytes, int]:
    document = page_document(page, Desk(asked, options=last_of_each(options)))
    return document_bytes(document, form, told()), document.rows


def _answer(address: str, asked: Context, options: dict[str, Any], form: str) -> tuple[bytes, int]:
    answer = ask(address, asked, **options)
    if form in {"csv", "json", "xlsx"}:
        made = {
            "csv": lambda: csv_bytes(answer.table),
            "json": lambda: json_bytes(answer),
            "xlsx": lambda: xlsx_bytes(answer),
        }
        return made[form](), answer.table.height
    desk = Desk(asked, options={}, is_strict=False)
    return document_bytes(address_document(desk, answer), form), answer.table.height


def told() -> Callable[[float], None] | None:
    """Says on the error output how far a long export is, where a person watches; after the first second."""
    if not sys.stderr.isatty():
        return None
    began = time.monotonic()

    def tell(part: float) -> None:
        if time.monotonic() - began > 1:
            print(f"\r{part:.0%} ", end="" if part < 1 else "\n", file=sys.stderr, flush=True)

    return tell


def _pairs(query: str, words: Sequence[str]) -> dict[str, list[str]]:
    """Filters and options by name: those behind the address's ``?`` are decoded, the words after it are taken as typed."""
    pairs: dict[str, list[str]] = {}
    for part, decode in [*((part, True) for part in query.split("&") if part), *((word, False) for word in words)]:
        name, separator, value = part.partition("=")
        if not separator:
            msg = say("{part} is not of the form name=value.", part=repr(part))
            raise UsageError(msg)
        pairs.setdefault(name, []).append(unquote_plus(value) if decode else value)
    return pairs


def _is_option(address: str, name: str) -> bool:
    return address in ADDRESSES and name in ADDRESSES[address].options


def _write(content: bytes, out: str) -> None:
    if out == "-":
        sys.stdout.buffer.write(content)
        return
    path = Path(out)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        msg = say("{path}: cannot be written ({why}).", path=path, why=error.strerror)
        raise StorageError(msg) from error


def _list() -> None:
    for name in sorted(ADDRESSES):
        entry = ADDRESSES[name]
        options = "".join(f" [{o}={'|'.join(v) if v else '…'}]" for o, v in entry.options.items())
        print(f"{name}{options}\n    {', '.join(entry.columns)}\n    {entry.meaning}")
    print(f"    formats: {', '.join(FORMATS)}")
    print(f"    whole pages, with the filters and choices of their URLs: {', '.join(PAGES)}")
    print(f"    an account's month: {STATEMENT} [by=agent|store|guide|fund] [receiver=…] [month=…]")
    print(f"    all steps of a story: {STORY} [story=…]")
    print(f"    these are written as {', '.join(PAGE_FORMS)}")


def _parser() -> Parser:
    parser = Parser(prog="python -m exports", description=__doc__)
    parser.add_argument(
        "address",
        nargs="?",
        help="such as dwell/heatmap, dwell (the whole page) or 'dwell/heatmap?from=2026-08-01&group=product'; contacts: customers who agreed",
    )
    parser.add_argument("set", nargs="*", help="filters and options as name=value; repeat a name for several values")
    parser.add_argument("--format", choices=FORMATS, default="csv", help="how to write it (default csv)")
    parser.add_argument("--out", default="-", help="a file, or - for standard output (default)")
    parser.add_argument("--data", choices=("demo", "real"), help="which data; default real if there are any")
    parser.add_argument(
        "--as", dest="viewer", help="export what this viewer may see: an id such as V-002, or an e-mail address"
    )
    parser.add_argument("--reason", default="", help="contacts: what they are for, kept in the audit log")
    parser.add_argument(
        "--for-agent", default="", metavar="AGENT", help="contacts: only those who agreed to this agent"
    )
    parser.add_argument("--audience", default="", metavar="NAME", help="contacts: only those of this saved audience")
    parser.add_argument("--tool", choices=tuple(TOOLS), default="ids", help="contacts of an audience: for which tool")
    parser.add_argument(
        "--addresses", default="", metavar="FILE", help="contacts of an audience: the shop's customer_id, email, phone"
    )
    parser.add_argument(
        "--country", default="", help="contacts of an audience: calling code of bare numbers, such as 86"
    )
    parser.add_argument(
        "--lang", choices=tuple(LANGUAGES), default="", help="the language of titles and sentences (default en)"
    )
    parser.add_argument("--list", action="store_true", help="print every address, its options, columns and meaning")
    return parser


if __name__ == "__main__":
    sys.exit(run(main))
