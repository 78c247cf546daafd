"""Presets: the exports of well-known systems described as data, one small TOML file each."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loaders.synonyms import plain_header
from loaders.unfold import MARK, has_element
from schema.errors import UsageError
from schema.language import say
from schema.mapping import Mapping

if TYPE_CHECKING:
    from loaders.table import RawTable

_FOLDER: Final = Path(__file__).parent / "preset_files"
GENERIC: Final = "generic"
"""The preset that only looks at headers and values."""


@dataclass(frozen=True)
class Preset:
    """One system's export.

    Attributes:
        name: what ``--preset`` calls it.
        title: what people call it.
        match: headers that must all be there for it to be recognised.
        mapping: the fields of a mapping; a column may list several headers, of which the first that is there counts.
    """

    name: str
    title: str
    match: tuple[str, ...]
    mapping: dict[str, Any]


@lru_cache(maxsize=1)
def presets() -> dict[str, Preset]:
    """Every preset by name."""
    found = {}
    for path in sorted(_FOLDER.glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = Preset(path.stem, table["title"], tuple(table.get("match", ())), table["mapping"])
    return found


def preset_names() -> tuple[str, ...]:
    """Every name that ``--preset`` takes."""
    return (GENERIC, *presets())


def recognised(raw: RawTable) -> str:
    """The preset whose headers are all there (the most telling one), or an empty text."""
    fitting = [p for p in presets().values() if p.match and all(_find(h, raw) for h in p.match)]
    return max(fitting, key=lambda p: len(p.match)).name if fitting else ""


def preset_mapping(name: str, raw: RawTable) -> Mapping:
    """A preset's mapping, with the headers that this table really has.

    Raises:
        UsageError: no such preset.
    """
    preset = presets().get(name)
    if preset is None:
        msg = say("preset: {name} is not known; presets are {known}.", name=repr(name), known=", ".join(preset_names()))
        raise UsageError(msg)
    columns = {}
    for canonical, headers in preset.mapping.get("columns", {}).items():
        found = (_find(header, raw) for header in ([headers] if isinstance(headers, str) else headers))
        if real := next((header for header in found if header), ""):
            columns[canonical] = real
    fields = {**preset.mapping, "columns": columns, "preset": name}
    return Mapping.from_table(fields, where=f"preset {name}")


def _find(header: str, raw: RawTable) -> str:
    """The real header that a preset's header stands for; elements of lists and fields of objects stand for themselves."""
    columns, plain = raw.frame.columns, plain_header(header)
    outer, mark, key = header.partition(MARK)
    if mark:
        return header if has_element(raw, outer, key) else ""
    for column in columns:
        if column == header or plain_header(column) == plain:
            return column
    outer, dot, _ = header.partition(".")
    return header if dot and outer in columns else ""
