"""The marts of behaviour at rest: a file a month, a file a day in the newest month, made again only where it must be.

What a file was made of is noted beside it: the stored events of its days, who was left out, the lingering thresholds.
The next snapshot takes over every file whose notes still hold, under a second name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from metrics.linger import FALLBACK_MS, HISTORY, thresholds_of
from schema.durable import sync_path
from warehouse.event_marks import Marks, marks_of
from warehouse.joined import ROWS_AT_ONCE, slices_of, write_parts
from warehouse.mart_contract import empty_mart, in_contract
from warehouse.mart_visits import MARGIN, described, visits_of
from warehouse.owners import Owners, says_another_owner
from warehouse.seen import keep_seen, note_seen
from warehouse.spans import Span, days_of, months_of, spans_of
from warehouse.storage import link_or_copy
from warehouse.visit_pieces import visits_in_pieces

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from warehouse.event_marks import Events
    from warehouse.ground import Changes, Ground

BEHAVIOUR: Final = ("visits", "actions")
NOTES: Final = "behaviour.json"
_CHANGED: Final = {"bound": "customer_key", "nearest": "customer_key", "products": "product_id"}


@dataclass
class Note:
    """What one file was made of.

    Attributes:
        events: what its days' events were.
        around: the stored files that ``events`` was read from.
        thresholds: category (empty: Unmapped) → ms.
    """

    events: str
    around: list[str]
    thresholds: dict[str, int] = field(default_factory=dict)


@dataclass
class _Build:
    """One build: what there is, what there was, where the new files go, and the owners of those who have others now."""

    events: Events
    ground: Ground
    folder: Path
    before: Path | None
    notes: dict[str, Note]
    old: dict[str, Note]
    marks: Marks
    moved: Owners
    fresh: set[str] = field(default_factory=set)


def write_behaviour(
    events: Events, ground: Ground, changes: Changes | None, folder: Path, before: Path | None
) -> list[str]:
    """Write the behaviour marts of a snapshot.

    Args:
        events: the stored events.
        ground: products, owners, and who is left out.
        changes: what of that is different from the snapshot before.
        folder: the new snapshot's marts.
        before: those of the snapshot before, if they have the same format.

    Returns:
        The names of the files that were made anew; all others are those of the snapshot before.
    """
    for mart in BEHAVIOUR:
        (folder / mart).mkdir(parents=True, exist_ok=True)
    said: dict[str, Any] = json.loads((before / NOTES).read_text("utf-8")) if before else {}
    old = {name: Note(**note) for name, note in said.get("files", {}).items()}
    marks = marks_of(events, said.get("marks", {}))
    changed = _changed(changes)
    moved = ground.owners.of(changed["customer_key"]) if changed else ground.owners
    build = _Build(events, ground, folder, before, {}, old, marks, moved)
    every = spans_of(events)
    marks.ask([span for span in every if not _is_noted(build, span)])
    for _, spans in groupby(every, key=lambda span: span.month):
        _month(build, list(spans), changed)
    notes = {"files": {name: vars(note) for name, note in build.notes.items()}, "marks": marks.to_json()}
    (folder / NOTES).write_text(json.dumps(notes), encoding="utf-8")
    sync_path(folder / NOTES)
    return sorted(build.fresh)


def _month(build: _Build, spans: Sequence[Span], changed: dict[str, pl.DataFrame] | None) -> None:
    """The files of one month: made anew, refreshed or taken over."""
    for span in spans:
        events = build.old[span.name].events if _is_noted(build, span) else build.marks.mark(span)
        build.notes[span.name] = Note(events, build.marks.around(span))
    stale = [span for span in spans if changed is None or _is_stale(build, span)]
    thresholds = _thresholds(build, spans[0].month)
    for _, run in groupby(enumerate(spans), key=lambda pair: pair[1] in stale):
        together = [span for _, span in run]
        if together[0] in stale:
            _make(build, together, thresholds)
        else:
            for span in together:
                _take_over(build, span, thresholds, changed or {})


def _is_noted(build: _Build, span: Span) -> bool:
    """Whether the files around a span are those of the snapshot before."""
    note = build.old.get(span.name)
    return note is not None and note.around == build.marks.around(span)


def _is_stale(build: _Build, span: Span) -> bool:
    note = build.old.get(span.name)
    return note is None or note.events != build.notes[span.name].events


def _make(build: _Build, spans: Sequence[Span], thresholds: dict[str, int]) -> None:
    """Files of adjoining spans from their events, in pieces where these are many."""
    days, hourly = (spans[0].from_on, spans[-1].to_on), build.marks.hourly(spans)
    if build.marks.at_most(spans) > ROWS_AT_ONCE:
        made = visits_in_pieces(build.events, days, build.ground, hourly, build.folder, ROWS_AT_ONCE)
        with made.folder:
            for span in spans:
                within = (span.from_on, span.to_on)
                _write(
                    build,
                    span,
                    {"visits": made.views_within(within), "actions": made.actions_within(within)},
                    thresholds,
                )
        return
    events = build.events.between(days[0] - MARGIN, days[1] + MARGIN)
    visits, actions = visits_of(events, days, build.ground, hourly)
    for span in spans:
        rows = {"visits": _with_linger(_within(visits, span), thresholds), "actions": _within(actions, span)}
        rows = {name: in_contract(name, frame) for name, frame in rows.items()}
        if _is_same(build, span, rows):
            _keep(build, span, thresholds)
        else:
            _put(build, span, {name: [frame] for name, frame in rows.items()}, thresholds)


def _within(frame: pl.DataFrame, span: Span) -> pl.DataFrame:
    return frame.filter((pl.col("local_on") >= span.from_on) & (pl.col("local_on") < span.to_on))


def _write(build: _Build, span: Span, frames: Mapping[str, Iterable[pl.DataFrame]], thresholds: dict[str, int]) -> None:
    """The files of a span: of each mart one or more frames in their order."""

    def ready(name: str, parts: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        lingering = (_with_linger(part, thresholds) for part in parts) if name == "visits" else iter(parts)
        return (in_contract(name, part) for part in lingering)

    _put(build, span, {name: ready(name, parts) for name, parts in frames.items()}, thresholds)


def _put(build: _Build, span: Span, frames: Mapping[str, Iterable[pl.DataFrame]], thresholds: dict[str, int]) -> None:
    """The same of frames that are as the marts have them."""
    seen: list[pl.DataFrame] = []
    for name, parts in frames.items():
        write_parts(_noting(parts, seen), build.folder / name / f"{span.name}.parquet")
    note_seen(build.folder, f"behaviour-{span.name}", seen)
    build.notes[span.name].thresholds = thresholds
    build.fresh.add(span.name)


def _noting(parts: Iterable[pl.DataFrame], seen: list[pl.DataFrame]) -> Iterator[pl.DataFrame]:
    """The same frames, of each whom and what it names."""
    for part in parts:
        seen.append(part.select("customer_key", "product_id").unique())
        yield part


def _take_over(build: _Build, span: Span, thresholds: dict[str, int], changed: dict[str, pl.DataFrame]) -> None:
    """The file of the snapshot before; owners, categories and lingering anew where they changed."""
    assert build.before is not None  # noqa: S101  (what is not stale was there)
    files = {name: build.before / name / f"{span.name}.parquet" for name in BEHAVIOUR}
    if build.old[span.name].thresholds == thresholds and not any(
        _touches(file, changed, build.moved) for file in files.values()
    ):
        _keep(build, span, thresholds)
        return
    anew = {name: (described(rows, build.ground) for rows in slices_of(file)) for name, file in files.items()}
    _write(build, span, anew, thresholds)


def _is_same(build: _Build, span: Span, rows: Mapping[str, pl.DataFrame]) -> bool:
    """Whether the snapshot before has just these rows: a day beside one that changed, and nobody looked on."""
    if build.before is None or span.name not in build.old or not span.is_day:
        return False
    files = {name: build.before / name / f"{span.name}.parquet" for name in rows}
    old = (pl.read_parquet(file) for file in files.values() if file.is_file())
    return all(one.schema == now.schema and one.equals(now) for one, now in zip(old, rows.values(), strict=True))


def _keep(build: _Build, span: Span, thresholds: dict[str, int]) -> None:
    """The files of the snapshot before, as they are."""
    assert build.before is not None  # noqa: S101  (what is kept was there)
    for name in BEHAVIOUR:
        file = build.before / name / f"{span.name}.parquet"
        link_or_copy(file, build.folder / name / file.name)
    keep_seen(build.before, build.folder, f"behaviour-{span.name}")
    build.notes[span.name].thresholds = thresholds


def _touches(file: Path, changed: dict[str, pl.DataFrame], owners: Owners) -> bool:
    """Whether any row is about a product of which something else is known now, or was another owner's than it says."""
    if says_another_owner(file, changed["customer_key"], owners, "at"):
        return True
    products = changed["product_id"]
    named = pl.scan_parquet(file).select("product_id").join(products.lazy(), on="product_id", how="semi").head(1)
    return bool(products.height) and named.collect().height > 0


def _thresholds(build: _Build, month: dt.date) -> dict[str, int]:
    """The lingering thresholds of a month; those of the snapshot before while the files before it are the same."""
    earlier = _history(build.notes, month)
    known = next((note for name, note in build.old.items() if months_of(name) == month), None)
    if known is not None and earlier == _history(build.old, month) and not build.fresh & set(earlier):
        return known.thresholds
    if not earlier:
        return {}
    files = [build.folder / "visits" / f"{name}.parquet" for name in earlier]
    return {category or "": ms for category, ms in thresholds_of(pl.scan_parquet(files), month).iter_rows()}


def _history(notes: Iterable[str], month: dt.date) -> list[str]:
    """The files that a month's thresholds are made of."""
    return sorted(name for name in notes if days_of(name)[0] < month and days_of(name)[1] > month - HISTORY)


def _with_linger(visits: pl.DataFrame, thresholds: dict[str, int]) -> pl.DataFrame:
    known = pl.col("category").fill_null("").replace_strict(thresholds, default=FALLBACK_MS, return_dtype=pl.Int64)
    return visits.with_columns(is_linger=pl.col("dwell_ms") >= known)


def _changed(changes: Changes | None) -> dict[str, pl.DataFrame] | None:
    """Customers with other owners and products of another category than before; None: everything must be made anew."""
    if changes is None or changes["tested"].height or changes["staff"].height:
        return None
    found: dict[str, pl.DataFrame] = {}
    for name, column in _CHANGED.items():
        ids = changes[name]
        found[column] = pl.concat([found[column], ids]).unique() if column in found else ids
    return found


def read_behaviour(folder: Path, name: str) -> pl.DataFrame:
    """One behaviour mart of a snapshot, all rows by day."""
    files = sorted((folder / name).glob("*.parquet"))
    if not files:
        return empty_mart(name)
    return pl.concat([pl.read_parquet(file) for file in files])  # in one piece, they would lie in memory twice
