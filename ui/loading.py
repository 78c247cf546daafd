"""The Data page's loading: drop, look, correct, check, accept, watch."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import polars as pl
import streamlit as st

from exports.files import safe_name
from exports.labels import column_label
from ledger import api as ledger
from loaders.saved import save_mapping
from records.acts import owners_only
from schema.errors import CatchlightError, NeedsAnswerError
from schema.language import plural, say
from schema.settings import data_home
from schema.stored import retold
from ui.cards import plain
from ui.mapping_form import mapping_form, questions
from ui.page_list import page
from ui.signin import current_scope
from ui.tables import show_table
from ui.uploads import Dropped, keep, look
from ui.uploads_words import in_words
from warehouse import api as warehouse

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from loaders.load import Inspection
    from schema.mapping import Mapping
    from schema.report import ImportReport
    from schema.scope import Scope

_TYPES = ["csv", "tsv", "txt", "gz", "zip", "parquet", "json", "ndjson", "jsonl", "xlsx", "xls"]


def loading() -> None:
    """Nothing is stored in the warehouse before *Accept*.

    Raises:
        RefusedError: anybody but an owner in their own right; not even a dropped file is kept.
    """
    owners_only(current_scope(), "load", say("Only the owner loads data."))
    in_words(_TYPES)
    files = st.file_uploader(
        say(
            "Drop all your files at once: orders, events, stores, customers, products, territories. Any of them is a start."
        ),
        accept_multiple_files=True,
        type=_TYPES,
        key=f"drop-{st.session_state.get('drop-round', 0)}",
    )
    st.caption(
        say(
            "CSV, TSV, Excel, Parquet, JSON, also zipped, up to 50 MB each. Larger files: put them into `{folder}` and run "
            "`python -m warehouse import`. Nothing leaves this machine.",
            folder=data_home("real") / "inbox",
        )
    )
    if files:
        _review(files)


def _review(files: list[st.runtime.uploaded_file_manager.UploadedFile]) -> None:
    mappings: dict[str, Mapping] = {}
    paths: dict[Path, str] = {}
    ready = True
    for name, path in keep(files):
        dropped = _looked(name, path)
        if dropped.problem:
            st.error(plain(dropped.problem), icon=":material/error:")
            continue
        for number, found in enumerate(dropped.inspections):
            mapping, is_ready = _source(dropped, found, f"{path.name[:12]}-{number}")
            if mapping is not None:
                mappings[found.source] = mapping
                paths[path] = name
            ready = ready and is_ready
    if mappings:
        _accept(paths, mappings, ready=ready)


def _looked(name: str, path: Path) -> Dropped:
    """Look once a file; what was found stays with the session."""
    found: dict[str, Dropped] = st.session_state.setdefault("looked", {})
    if path.name not in found:
        with st.spinner(say("Looking at {name} …", name=plain(name))):
            found[path.name] = look(name, path)
    return found[path.name]


def _source(dropped: Dropped, found: Inspection, key: str) -> tuple[Mapping | None, bool]:
    """One file, or one sheet of it: what it seems to be, corrected. Returns the mapping and whether all is answered."""
    with st.container(border=True, key=f"source-{key}"):
        st.markdown(
            say(
                "**{source}** · {rows} rows · {encoding}",
                source=plain(found.source),
                rows=found.rows,
                encoding=plain(found.encoding),
            )
        )
        if found.refusal:
            st.error(plain(found.refusal), icon=":material/block:")
            return None, True
        mapping = mapping_form(found, key)
        now = found
        if mapping != found.mapping:
            again = look(dropped.name, dropped.path, mapping)
            now = next((one for one in again.inspections if one.source == found.source), found)
            if again.problem:
                st.error(plain(again.problem), icon=":material/error:")
                return None, False
        questions(now)
        show_table(_preview(now, mapping), key=f"preview-{key}", height=220, as_given=True)
        with st.container(horizontal=True):
            if st.button(say("Save this mapping"), key=f"save-{key}", icon=":material/bookmark:"):
                save_mapping(data_home("real") / "mappings", found.columns, mapping)
                st.toast(say("Saved: files with these columns will be read so."))
            st.download_button(
                say("Mapping as TOML"), mapping.to_toml(), f"{safe_name(found.source.split('/')[-1])}.toml", key=f"toml-{key}",
                icon=":material/download:", on_click="ignore",
            )  # fmt: skip
        return mapping, not now.questions


def _preview(found: Inspection, mapping: Mapping) -> pl.DataFrame:
    """The first rows under the names they were taken for; columns in use first."""
    by_source = {source: canonical for canonical, source in mapping.columns.items()}
    order = [c for c in found.columns if c in by_source] + [c for c in found.columns if c not in by_source]
    rows = [
        {(f"{column_label(by_source[c])} ← {c}" if c in by_source else c): row.get(c) for c in order}
        for row in found.sample[:8]
    ]
    return pl.DataFrame(rows, infer_schema_length=None)


def _accept(paths: dict[Path, str], mappings: dict[str, Mapping], *, ready: bool) -> None:
    with st.container(horizontal=True, key="accept"):
        check = st.button(say("Check what would be accepted"), disabled=not ready, icon=":material/fact_check:")
        accept = st.button(say("Accept"), type="primary", disabled=not ready, icon=":material/check:")
    if not ready:
        st.caption(say("Answer the questions above first."))
    if check or accept:
        _run(paths, mappings, dry_run=not accept)


def _run(paths: dict[Path, str], mappings: dict[str, Mapping], *, dry_run: bool) -> None:
    owners_only(current_scope(), "load", say("Only the owner loads data."))
    bar = st.progress(0.0, say("Reading …"))

    def told(share: float, text: str) -> None:
        bar.progress(min(1.0, share), plain(text))

    zone = next((m.zone for m in mappings.values() if m.zone), "")
    currency = next((m.currency for m in mappings.values() if m.currency), "")
    whole = {name: replace(m, zone=m.zone or zone, currency=m.currency or currency) for name, m in mappings.items()}
    try:
        report = warehouse.import_files(
            list(paths),
            names=paths,
            mode="real",
            mappings=whole,
            dry_run=dry_run,
            progress=told,
        )
    except NeedsAnswerError as question:
        st.warning(plain(str(question)), icon=":material/help:")
        return
    except CatchlightError as error:
        st.error(plain(str(error)), icon=":material/error:")
        return
    else:
        said = _bind(current_scope(), told) if report.snapshot is not None else ""
        _say(report, said)
    finally:
        bar.empty()


def _bind(by: Scope, told: Callable[[float, str], None]) -> str:
    """Where customers have owners, new ones get theirs at once, and their orders their shares; what came of it."""
    try:
        if not ledger.sequence("real")["bindings"]:
            return ""
        done = ledger.run(
            "real", by=by, progress=lambda share, step: told(share, say("Binding new customers: {step}", step=step))
        )
    except CatchlightError as refusal:
        return say(
            "New customers are not bound yet ({refusal}). Press Bind what is new on the Sharing page.", refusal=refusal
        )
    new = sum(done.spells.values())
    if not new:
        return say("Nobody's owner changed.")
    return plural(
        "New customers are bound: 1 binding was added.", "New customers are bound: {n} bindings were added.", new
    )


def _say(report: ImportReport, bound: str = "") -> None:
    rows = sum(source.rows_in for source in report.sources)
    aside = sum(source.quarantined for source in report.sources)
    if report.dry_run:
        st.info(
            say(
                "Of {rows} rows, {fit} would be accepted or are known already, {aside} set aside.",
                rows=rows,
                fit=rows - aside,
                aside=aside,
            )
        )
    elif report.snapshot is None:
        st.info(say("Nothing new: every row is known already."))
    else:
        st.success(
            say(
                "Snapshot {snapshot}: {rows} rows in, {aside} set aside. Every page now shows your data.",
                snapshot=str(report.snapshot),
                rows=rows,
                aside=aside,
            )
        )
        if bound:
            st.info(plain(bound), icon=":material/person_pin_circle:")
        st.page_link(
            page("overview"),
            label=say("Open the Overview"),
            icon=":material/arrow_forward:",
            query_params={"data": "real"},
        )
        st.button(say("Load more"), on_click=_next_round)
    columns = ["source", "shape", "rows_in", "accepted", "updated", "duplicate", "quarantined"]
    show_table(pl.DataFrame([{c: getattr(s, c) for c in columns} for s in report.sources]), key="import-report")
    notes = [f"{source.source}: {retold(note)}" for source in report.sources for note in source.notes]
    for note in notes:
        st.caption(plain(note))


def _next_round() -> None:
    st.session_state["drop-round"] = st.session_state.get("drop-round", 0) + 1
    st.session_state.pop("looked", None)
