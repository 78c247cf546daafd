"""A document as a workbook: a sheet a table, one that says where the numbers are from, one that explains the columns."""

from __future__ import annotations

import re
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers.groups import sample
from exports.labels import column_label, column_meaning
from exports.words import is_rate
from schema.errors import UsageError
from schema.language import from_python, later, say
from schema.money import minor_digits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from answers.answer import Answer
    from exports.document import Document

MOST_ROWS: Final = 1_048_575
"""Below the header."""
_MOST_LETTERS: Final = 32_767
"""In a cell of a sheet; more are not written at all."""
_MOST_NAME: Final = 31
_NO_SHEET: Final = re.compile(r"[\[\]:*?/\\']")
_SAFE: Final = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def workbook_bytes(
    answers: Sequence[tuple[str, Answer]], about: dict[str, Any], progress: Callable[[float], None] | None = None
) -> bytes:
    """The tables as sheets, then ``About`` and ``Columns``.

    Args:
        answers: name of the sheet and what stands on it.
        about: what a reader needs beside the rows: name → words.
        progress: told the done part, 0 to 1.

    Raises:
        UsageError: there are more rows than a sheet can hold.
    """
    import xlsxwriter  # noqa: PLC0415  (loads with the first workbook)

    for _, answer in answers:
        if answer.table.height > MOST_ROWS:
            msg = say(
                "{address}: {rows} rows do not fit into a sheet of {most}; take csv or json.",
                address=answer.address,
                rows=answer.table.height,
                most=MOST_ROWS,
            )
            raise UsageError(msg)
    buffer = BytesIO()
    names = sheet_names([name for name, _ in answers])
    with xlsxwriter.Workbook(buffer, _SAFE) as book:
        for place, (name, (_, answer)) in enumerate(zip(names, answers, strict=True)):
            _sheet(book, name, answer)
            if progress is not None:
                progress((place + 1) / len(answers))
        _about(book, about)
        _columns(book, [(name, answer) for name, (_, answer) in zip(names, answers, strict=True)])
    return buffer.getvalue()


def document_workbook(document: Document, progress: Callable[[float], None] | None = None) -> bytes:
    """All tables of a page, each card's on a sheet of its own; a table that two cards show is written once."""
    found = document.tables()
    said: dict[str, Any] = {
        say("title"): document.title,
        say("question"): document.question,
        say("address"): document.address,
        say("Data").lower(): document.whose,
        say("from"): document.from_on.isoformat(),
        say("to"): document.to_on.isoformat(),
        say("filters"): document.filters or say("none: all rows that may be seen"),
        say("currency"): document.currency,
        say("snapshot"): document.snapshot,
    }
    for figure in document.figures:
        said[figure.label] = (
            say("{value} ({change} on the period before)", value=figure.value, change=figure.change)
            if figure.change
            else figure.value
        )
    for name, answer in found.items():
        said[say("{table}: definition", table=name)] = say(answer.definition)
        said[say("{table}: n", table=name)] = sample(answer).removeprefix("n = ")
        if answer.coverage is not None:
            share = from_python(f"{answer.coverage:.1%}")
            said[say("{table}: coverage", table=name)] = f"{share} {say(answer.coverage_label)}"
    if document.notes:
        said[say("notes")] = list(document.notes)
    return workbook_bytes(list(found.items()), said, progress)


def sheet_names(wanted: Sequence[str]) -> list[str]:
    """Names a workbook takes: at most 31 signs, none twice, whatever their case."""
    names: list[str] = []
    for one in wanted:
        base = _NO_SHEET.sub(" ", one).strip()[:_MOST_NAME] or "Table"
        name, again = base, 2
        while name.lower() in {other.lower() for other in [*names, "About", "Columns"]}:
            name, again = f"{base[: _MOST_NAME - 3]} {again}", again + 1
        names.append(name)
    return names


def _sheet(book: Any, name: str, answer: Answer) -> None:
    digits = minor_digits(answer.currency)
    shown, money = for_people(answer, digits)
    formats: dict[Any, Any] = dict.fromkeys(money, "#,##0" + ("." + "0" * digits if digits else ""))
    for column, kind in shown.schema.items():
        if column in formats:
            continue
        if is_rate(column, kind):
            formats[column] = "0.0%"
        elif kind.is_float():
            formats[column] = "#,##0.0##"
        elif kind.is_integer():
            formats[column] = "#,##0"
        elif kind == pl.Date:
            formats[column] = "yyyy-mm-dd"
        elif isinstance(kind, pl.Datetime):
            formats[column] = "yyyy-mm-dd hh:mm:ss"
    head = {"bold": True, "bg_color": "#f5f4f0", "font_color": "#1d2430", "bottom": 1, "bottom_color": "#e4e1d9"}
    shown.write_excel(
        book, name, column_formats=formats, header_format=head, table_style={"style": "Table Style Light 1", "banded_rows": False},
        autofit=True, freeze_panes=(1, 0), float_precision=3,
    )  # fmt: skip


def for_people(answer: Answer, digits: int) -> tuple[pl.DataFrame, list[str]]:
    """The table with money in whole units and stamps in UTC, each called so; and which columns are money."""
    number, text = pl.col(pl.Float64, pl.Float32), pl.col(pl.String)
    table = answer.table.with_columns(pl.when(number.is_finite()).then(number).name.keep())
    money = [name for name in table.columns if name.endswith("_minor")]
    stamps = [name for name, kind in table.schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone]
    labels = {name: column_label(name, answer.currency) for name in money} | {name: f"{name}, UTC" for name in stamps}
    shown = table.with_columns(
        pl.when(text.str.len_chars() > _MOST_LETTERS)
        .then(text.str.head(_MOST_LETTERS - 1) + "…")
        .otherwise(text)
        .name.keep(),
        pl.col(money) / 10**digits,
        pl.col(stamps).dt.convert_time_zone("UTC").dt.replace_time_zone(None),
    )
    return shown.rename(labels), [labels[name] for name in money]


_NAMES: Final = (later("definition"), later("coverage"), later("n_label"), later("coverage_label"))
"""What an answer is told by that no page's workbook names alone."""


def _about(book: Any, about: dict[str, Any]) -> None:
    sheet = book.add_worksheet("About")
    bold, wrapped = (
        book.add_format({"bold": True, "valign": "top"}),
        book.add_format({"text_wrap": True, "valign": "top"}),
    )
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 110)
    for row, (name, value) in enumerate(about.items()):
        sheet.write_string(row, 0, say(name), bold)
        sheet.write_string(row, 1, "; ".join(value) if isinstance(value, list) else str(value), wrapped)


def _columns(book: Any, answers: Sequence[tuple[str, Answer]]) -> None:
    """What each column of each sheet is, and its unit."""
    sheet = book.add_worksheet("Columns")
    bold = book.add_format({"bold": True, "bg_color": "#f5f4f0", "bottom": 1})
    for place, (head, wide) in enumerate(
        ((say("Sheet"), 22), (say("Column"), 28), (say("Meaning"), 44), (say("Unit"), 60))
    ):
        sheet.set_column(place, place, wide)
        sheet.write_string(0, place, head, bold)
    sheet.freeze_panes(1, 0)
    row = 1
    for name, answer in answers:
        for column, kind in answer.table.schema.items():
            money = column.endswith("_minor")
            stamp = isinstance(kind, pl.Datetime) and kind.time_zone is not None
            head = column_label(column, answer.currency) if money else f"{column}, UTC" if stamp else column
            words = (name, head, column_label(column, answer.currency), column_meaning(column, kind, answer.currency))
            for place, text in enumerate(words):
                sheet.write_string(row, place, text)
            row += 1
