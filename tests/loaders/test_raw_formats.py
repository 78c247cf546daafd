# ruff: noqa: DTZ001  (workbooks and files hold stamps without a zone)
from __future__ import annotations

import datetime as dt
import gzip
import io
import json
import struct
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter
import xlwt

from loaders import limits
from loaders.raw import read_tables
from schema.errors import SourceError

READS = "CSV, TSV, Parquet, JSON, XLSX, XLS, .gz, .zip"
SHARED = Path("/work/shared/data")


def keep(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def zipped(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


def test_the_original_name_counts_when_the_file_lies_here_under_another(tmp_path):
    path = keep(tmp_path, "3f2a", gzip.compress(b"a\tb\n1\t2\n"))
    (table,) = read_tables(path, name="orders.tsv.gz")
    assert (table.source, table.frame.rows()) == ("orders.tsv.gz", [("1", "2")])


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"^orders\.csv: cannot be read \(No such file or directory\)\.$"):
        read_tables(tmp_path / "orders.csv")


@pytest.mark.parametrize(
    ("head", "what"),
    [
        (b"%PDF-1.7", "a PDF"),
        (b"\x89PNG\r\n\x1a\n", "an image (PNG)"),
        (b"\x7fELF\x02", "a program"),
        (b"#!/bin/sh\n", "a script"),
        (b"SQLite format 3\x00", "an SQLite database; name it as sqlite:///path with a query"),
        (b'<?xml version="1.0"?>', "XML"),
    ],
)
def test_other_kinds_of_file_are_named(tmp_path, head, what):
    with pytest.raises(SourceError) as caught:
        read_tables(keep(tmp_path, "x.csv", head))
    assert str(caught.value) == f"x.csv: is {what}; Catchlight reads {READS}."


def test_a_web_page_called_xls_is_explained(tmp_path):
    with pytest.raises(SourceError) as caught:
        read_tables(keep(tmp_path, "o.xls", b"\n<html><table><tr><td>1"))
    assert str(caught.value) == (
        f"o.xls: is a web page (HTML); Catchlight reads {READS}. "
        "Open it in a spreadsheet program and save it as XLSX or CSV."
    )


def test_text_called_xls_is_read_as_text(tmp_path):
    assert read_tables(keep(tmp_path, "o.xls", b"a\tb\n1\t2\n"))[0].frame.rows() == [("1", "2")]


@pytest.mark.parametrize(("name", "kind"), [("o.xlsx", "xlsx"), ("o.parquet", "parquet"), ("o.zip", "zip")])
def test_a_name_that_lies_is_noticed(tmp_path, name, kind):
    with pytest.raises(SourceError) as caught:
        read_tables(keep(tmp_path, name, b"\x00\x01\x02\x03" * 40))
    assert str(caught.value) == f"{name}: is not {kind} although its name says so; copy or export it again."


def test_parquet_keeps_its_types_and_opens_nested_fields(tmp_path):
    frame = pl.DataFrame(
        {
            "id": ["0012"],
            "paid_at": [dt.datetime(2024, 1, 2, 3, 4)],
            "geo": [{"lat": 1.5, "tags": ["a", "b"]}],
            "event_params": [[{"key": "page", "value": {"string_value": None, "int_value": 3}}]],
        }
    )
    frame.write_parquet(tmp_path / "e.parquet")
    (table,) = read_tables(tmp_path / "e.parquet")
    assert table.frame.row(0, named=True) == {
        "id": "0012",
        "paid_at": dt.datetime(2024, 1, 2, 3, 4),
        "geo.lat": 1.5,
        "geo.tags": '["a", "b"]',
        "event_params.page": 3,
    }


@pytest.mark.parametrize("share", [0.3, 0.95])
def test_a_cut_off_parquet_file_is_named(tmp_path, share):
    frame = pl.DataFrame({"id": range(1000)})
    frame.write_parquet(tmp_path / "o.parquet")
    data = (tmp_path / "o.parquet").read_bytes()
    with pytest.raises(SourceError) as caught:
        read_tables(keep(tmp_path, "c.parquet", data[: int(len(data) * share)]))
    assert str(caught.value) == "c.parquet: is cut off: the Parquet file has no end; copy or download it again."


def test_a_parquet_file_that_claims_too_much_is_refused(tmp_path, monkeypatch):
    pl.DataFrame({"id": [1] * 1000, "n": [2] * 1000}).write_parquet(tmp_path / "o.parquet")
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 15_999)
    with pytest.raises(
        SourceError, match=r"^o\.parquet: claims 1,000 rows of 2 columns, more than 15\.6 KiB in memory"
    ):
        read_tables(tmp_path / "o.parquet")
    assert read_tables(tmp_path / "o.parquet", limit=10)[0].frame.height == 10


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ('[{"id": "01", "c": {"n": 1}}, {"id": "02", "c": {"n": 2}}]', ["id", "c.n"]),
        ('{"id": "01", "c": {"n": 1}}\n{"id": "02", "c": {"n": 2}}\n', ["id", "c.n"]),
        ('{"ok": true, "data": [{"id": "01", "c": {"n": 1}}, {"id": "02", "c": {"n": 2}}]}', ["id", "c.n"]),
        ('{"response": {"orders": [{"id": "01", "c": {"n": 1}}, {"id": "02", "c": {"n": 2}}]}}', ["id", "c.n"]),
        ('[["id", "c.n"], ["01", 1], ["02", 2]]', ["id", "c.n"]),
        ('{"id": ["01", "02"], "c.n": [1, 2]}', ["id", "c.n"]),
    ],
)
def test_json_of_every_usual_form_is_a_table(tmp_path, text, names):
    (table,) = read_tables(keep(tmp_path, "o.json", text.encode()))
    assert table.frame.columns == names
    assert table.frame.rows() == [("01", 1), ("02", 2)]


def test_several_arrays_in_json_are_several_tables(tmp_path):
    data = b'{"orders": [{"id": 1}], "stores": [{"store": "a"}, {"store": "b"}]}'
    found = read_tables(keep(tmp_path, "o.json", data))
    assert [(t.source, t.frame.height) for t in found] == [("o.json#orders", 1), ("o.json#stores", 2)]


def test_mixed_kinds_in_json_stay_as_written(tmp_path):
    data = b'[{"id": 1, "n": 1, "x": 1.5}, {"id": "C2", "n": null, "x": 2}, {"id": 99999999999999999999, "b": true}]'
    frame = read_tables(keep(tmp_path, "o.json", data))[0].frame
    assert frame.to_dict(as_series=False) == {
        "id": ["1", "C2", "99999999999999999999"],
        "n": [1, None, None],
        "x": [1.5, 2.0, None],
        "b": [None, None, True],
    }


def test_a_broken_line_of_json_is_kept_aside(tmp_path):
    (table,) = read_tables(keep(tmp_path, "e.ndjson", b'{"a": 1}\n{"a": 2\n{"a": 3}\n'))
    assert (table.frame["a"].to_list(), table.bad_rows.rows()) == ([1, 3], [(2, '{"a": 2')])


def test_cut_off_json_is_named(tmp_path):
    with pytest.raises(SourceError, match=r"^o\.json: is not JSON: .* in line 1, column 21; the file is cut off\.$"):
        read_tables(keep(tmp_path, "o.json", b'[{"id": 1}, {"id": 2'))


def test_json_nested_beyond_reason_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"^o\.json: is JSON nested too deeply"):
        read_tables(keep(tmp_path, "o.json", b"[" * 200_000))


def workbook(path: Path) -> Path:
    book = xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"})
    sheet = book.add_worksheet("Orders")
    sheet.write(0, 0, "Orders of May")
    rows = [
        ["id", "paid_at", "amount", "code", "mixed", "ok"],
        [266079.0, dt.datetime(2024, 5, 1, 9, 30), 1.5, "0012", dt.datetime(2024, 5, 1), True],
        [266080.0, dt.datetime(2024, 5, 2, 9, 30), 2, "A3", "n/a", False],
    ]
    for i, row in enumerate(rows, start=2):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell) if not isinstance(cell, dt.datetime) else sheet.write_datetime(i, j, cell)
    sheet.write_blank(9, 8, None, book.add_format({"bold": True}))
    book.add_worksheet("Empty")
    stores = book.add_worksheet("Stores")
    stores.write_row(0, 0, ["store", "lat"])
    stores.write_row(1, 0, ["a", 1.25])
    book.close()
    return path


def test_workbooks_keep_dates_numbers_and_text_below_a_title(tmp_path):
    orders, stores = read_tables(workbook(tmp_path / "b.xlsx"))
    assert orders.source == "b.xlsx#Orders"
    assert orders.frame.to_dict(as_series=False) == {
        "id": [266079, 266080],
        "paid_at": [dt.datetime(2024, 5, 1, 9, 30), dt.datetime(2024, 5, 2, 9, 30)],
        "amount": [1.5, 2.0],
        "code": ["0012", "A3"],
        "mixed": ["2024-05-01 00:00:00", "n/a"],
        "ok": [True, False],
    }
    assert orders.notes == ("rows above the table passed over: 2",)
    assert (stores.source, stores.frame.rows()) == ("b.xlsx#Stores", [("a", 1.25)])


def test_one_sheet_can_be_named(tmp_path):
    path = workbook(tmp_path / "b.xlsx")
    assert [t.source for t in read_tables(path, sheet="Stores")] == ["b.xlsx#Stores"]
    with pytest.raises(SourceError, match=r"^b\.xlsx: has no sheet 'May'; its sheets are Orders, Empty, Stores\.$"):
        read_tables(path, sheet="May")


def test_binary_xls_is_read(tmp_path):
    book = xlwt.Workbook()
    sheet = book.add_sheet("订单")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    for i, row in enumerate([["id", "day", "n"], ["0012", dt.date(2024, 5, 1), 3], ["0013", dt.date(2024, 5, 2), 4.5]]):
        for j, cell in enumerate(row):
            sheet.write(i, j, cell, day) if isinstance(cell, dt.date) else sheet.write(i, j, cell)
    book.save(str(tmp_path / "b.xls"))
    (table,) = read_tables(tmp_path / "b.xls")
    assert table.source == "b.xls#订单"
    assert table.frame["id"].to_list() == ["0012", "0013"]
    assert table.frame["day"].cast(pl.Date).to_list() == [dt.date(2024, 5, 1), dt.date(2024, 5, 2)]
    assert table.frame["n"].to_list() == [3.0, 4.5]


def test_an_archive_gives_a_table_per_file_and_mentions_the_documents(tmp_path):
    data = zipped(b__csv=b"a,b\n1,2\n", a__tsv=b"a\tb\n01\t2\n", manual__pdf=b"%PDF-1.7")
    first, second = read_tables(keep(tmp_path, "z.zip", data))
    assert (first.source, first.frame.rows()) == ("z.zip/a.tsv", [("01", "2")])
    assert first.notes == ("not read, since they are documents: z.zip/manual.pdf",)
    assert (second.source, second.frame.rows()) == ("z.zip/b.csv", [("1", "2")])


def test_names_that_climb_out_of_the_archive_do_nothing(tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../evil.csv", "a,b\n1,2\n")
    inner = tmp_path / "in" / "side"
    inner.mkdir(parents=True)
    (table,) = read_tables(keep(inner, "z.zip", out.getvalue()))
    assert table.source == "z.zip/evil.csv"
    assert [p.name for p in tmp_path.rglob("*.csv")] == []


def test_archives_in_archives_are_refused(tmp_path):
    with pytest.raises(SourceError, match=r"^z\.zip/i\.zip: is an archive within an archive; unpack the outer one"):
        read_tables(keep(tmp_path, "z.zip", zipped(i__zip=zipped(a__csv=b"a,b\n1,2\n"))))


@pytest.mark.parametrize("name", ["b.gz", "b.zip"])
def test_bombs_are_refused_before_they_go_off(tmp_path, name):
    blank = b"a,b\n" + b"0" * (80 << 20)
    data = gzip.compress(blank, 9) if name.endswith("gz") else zipped(a__csv=blank)
    with pytest.raises(SourceError, match=rf"^{name}: unpacks to more than 200 times its size"):
        read_tables(keep(tmp_path, name, data))


def test_an_archive_that_lies_about_its_sizes_is_refused(tmp_path):
    data = bytearray(zipped(a__csv=b"a,b\n" + b"1,2\n" * 1000))
    at = data.rindex(b"PK\x01\x02") + 24
    data[at : at + 4] = struct.pack("<I", 10)
    with pytest.raises(SourceError, match=r"^z\.zip/a\.csv: is cut off or damaged"):
        read_tables(keep(tmp_path, "z.zip", bytes(data)))


@pytest.mark.parametrize("share", [0.5, 0.99])
def test_cut_off_archives_are_named(tmp_path, share):
    text = b"".join(b"%d,%d\n" % (i, i * 7919 % 1000) for i in range(5000))
    for name, data in (("c.gz", gzip.compress(text)), ("c.zip", zipped(a__csv=text))):
        with pytest.raises(SourceError, match=rf"^{name}: is cut off"):
            read_tables(keep(tmp_path, name, data[: int(len(data) * share)]))


def test_a_folder_is_read_in_the_order_of_names_without_hidden_files(tmp_path):
    (tmp_path / "may").mkdir()
    keep(tmp_path / "may", "b.csv", b"a,b\n1,2\n")
    keep(tmp_path, "a.json", json.dumps([{"a": 1}]).encode())
    keep(tmp_path, ".hidden.csv", b"x")
    keep(tmp_path, "notes.md", b"# notes")
    found = read_tables(tmp_path)
    assert [t.source for t in found] == ["a.json", "may/b.csv"]
    assert found[0].notes == ("not read, since they are documents: notes.md",)


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(SourceError, match=rf"^shop: the folder holds no files; Catchlight reads {READS}\.$"):
        read_tables(tmp_path, name="shop")


@pytest.mark.skipif(not SHARED.is_dir(), reason="the published data sets are not on this machine")
@pytest.mark.parametrize(
    ("name", "rows", "columns", "header"),
    [
        ("cdnow/CDNOW_master.txt", 69_659, 4, True),
        ("cdnow/CDNOW_sample.txt", 6_919, 5, False),
        ("online_shoppers/online_shoppers_intention.csv", 12_330, 18, True),
        ("uci_online_retail/online_retail.parquet", 541_909, 8, True),
        ("uci_online_retail/2010-12-01.csv", 3_108, 8, True),
        ("walmart_openings/1962_2006_walmart_store_openings.csv", 2_992, 16, True),
    ],
)
def test_the_published_data_sets_come_in_whole(name, rows, columns, header):
    (table,) = read_tables(SHARED / name)
    assert (table.frame.height, table.frame.width, table.header) == (rows, columns, header)
    assert table.bad_rows.height == 0
    assert table.notes == ()
