"""What the screen shows, a file holds: as CSV, JSON and XLSX, harmless for a spreadsheet program."""

import csv
import datetime as dt
import io
import json
from dataclasses import replace

import fastexcel
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answers.answer import Answer
from answers.registry import ADDRESSES
from exports.files import csv_bytes, file_stem, json_bytes, xlsx_bytes
from exports.labels import column_label
from schema.cells import typed
from schema.errors import UsageError
from tests.answers.tiny import COMPANY, NOTHING, answer

BOM = b"\xef\xbb\xbf"


def answered(table):
    return Answer(
        address="overview/trend", table=pl.DataFrame(table), definition="Net sales by local day.", n=2,
        n_label="orders", from_on=dt.date(2026, 11, 1), to_on=dt.date(2026, 11, 14), snapshot=7, currency="CNY",
        coverage=0.5, coverage_label="of orders have a member", notes=("First.", "Second."),
    )  # fmt: skip


def read(content):
    assert content.startswith(BOM)
    return list(csv.reader(io.StringIO(content[3:].decode(), newline="")))


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", '=HYPERLINK("a","b")'])
def test_text_that_a_spreadsheet_would_run_is_made_harmless(text):
    assert read(csv_bytes(pl.DataFrame({"name": [text]}))) == [["name"], [f"'{text}"]]


@pytest.mark.parametrize("text", ["毛呢大衣", 'a "quoted", b', "two\nlines", "a\r\nb", "1=1", "a-b", "é", "'", ""])
def test_other_text_is_kept_as_it_is(text):
    assert read(csv_bytes(pl.DataFrame({"name": [text, "x"]}))) == [["name"], [text], ["x"]]


def test_negative_numbers_are_numbers_not_formulas():
    table = pl.DataFrame({"net_minor": [-5], "change": [-0.25], "on": [dt.date(2026, 11, 1)], "none": [None]})
    assert csv_bytes(table) == BOM + b"net_minor,change,on,none\n-5,-0.25,2026-11-01,\n"


def test_no_number_that_is_none_is_written():
    table = pl.DataFrame({"share": [float("nan"), float("inf"), -float("inf"), 0.5]})
    assert csv_bytes(table) == BOM + b'share\n""\n""\n""\n0.5\n' or csv_bytes(table) == BOM + b"share\n\n\n\n0.5\n"
    assert [row["share"] for row in json.loads(json_bytes(answered(table)))["rows"]] == [None, None, None, 0.5]
    xlsx_bytes(answered(table))


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8), min_size=1))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_from_csv(texts):
    rows = read(csv_bytes(pl.DataFrame({"a": texts, "b": list(range(len(texts)))})))
    back = [row[0] for row in rows[1:]]
    assert [typed(text) for text in back] == texts
    assert not any(text[:1] in tuple("=+-@\t\r\n") for text in back if text)


def test_json_is_one_object_with_all_that_is_needed_to_trust_it():
    content = json_bytes(answered({"local_on": [dt.date(2026, 11, 1)], "net_minor": [100], "label": ["苏州"]}))
    assert content.endswith(b"\n")
    assert "苏州".encode() in content
    assert json.loads(content) == {
        "address": "overview/trend", "definition": "Net sales by local day.", "from": "2026-11-01",
        "to": "2026-11-14", "currency": "CNY", "n": 2, "n_label": "orders", "coverage": 0.5,
        "coverage_label": "of orders have a member", "snapshot": 7, "notes": ["First.", "Second."],
        "rows": [{"local_on": "2026-11-01", "net_minor": 100, "label": "苏州"}],
    }  # fmt: skip


def sheets(content):
    book = fastexcel.read_excel(content)
    return [book.load_sheet(name).to_polars() for name in book.sheet_names]


def test_a_workbook_holds_the_table_with_money_in_whole_units_and_what_it_means():
    table, definition, _ = sheets(xlsx_bytes(answered({"group": ["=1+1", "苏州"], "net_minor": [12_345, -5]})))
    assert table.to_dicts() == [{"group": "=1+1", "Net, CNY": 123.45}, {"group": "苏州", "Net, CNY": -0.05}]
    said = dict(zip(definition[:, 0], definition[:, 1], strict=True))
    assert said["definition"] == "Net sales by local day."
    assert said["notes"] == "First.; Second."
    assert definition.columns == ["address", "overview/trend"]


@pytest.mark.parametrize(("currency", "value"), [("JPY", 12_345.0), ("KWD", 12.345), ("CNY", 123.45)])
def test_a_workbook_knows_how_many_digits_a_currency_has(currency, value):
    found = replace(answered({"net_minor": [12_345]}), currency=currency)
    assert sheets(xlsx_bytes(found))[0].to_dicts() == [{f"Net, {currency}": value}]


def test_a_link_and_a_formula_stay_text_in_a_workbook():
    texts = ['=HYPERLINK("https://x.example")', "https://x.example", "{=A1}", "@x", "0123"]
    assert sheets(xlsx_bytes(answered({"value": texts})))[0]["value"].to_list() == texts


def test_instants_are_written_in_utc_and_called_so():
    at = dt.datetime(2026, 11, 14, 12, 30, tzinfo=dt.UTC)
    table = pl.DataFrame({"loaded_at": [at]}).with_columns(pl.col("loaded_at").dt.convert_time_zone("Asia/Shanghai"))
    assert sheets(xlsx_bytes(answered(table)))[0].to_dicts() == [{"loaded_at, UTC": at.replace(tzinfo=None)}]


def test_more_rows_than_a_sheet_holds_are_refused_not_cut():
    with pytest.raises(UsageError) as error:
        xlsx_bytes(answered(pl.DataFrame({"row": pl.int_range(1_048_576, eager=True)})))
    assert str(error.value) == (
        "overview/trend: 1,048,576 rows do not fit into a sheet of 1,048,575; take csv or json."
    )


@pytest.mark.parametrize("rows", [NOTHING, COMPANY], ids=["no rows", "a company"])
@pytest.mark.parametrize("name", sorted(ADDRESSES))
def test_every_answer_can_be_written_in_every_format(name, rows):
    found = answer(name, rows=rows)
    lines = read(csv_bytes(found.table))
    assert lines[0] == found.table.columns
    assert len(lines) == found.table.height + 1
    assert len(json.loads(json_bytes(found))["rows"]) == found.table.height
    book = fastexcel.read_excel(xlsx_bytes(found))
    assert book.sheet_names == ["Table", "About", "Columns"]
    table = book.load_sheet("Table").to_polars()
    assert table.height == found.table.height or found.table.is_empty()
    assert [label.removesuffix(", UTC") for label in table.columns] == [
        column_label(name, found.currency) if name.endswith("_minor") else name for name in found.table.columns
    ]


def test_numbers_in_a_workbook_equal_those_of_the_answer():
    found = answer("dwell/products")
    table = sheets(xlsx_bytes(found))[0]
    for column in ("views", "known_views", "median_dwell_s", "linger_rate"):
        assert table[column].cast(pl.Float64).to_list() == found.table[column].cast(pl.Float64).to_list()


def test_a_file_name_says_what_is_in_it():
    assert file_stem(answered({"x": [1]})) == "overview-trend_2026-11-01_2026-11-14"


@pytest.mark.parametrize(
    ("column", "label"),
    [
        ("net_minor", "Net, CNY"),
        ("average_order_value_minor", "Average order value, CNY"),
        ("linger_rate", "Linger rate, %"),
        ("net_share", "Net share, %"),
        ("store_id", "Store"),
        ("local_on", "Local"),
        ("distance_m", "Distance, m"),
        ("known_views", "Known views"),
    ],
)
def test_columns_are_called_with_their_unit(column, label):
    assert column_label(column, "CNY") == label
