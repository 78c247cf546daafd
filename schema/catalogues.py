"""``python -m schema.catalogues``: which sentences have no translation, which translations no sentence. For translators.

``--write`` brings the files in ``locale/`` up to date: new sentences are added without a translation, those that nothing
says any more are removed. A sentence stands in the file of the first room that says it.
"""

from __future__ import annotations

import argparse
import ast
import sys
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from schema.language import LANGUAGES, catalogue_folder, read_catalogue

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

ROOMS: Final = (
    "schema", "charts", "metrics", "records", "warehouse", "loaders", "ledger", "answers", "exports", "ui", "pages",
)  # fmt: skip
_ROOT: Final = Path(__file__).parent.parent
_FORMS: Final = {"say": 1, "later": 1, "plural": 2}
"""What marks a sentence, and how many English forms it is given."""

Message = str | tuple[str, ...]


def spoken(rooms: Sequence[str] = ROOMS) -> dict[Message, str]:
    """Every sentence of ours → the first room that says it; two forms for one that counts."""
    found: dict[Message, str] = {}
    for room in rooms:
        for path in sorted((_ROOT / room).rglob("*.py")):
            for message in _messages(path):
                found.setdefault(message, room)
    return found


def _messages(path: Path) -> Iterator[Message]:
    """What a file says; read as a tree, because Babel's own reader looks into no f-string."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id not in _FORMS:
            continue
        given = node.args[: _FORMS[node.func.id]]
        forms = tuple(one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str))
        if len(forms) == len(given) and any(forms):
            yield forms if len(forms) > 1 else forms[0]


def translated(code: str) -> dict[Message, tuple[str, tuple[str, ...]]]:
    """Sentence → the room its translation stands in, and its forms, of a language."""
    found: dict[Message, tuple[str, tuple[str, ...]]] = {}
    for path in sorted(catalogue_folder(code).glob("*.po")):
        for message in read_catalogue(path):
            if message.id:
                key = tuple(message.id) if isinstance(message.id, (list, tuple)) else message.id
                forms = tuple(message.string) if isinstance(message.string, (list, tuple)) else (message.string or "",)
                found[key] = (path.stem, forms)
    return found


def faults(code: str) -> Iterator[str]:
    """A line for each sentence without translation, translation without sentence, and place that a translation loses."""
    said, known = spoken(), translated(code)
    for message, room in said.items():
        if message not in known or not all(known[message][1]):
            yield f"{room}.po: missing: {message!r}"
        elif wrong := _other_places(message, known[message][1]):
            yield f"{room}.po: other places {', '.join(sorted(wrong))}: {message!r}"
    for message, (room, _) in known.items():
        if message not in said:
            yield f"{room}.po: unused: {message!r}"


def write(code: str, rooms: Sequence[str] = ROOMS) -> None:
    """Bring the files of some rooms up to date."""
    said, known = spoken(), translated(code)
    for room in rooms:
        path = catalogue_folder(code) / f"{room}.po"
        made = Catalog(locale=path.parent.name, fuzzy=False, charset="utf-8")
        for message, where in said.items():
            if where == room:
                forms = known.get(message, ("", ()))[1]
                made.add(message, string=forms if isinstance(message, tuple) else "".join(forms))
        path.unlink(missing_ok=True)
        if len(made):
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as file:
                write_po(file, made, width=120, omit_header=True, sort_output=True, no_location=True)


def places(text: str) -> set[str]:
    """The named places of a sentence."""
    return {name for _, name, _, _ in Formatter().parse(text) if name is not None}


def _other_places(message: Message, forms: tuple[str, ...]) -> set[str]:
    wanted = places(message[-1] if isinstance(message, tuple) else message)
    return set().union(*(places(form) ^ wanted for form in forms)) - ({"n"} if isinstance(message, tuple) else set())


def main() -> int:
    """Print the faults, or write the files; 1 where a fault is left."""
    parser = argparse.ArgumentParser(prog="python -m schema.catalogues", description=__doc__)
    parser.add_argument("--write", action="store_true", help="bring the files up to date first")
    parser.add_argument("--room", choices=ROOMS, action="append", help="only this room; repeat for several")
    given = parser.parse_args()
    rooms = tuple(given.room or ROOMS)
    lines = []
    for code in LANGUAGES:
        if code == "en":
            continue
        if given.write:
            write(code, rooms)
        lines += [f"{code}/{line}" for line in faults(code) if line.split(".po")[0] in rooms]
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
