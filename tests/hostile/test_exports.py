"""No cell of a file runs in a spreadsheet program, numbers stay numbers, and every text comes back letter by letter."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from dataclasses import replace

import fastexcel
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exports.files import csv_bytes, json_bytes, safe_name, xlsx_bytes
from schema.cells import inert, typed
from tests.answers.tiny import answer
from tests.hostile.strings import ALL, NAMES

RUNS = re.compile("[\\s\\0\u200b\u2060\ufeff]*[=+\\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")


def cells(content: bytes, separator: str) -> list[str]:
    """Every cell as a spreadsheet program with this separator cuts the file: quotes count only where a cell begins."""
    text = content.decode().removeprefix("\ufeff")
    return [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) for cell in row]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
@pytest.mark.parametrize("name", ALL, ids=range(len(ALL)))
def test_no_cell_runs_whichever_separator_the_program_expects(name: str, separator: str) -> None:
    content = csv_bytes(pl.DataFrame({"first": [name], "count": [1], "last": [name]}))
    assert [cell for cell in cells(content, separator) if RUNS.match(cell)] == []


@pytest.mark.parametrize("kind", [pl.Categorical(), pl.Enum(["=1+1", "x"])], ids=["categories", "fixed words"])
def test_words_stored_as_categories_are_made_harmless_too(kind: pl.DataType) -> None:
    table = pl.DataFrame({"name": ["=1+1", "x"]}, schema={"name": kind})
    assert cells(csv_bytes(table), ",") == ["name", "'=1+1", "x"]


def test_a_heading_is_made_harmless_too() -> None:
    assert cells(csv_bytes(pl.DataFrame({"=1+1": ["x"], "b": ["y"]})), ",")[:2] == ["'=1+1", "b"]


@pytest.mark.parametrize("name", ALL, ids=range(len(ALL)))
def test_what_a_cell_held_comes_back(name: str) -> None:
    assert typed(inert(pl.DataFrame({"name": [name]}))["name"].item()) == name


@given(st.lists(st.text(alphabet="=+-@';|\n\t \"a\uff1d"), min_size=1, max_size=20))
@settings(max_examples=150, deadline=None)
def test_any_mixture_of_signs_comes_back(texts: list[str]) -> None:
    found = inert(pl.DataFrame({"name": texts}))["name"].to_list()
    assert [typed(text) for text in found] == texts


def test_a_negative_number_is_a_number_in_every_format() -> None:
    table = pl.DataFrame({"n": [-5], "share": [-0.5], "on": [dt.date(2026, 1, 2)]})
    assert csv_bytes(table).decode() == "\ufeffn,share,on\n-5,-0.5,2026-01-02\n"
    found = replace(answer("dwell/products"), table=table)
    assert json.loads(json_bytes(found))["rows"] == [{"n": -5, "share": -0.5, "on": "2026-01-02"}]
    assert book(xlsx_bytes(found))["n"].to_list() == [-5]


def book(content: bytes) -> pl.DataFrame:
    sheet = fastexcel.read_excel(content).load_sheet("Table", dtypes={"name": "string"}).to_polars()
    assert isinstance(sheet, pl.DataFrame)
    return sheet


def test_a_workbook_and_a_json_file_hold_every_name_as_text() -> None:
    names = [*NAMES, "_x0041_", "a" * 32_767]
    found = replace(answer("dwell/products"), table=pl.DataFrame({"name": names, "n": range(len(names))}))
    assert [row["name"] for row in json.loads(json_bytes(found))["rows"]] == names
    content = xlsx_bytes(found)
    assert b"<f>" not in content
    said = [name.replace("\r\n", "\n").replace("\r", "\n") for name in names]
    back = [name.replace("\r\n", "\n").replace("\r", "\n") for name in book(content)["name"].to_list()]
    assert [pair for pair in zip(said, back, strict=True) if pair[0] != pair[1]] == []


def test_a_text_too_long_for_a_sheet_is_cut_visibly_not_dropped() -> None:
    found = replace(answer("dwell/products"), table=pl.DataFrame({"name": ["b" * 40_000, "c"]}))
    assert book(xlsx_bytes(found))["name"].to_list() == ["b" * 32_766 + "…", "c"]


@pytest.mark.parametrize("name", ALL, ids=range(len(ALL)))
def test_a_download_is_named_without_paths_signs_and_devices(name: str) -> None:
    safe = safe_name(name)
    assert re.fullmatch(r"[\w.\-]{1,120}", safe)
    assert not safe.startswith((".", "-"))
    assert len(safe.encode()) <= 130
    assert safe.split(".", maxsplit=1)[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "etc-passwd"),
        ("CON", "file-CON"),
        ("nul.csv", "file-nul.csv"),
        ('a"\r\nSet-Cookie: x', "a-Set-Cookie-x"),
        ("苏州旗舰店", "苏州旗舰店"),
        ("???", "file"),
    ],
)
def test_a_downloads_name_keeps_its_letters(name: str, safe: str) -> None:
    assert safe_name(name) == safe
