"""What other rooms ask of the warehouse."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from schema.report import ImportReport
from warehouse import importing
from warehouse.bills import bills, paid_back, paid_orders
from warehouse.books import publish_books
from warehouse.campaign_sends import loaded_campaigns, loaded_sends
from warehouse.complaints import complaints, has_complaints
from warehouse.consent import consenting
from warehouse.datum_fixes import fix_datum
from warehouse.forget import ForgetReport, allow_again, forget
from warehouse.frames import load_marts
from warehouse.guided import guided_orders, guides
from warehouse.identities import arrivals, identities, paid_by_source
from warehouse.importing import Options
from warehouse.large import import_large, is_large
from warehouse.persons import decided, registrations
from warehouse.reach import agreements
from warehouse.snapshots import Snapshot, latest_number, latest_stamp, open_snapshot
from warehouse.sources import Reading, defaults_of, files_of, load_batch
from warehouse.status import (
    current_mode,
    customer_ids,
    has_rows,
    profile,
    quarantine,
    rebuild,
    reset,
    source_runs,
    status,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from loaders.load import Loaded
    from schema.mapping import Mapping as SourceMapping
    from schema.settings import DataMode

__all__ = [
    "ForgetReport",
    "ImportReport",
    "Snapshot",
    "agreements",
    "allow_again",
    "arrivals",
    "bills",
    "complaints",
    "consenting",
    "current_mode",
    "customer_ids",
    "decided",
    "fix_datum",
    "forget",
    "guided_orders",
    "guides",
    "has_complaints",
    "has_rows",
    "identities",
    "import_files",
    "import_tables",
    "known_defaults",
    "latest_number",
    "latest_stamp",
    "load_marts",
    "loaded_campaigns",
    "loaded_sends",
    "open_snapshot",
    "paid_back",
    "paid_by_source",
    "paid_orders",
    "profile",
    "publish_books",
    "quarantine",
    "rebuild",
    "registrations",
    "reset",
    "source_runs",
    "status",
]


def import_files(
    paths: Sequence[Path],
    *,
    mode: DataMode = "real",
    mapping: SourceMapping | None = None,
    mappings: Mapping[str, SourceMapping] | None = None,
    preset: str = "",
    dry_run: bool = False,
    progress: Callable[[float, str], None] | None = None,
    key_seed: int | None = None,
    names: Mapping[Path, str] | None = None,
    zone: str = "",
    currency: str = "",
    trusted: bool = False,
    plain_here: bool = False,
) -> ImportReport:
    """What do these files add? All of them are one batch and one snapshot, or nothing is.

    Args:
        paths: files; a folder stands for all files in it.
        mode: demo or real.
        mapping: what every source is; None detects.
        mappings: source (``book.xlsx#Sheet1``) → what it is; others are detected.
        preset: a preset for every source; empty recognises it.
        dry_run: only say what would happen.
        progress: called with a share of 1 and what is being done.
        key_seed: makes customer keys repeatable; the demo only.
        names: path → the file's own name, when it lies under another one.
        zone: the business zone, for the first import.
        currency: the business currency, for the first import.
        trusted: read in this process, without a copy; only for files that the product wrote itself.
        plain_here: read small files of plain text in this process; for one that does nothing else.

    Raises:
        NeedsAnswerError: something only the owner can say; names the key.
        SourceError: a file cannot be read or used.
        BusyError: another import is writing.
        StorageError: the data folder cannot be used.
    """
    options = Options(mode, dry_run, zone, currency, key_seed, progress=progress)
    reading = Reading(mapping, dict(mappings or {}), preset, dict(names or {}), trusted, plain_here)
    files = files_of(paths, reading.names)
    if is_large(files):
        return import_large(files, reading, options)
    batch = load_batch(files, reading, options)
    return importing.import_tables(
        batch.loaded, Options(mode, dry_run, zone, currency, key_seed, batch.sha256, progress)
    )


def import_tables(
    loaded: Sequence[Loaded],
    *,
    mode: DataMode = "real",
    dry_run: bool = False,
    progress: Callable[[float, str], None] | None = None,
    key_seed: int | None = None,
    zone: str = "",
    currency: str = "",
) -> ImportReport:
    """What do these loaded sources add? What ``import_files`` ends in; the options mean the same."""
    return importing.import_tables(loaded, Options(mode, dry_run, zone, currency, key_seed, progress=progress))


def known_defaults(mode: DataMode) -> dict[str, Any]:
    """What does the warehouse know that a file need not say?

    Returns:
        ``zone`` and ``currency`` of the business (empty before the first import) and ``store_zones`` (store id →
        IANA zone, where a store has its own), as plain JSON values.

    Raises:
        StorageError: the data folder cannot be read.
    """
    known = asdict(defaults_of(mode))
    return {name: known[name] for name in ("zone", "currency", "store_zones")}
