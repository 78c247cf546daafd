"""What a reader's own program finds in a file."""

import zipfile
from io import BytesIO

import fastexcel
from pptx import Presentation

from charts.theme import LIGHT
from exports.desk import Desk
from exports.pages import address_document, page_document
from tests.answers.tiny import COMPANY, LOCAL_OWNER, answer, asked


def document(address, query="", *, rows=COMPANY, scope=LOCAL_OWNER, theme=LIGHT, **options):
    """A page, or one address, of the tiny company."""
    desk = Desk(asked(query, page=address.split("/")[0], rows=rows, scope=scope), theme=theme, options=options)
    if "/" not in address:
        return page_document(address, desk)
    return address_document(desk, answer(address, query, rows=rows, scope=scope))


def slides(content):
    return list(Presentation(BytesIO(content)).slides)


def charts(content):
    return [shape.chart for slide in slides(content) for shape in slide.shapes if shape.has_chart]


def tables(content):
    """The words of each table, row by row."""
    found = [shape.table for slide in slides(content) for shape in slide.shapes if shape.has_table]
    return [[[cell.text for cell in row.cells] for row in table.rows] for table in found]


def words(content):
    """All words of all slides, those within groups too."""

    def inside(shapes):
        for shape in shapes:
            if shape.shape_type == 6:
                yield from inside(shape.shapes)
            elif shape.has_text_frame:
                yield shape.text_frame.text

    return [text for slide in slides(content) for text in inside(slide.shapes) if text]


def sheets(content):
    book = fastexcel.read_excel(content)
    return {name: book.load_sheet(name).to_polars() for name in book.sheet_names}


def parts(content):
    """Every part of a zip file, those of zip files within it too, by its path."""
    found = {}
    with zipfile.ZipFile(BytesIO(content)) as folder:
        for name in folder.namelist():
            found[name] = folder.read(name)
            if found[name][:2] == b"PK":
                found |= {f"{name}!{inner}": part for inner, part in parts(found[name]).items()}
    return found
