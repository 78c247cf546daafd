"""LibreOffice opens what is written, page by page and number by number."""

import csv
import re
import shutil
import subprocess

import pytest

from exports.forms import document_bytes
from exports.pages import PAGES
from tests.exports.opened import document

OFFICE = shutil.which("soffice") or shutil.which("libreoffice")
pytestmark = [
    pytest.mark.long,
    pytest.mark.skipif(
        OFFICE is None, reason="needs LibreOffice (apt-get install libreoffice-impress libreoffice-calc)"
    ),
]
EVERY_SHEET = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"
"""Commas, quotes, UTF-8, cells as they are shown, every sheet as a file of its own."""


def converted(folder, name, content, form):
    """Let LibreOffice write a file in another form, with a profile of its own."""
    (folder / name).write_bytes(content)
    command = [OFFICE, "--headless", f"-env:UserInstallation=file://{folder}/profile", "--convert-to", form, name]
    done = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("page", sorted(PAGES))
def test_it_opens_the_slides_of_every_page_and_loses_none(page, tmp_path):
    made = document(page)
    converted(tmp_path, "deck.pptx", document_bytes(made, "pptx"), "pdf")
    pages = re.findall(rb"/Type\s*/Page\b", (tmp_path / "deck.pdf").read_bytes())
    assert len(pages) >= len(made.cards) + (2 if len(made.cards) > 1 else 0)


@pytest.mark.parametrize("page", ["overview", "purchases", "sharing"])
def test_it_shows_the_numbers_of_every_sheet(page, tmp_path):
    made = document(page)
    converted(tmp_path, "book.xlsx", document_bytes(made, "xlsx"), EVERY_SHEET)
    sheets = {path.name: list(csv.reader(path.read_text("utf-8").splitlines())) for path in tmp_path.glob("book-*.csv")}
    assert len(sheets) >= len(made.tables())
    shown = {cell.replace(",", "") for rows in sheets.values() for row in rows for cell in row}
    assert not [cell for cell in shown if cell.startswith(("#REF", "#NAME", "#VALUE", "Err:"))]
    for answer in made.tables().values():
        for column in ("orders", "customers", "buyers"):
            if column in answer.table.columns:
                assert {str(number) for number in answer.table[column].drop_nulls()} <= shown
