"""One file in, canonical tables out: detect or take the mapping, read every column, check every row."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from loaders.checks import quarantine
from loaders.detect import Detection, detect
from loaders.presets import GENERIC, preset_mapping, recognised
from loaders.raw import read_tables
from loaders.results import Inspection, Loaded
from loaders.shape_events import build_events
from loaders.shape_orders import build_orders
from loaders.shape_parties import build_table
from loaders.unfold import unfold
from loaders.work import Defaults, Work
from schema.errors import NeedsAnswerError, SourceError
from schema.language import later
from schema.mapping import Mapping
from schema.stored import stored

if TYPE_CHECKING:
    from collections.abc import Mapping as MappingLike

    import polars as pl

    from loaders.table import RawTable

__all__ = ["Defaults", "Inspection", "Loaded", "inspect_file", "inspect_task", "load_file", "load_task"]

_PREVIEW: Final = 20
_VALUE_CHARS: Final = 200
Given = Mapping | dict[str, Mapping] | None


def inspect_file(
    path: Path, *, name: str = "", mapping: Mapping | None = None, preset: str = "", defaults: Defaults | None = None
) -> list[Inspection]:
    """What are the sources of this file, and what must the owner say before they can be loaded?

    Args:
        path: the file or folder.
        name: its original name, when it lies here under another one.
        mapping: what it is taken for; None detects.
        preset: a preset to use; empty recognises it.
        defaults: what the warehouse already knows.

    Raises:
        SourceError: the file cannot be read.
        UsageError: the mapping or preset cannot be used.
    """
    found = []
    for raw in _read(path, name, mapping):
        detection = _decide(raw, mapping, preset)
        table = unfold(raw, detection.mapping)
        questions: tuple[NeedsAnswerError, ...] = ()
        if not detection.refusal and detection.mapping.shape != "ignore":
            work = Work(table, detection.mapping, defaults or Defaults())
            _build(work)
            questions = tuple(work.questions)
        found.append(
            Inspection(
                raw.source,
                raw.frame.height + raw.bad_rows.height,
                tuple(table.frame.columns),
                _sample(raw.frame),
                detection.mapping,
                questions,
                raw.encoding,
                detection.refusal,
                detection.candidates,
            )
        )
    return found


def load_file(
    path: Path, *, name: str = "", mappings: Given = None, preset: str = "", defaults: Defaults | None = None
) -> list[Loaded]:
    """Which canonical rows does this file hold, and which of its rows cannot be used and why?

    Args:
        path: the file or folder.
        name: its original name, when it lies here under another one.
        mappings: one mapping for every source, or source → mapping; None detects.
        preset: a preset to use; empty recognises it.
        defaults: what the warehouse already knows.

    Returns:
        One ``Loaded`` a source; sources mapped to ``ignore`` are left out.

    Raises:
        NeedsAnswerError: something only the owner can say is missing; names the key.
        SourceError: a source cannot be read, or is nothing that can be used.
    """
    loaded = []
    for raw in _read(path, name, mappings):
        given = mappings.get(raw.source) if isinstance(mappings, dict) else mappings
        detection = _decide(raw, given, preset, with_candidates=False)
        if detection.refusal:
            raise SourceError(detection.refusal)
        if detection.mapping.shape != "ignore":
            loaded.append(build(unfold(raw, detection.mapping), detection.mapping, defaults or Defaults()))
    return loaded


def _read(path: Path, name: str, mappings: Given) -> list[RawTable]:
    given = list(mappings.values()) if isinstance(mappings, dict) else [mappings] if mappings else []
    header = False if any(not mapping.header for mapping in given) else None
    sheets = {mapping.sheet for mapping in given}
    sheet = sheets.pop() if len(sheets) == 1 else ""
    return read_tables(path, name=name or path.name, header=header, sheet=sheet)


def _decide(raw: RawTable, given: Mapping | None, preset: str, *, with_candidates: bool = True) -> Detection:
    """The mapping that was given, else the preset's, else what headers and values say."""
    if given is not None:
        if given.shape == "ignore":
            return Detection(given)
        known = "" if given.columns else preset or recognised(raw)
        if known and known != GENERIC and (told := preset_mapping(known, raw)).shape == given.shape:
            return replace(detect(raw, given.shape, with_candidates=with_candidates), mapping=_answered(told, given))
        found = detect(raw, given.shape, with_candidates=with_candidates)
        columns = given.columns or found.mapping.columns
        returns = given.returns if given.columns else given.returns or found.mapping.returns
        return replace(found, mapping=replace(given, columns=columns, returns=returns))
    chosen = preset or recognised(raw)
    if chosen and chosen != GENERIC:
        mapping = preset_mapping(chosen, raw)
        return replace(detect(raw, mapping.shape, with_candidates=with_candidates), mapping=mapping)
    return detect(raw, with_candidates=with_candidates)


def _answered(preset: Mapping, given: Mapping) -> Mapping:
    """A preset with the answers that the owner gave on top of it."""
    plain = Mapping(given.shape)
    said: dict[str, Any] = {
        f.name: value for f in fields(given) if (value := getattr(given, f.name)) != getattr(plain, f.name)
    }
    answers = {
        **said,
        "constants": {**preset.constants, **given.constants},
        "values": {**preset.values, **given.values},
    }
    return replace(preset, **answers)


def _build(work: Work) -> dict[str, pl.DataFrame]:
    shape = work.mapping.shape
    if shape in {"orders", "order_lines"}:
        return build_orders(work)
    return build_events(work) if shape == "events" else build_table(work)


def build(raw: RawTable, mapping: Mapping, defaults: Defaults) -> Loaded:
    """What one table becomes under a mapping.

    Raises:
        NeedsAnswerError: something only the owner can say is missing; names the key.
        UsageError: the mapping cannot be used.
    """
    work = Work(raw, mapping, defaults)
    if not raw.frame.height and not raw.bad_rows.height:
        work.notes.append(stored(later("It has a header and no rows.")))
    tables = _build(work)
    if work.questions:
        raise work.questions[0]
    aside = quarantine(work)
    codes = Counter(work.warnings)
    codes.update(dict(aside["code"].value_counts().iter_rows()))
    return Loaded(
        source=raw.source,
        shape=mapping.shape,
        rows_in=raw.frame.height + raw.bad_rows.height,
        rows_in_minor=int(work.minor.sum()),
        tables=tables,
        quarantine=aside,
        duplicate=int(work.duplicate.sum()),
        duplicate_minor=int(work.minor.filter(work.duplicate).sum()),
        codes={code: count for code, count in sorted(codes.items()) if count},
        currency=_currency(tables),
        encoding=raw.encoding,
        mapping=mapping,
        notes=tuple(work.notes),
    )


def _currency(tables: dict[str, pl.DataFrame]) -> str:
    for name in ("orders", "refunds"):
        if name in tables and tables[name].height:
            return str(tables[name]["currency"].mode().sort()[0])
    return ""


def _sample(frame: pl.DataFrame) -> list[dict[str, str | None]]:
    rows = frame.head(_PREVIEW).rows(named=True)
    return [{key: None if v is None else str(v)[:_VALUE_CHARS] for key, v in row.items()} for row in rows]


def _arguments(arguments: dict[str, Any]) -> tuple[Path, Given, Defaults]:
    given = arguments.get("mappings")
    mappings: Given = None
    if given and "shape" in given and isinstance(given["shape"], str):
        mappings = Mapping(**given)
    elif given:
        mappings = {source: Mapping(**fields) for source, fields in given.items()}
    defaults: MappingLike[str, Any] = arguments.get("defaults") or {}
    return Path(arguments["path"]), mappings, Defaults(**defaults)


def inspect_task(arguments: dict[str, Any]) -> dict[str, Any]:
    """``inspect_file`` for a child process: plain JSON values in and out.

    Args:
        arguments: ``path``, and optionally ``name``, ``mappings`` (one mapping's fields), ``preset``, ``defaults``.
    """
    path, mappings, defaults = _arguments(arguments)
    mapping = mappings if isinstance(mappings, Mapping) else None
    name, preset = arguments.get("name", ""), arguments.get("preset", "")
    found = inspect_file(path, name=name, mapping=mapping, preset=preset, defaults=defaults)
    return {"inspections": [inspection.to_dict() for inspection in found]}


def load_task(arguments: dict[str, Any]) -> dict[str, Any]:
    """``load_file`` for a child process: plain JSON values in and out, frames as Parquet files in ``out``.

    Args:
        arguments: ``path``, ``out`` (a folder), and optionally ``name``, ``mappings`` (one mapping's fields, or
            source → fields), ``preset``, ``defaults``.
    """
    path, mappings, defaults = _arguments(arguments)
    out = Path(arguments["out"])
    out.mkdir(parents=True, exist_ok=True)
    name, preset = arguments.get("name", ""), arguments.get("preset", "")
    found = load_file(path, name=name, mappings=mappings, preset=preset, defaults=defaults)
    return {"loaded": [one.to_dict(out, f"{number:04d}") for number, one in enumerate(found)]}
