"""A document in the form somebody asks for: XLSX, PPTX, one-file HTML, PNG or SVG."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Final
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from exports.files import csv_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from exports.document import Document

FORMATS: Final = ("csv", "json", "xlsx", "pptx", "html", "png", "svg", "zip")
"""All that an address can be written as; ``zip`` holds the CSV of each table."""
PAGE_FORMS: Final = ("xlsx", "pptx", "html", "png", "svg", "zip")
"""What several tables can be written as."""
EXPORTED: Final = ("overview", "dwell", "purchases", "products", "catchment", "sharing", "audiences", "sync")
"""Pages that can be written as one document."""
NOT_EXPORTED: Final = frozenset({
    ("sharing", "tab", "replay"), ("sharing", "tab", "whatif"), ("catchment", "section", "flows"),
    ("catchment", "section", "openings"), ("catchment", "section", "whatif"), ("catchment", "section", "territories"),
    ("catchment", "layer", "territories"),
})  # fmt: skip
"""Page, parameter and value of the parts of a page that have files of their own, or none."""
MIME: Final = {
    "csv": "text/csv",
    "zip": "application/zip",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "html": "text/html",
    "png": "image/png",
    "svg": "image/svg+xml",
}


def document_bytes(document: Document, form: str, progress: Callable[[float], None] | None = None) -> bytes:
    """Write a document; the libraries of a form load with the first file of it.

    Args:
        document: what to write.
        form: one of ``PAGE_FORMS``.
        progress: told the done part, 0 to 1.
    """
    if form == "xlsx":
        from exports.workbook import document_workbook  # noqa: PLC0415

        return document_workbook(document, progress)
    if form == "pptx":
        from exports.slides import pptx_bytes  # noqa: PLC0415

        return pptx_bytes(document, progress)
    if form == "html":
        from exports.onefile import html_bytes  # noqa: PLC0415

        return html_bytes(document, progress)
    if form == "zip":
        return _zipped(document)
    from exports.pictures import picture_of  # noqa: PLC0415

    picture = picture_of(document, progress)
    return picture.png() if form == "png" else picture.svg(title=document.title).encode()


def _zipped(document: Document) -> bytes:
    """The CSV of each table; the same document gives the same bytes."""
    out = BytesIO()
    with ZipFile(out, "w", ZIP_DEFLATED) as folder:
        for name, answer in document.tables().items():
            folder.writestr(ZipInfo(f"{name}.csv", date_time=(1980, 1, 1, 0, 0, 0)), csv_bytes(answer.table))
    return out.getvalue()
