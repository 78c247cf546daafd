from __future__ import annotations

import csv
import io
import time
from typing import TYPE_CHECKING

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loaders.raw import read_tables
from loaders.records import split_slowly
from loaders.scan import split_fast
from loaders.split import read_delimited
from schema.errors import SourceError

if TYPE_CHECKING:
    from pathlib import Path


def read(data: bytes, name: str = "orders.csv", **options):
    return read_delimited(data, name, name=name, **options)


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found_and_ids_stay_as_written(separator):
    lines = [["id", "amount", "city"], ["0012", "1.50", "Oslo"], ["0013", "", "Rome"]]
    table = read("\n".join(separator.join(line) for line in lines).encode() + b"\n")
    assert table.frame.to_dict(as_series=False) == {
        "id": ["0012", "0013"],
        "amount": ["1.50", None],
        "city": ["Oslo", "Rome"],
    }
    assert (table.header, table.encoding, table.notes) == (True, "utf-8", ())


def test_decimal_commas_do_not_hide_the_semicolon():
    assert read(b"a;b\n1,5;2,3\n1,6;3,1\n").frame.rows() == [("1,5", "2,3"), ("1,6", "3,1")]


def test_a_file_of_aligned_blanks_without_header_gets_numbered_columns():
    table = read(b" 00004 0001 19970101  2   29.33\n 00004 0001 19970118 12    9.73\n", "sample.txt")
    assert table.header is False
    assert table.frame.columns == ["column_1", "column_2", "column_3", "column_4", "column_5"]
    assert table.frame.row(0) == ("00004", "0001", "19970101", "2", "29.33")


def test_a_declared_header_wins_over_the_look_of_the_values():
    data = b"2019,2020\n1,2\n"
    assert read(data).header is False
    assert read(data, header=True).frame.columns == ["2019", "2020"]
    assert read(b"id,city\n1,Oslo\n", header=False).frame.rows() == [("id", "city"), ("1", "Oslo")]


def test_names_are_stripped_and_made_unique():
    table = read("\ufeff id , a,a,,\u200b\n1,2,3,4,5\n".encode())
    assert table.frame.columns == ["id", "a", "a_2", "column_4", "column_5"]
    assert table.encoding == "utf-8-sig"


def test_rows_with_too_many_fields_are_kept_aside_with_their_number():
    table = read(b"a,b\n1,2\n3,4,5\n6,7\n")
    assert table.frame.rows() == [("1", "2"), ("6", "7")]
    assert table.bad_rows.rows() == [(2, "3,4,5")]
    assert table.row_numbers.to_list() == [1, 3]
    assert table.notes == ("rows that could not be split into 2 columns: 1",)


def test_empty_fields_beyond_the_header_do_no_harm():
    assert read(b"a,b\n1,2,,\n3,4\n").frame.rows() == [("1", "2"), ("3", "4")]


def test_a_cut_off_last_line_is_kept_aside_and_named():
    table = read(b"id,day,amount\n1,2024-01-01,5\n2,2024-01-02,6\n3,2024-0")
    assert table.frame.height == 2
    assert table.bad_rows.rows() == [(3, "3,2024-0")]
    assert table.notes == ("last line has 2 of 3 fields: the file looks cut off",)


def test_short_rows_are_filled_and_counted():
    table = read(b"a,b,c\n1,2,3\n4\n7,8,9\n")
    assert table.frame.rows() == [("1", "2", "3"), ("4", None, None), ("7", "8", "9")]
    assert table.notes == ("rows with fewer than 3 fields, the missing ones left empty: 1",)


def test_a_quote_that_never_closes_costs_one_row():
    table = read(b'id,name\n1,"open\n2,ok\n3,"fine, too"\n4,"two\nlines"\n')
    assert table.frame.rows() == [("1", '"open'), ("2", "ok"), ("3", "fine, too"), ("4", "two\nlines")]


def test_inches_are_not_quotes():
    assert read(b'id,name\n1,5" pipe\n2,7" pipe\n3,plain\n').frame["name"].to_list() == ['5" pipe', '7" pipe', "plain"]


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\n"])
def test_every_kind_of_line_end_is_read(end):
    assert read(end.join([b"a,b", b"1,2", b"3,4", b""])).frame.rows() == [("1", "2"), ("3", "4")]


def test_mixed_line_ends_are_noted():
    table = read(b"a,b\r\n1,2\n3,4\r5,6\n")
    assert table.frame.height == 3
    assert table.notes == ("line ends are mixed (CR LF, LF, CR)",)


def test_a_few_nul_bytes_are_taken_out_with_a_note():
    table = read(b"a,b\n1,\x002\n3,4\n")
    assert table.frame.rows() == [("1", "2"), ("3", "4")]
    assert table.notes == ("NUL bytes taken out: 1",)


def test_title_lines_and_comments_above_the_table_are_passed_over():
    table = read(b"# exported by shop\nOrders of May\n\nid,day,amount\n1,2024-05-01,5\n2,2024-05-02,6\n")
    assert table.frame.columns == ["id", "day", "amount"]
    assert table.notes == ("lines above the table passed over: 2 ('# exported by shop' …)",)


def test_a_spreadsheets_separator_line_is_believed():
    assert read(b"sep=;\nid;name\n1;a,b\n").frame.rows() == [("1", "a,b")]


def test_blank_lines_and_rows_of_separators_at_the_end_are_no_rows():
    assert read(b"a,b\n\n1,2\n\n3,4\n,\n,\n").frame.rows() == [("1", "2"), ("3", "4")]


def test_one_column_is_a_table():
    assert read(b"id\n0012\n0013\n").frame.to_dict(as_series=False) == {"id": ["0012", "0013"]}


def test_a_header_alone_is_a_table_without_rows():
    table = read(b"id,city\n")
    assert (table.frame.columns, table.frame.height) == (["id", "city"], 0)


@pytest.mark.parametrize("data", [b"\n\n", b"\xef\xbb\xbf", b"  \r\n"])
def test_a_blank_file_is_refused(data):
    with pytest.raises(SourceError, match=r"^orders\.csv: is empty; export it again\.$"):
        read(data)


def test_too_many_columns_are_refused():
    with pytest.raises(SourceError, match=r"^orders\.csv: has 5,000 columns; Catchlight reads at most 4,096\. "):
        read(b",".join(b"c" for _ in range(5000)) + b"\n")


@pytest.mark.parametrize(
    ("encoding", "read_as", "guessed"),
    [
        ("gb18030", "gb18030", False),
        ("gbk", "gb18030", False),
        ("utf-16", "utf-16", False),
        ("utf-16-le", "utf-16-le", True),
        ("utf-8", "utf-8", False),
        ("utf-8-sig", "utf-8-sig", False),
    ],
)
def test_chinese_files_are_read_in_every_usual_encoding(encoding, read_as, guessed):
    text = "订单号,order_number,姓名,城市\n0001,ORDER-000001,张伟,上海市\n0002,ORDER-000002,李娜,成都市\n"
    table = read((text if encoding != "utf-16-le" else text.replace("姓名", "name")).encode(encoding))
    assert table.frame.row(1) == ("0002", "ORDER-000002", "李娜", "成都市")
    assert table.encoding == read_as
    assert bool(table.notes) is guessed


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("id,name,city\n1,Café,Zürich\n2,Señor,Köln\n3,Ångström,Malmö\n", "cp1252"),
        ("訂單號,姓名,城市\n001,張三豐,臺北市\n002,李國華,高雄市\n", "big5"),
    ],
)
def test_other_encodings_are_guessed_with_a_note(text, encoding):
    table = read(text.encode(encoding))
    assert table.frame.row(1) == tuple(text.splitlines()[2].split(","))
    assert table.notes == (
        f"the encoding is a guess ({encoding}): check names and places in the preview, or save the file as UTF-8",
    )


def test_a_preview_reads_only_the_beginning(tmp_path: Path):
    path = tmp_path / "orders.csv"
    path.write_bytes(b"id,name\n" + b"".join(b"%d,some name of a customer\n" % i for i in range(400_000)))
    start = time.perf_counter()
    table = read_tables(path, limit=20)[0]
    assert time.perf_counter() - start < 1
    assert table.frame.height == 20
    assert table.notes == ()


def test_a_preview_shows_the_first_rows_good_or_bad():
    table = read(b"a,b\n1,2\n3,4,5\n6,7\n8,9\n", limit=3)
    assert (table.frame.rows(), table.bad_rows.rows()) == ([("1", "2"), ("6", "7")], [(2, "3,4,5")])


cells = st.text(st.sampled_from('ab1,;" \n.|\té订'), max_size=6)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=12))
def test_what_a_csv_writer_writes_comes_back(rows):
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([["id", "na me", "c"], *rows])
    table = read(out.getvalue().encode(), header=True)
    wanted = [tuple(cell or None for cell in row) for row in rows]
    while wanted and not any(wanted[-1]):
        wanted.pop()
    assert table.frame.rows() == wanted
    assert table.bad_rows.height == 0


@settings(max_examples=200, deadline=None)
@given(st.text(st.sampled_from('ab1," \n'), min_size=1, max_size=60))
def test_both_ways_to_split_agree_where_the_fast_one_dares(text):
    data = text.encode() + b"\n"
    fast = split_fast(data, ",", 2)
    if fast is not None:
        slow = split_slowly(data, ",", 2)
        assert fast.frame.rows() == slow.frame.rows()
        assert [n for n, _ in fast.bad] == [n for n, _ in slow.bad]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.text(st.sampled_from("ab1,;. "), min_size=1, max_size=12), min_size=1, max_size=20))
def test_no_line_is_lost_or_counted_twice(lines):
    data = "id,b\n" + "\n".join(lines) + "\n"
    table = read(data.encode(), header=True)
    filled = [line for line in lines if line.strip()]
    while filled and not filled[-1].strip(" ,") and not table.bad_rows.height:
        filled.pop()
    passed = any("passed over" in note for note in table.notes)
    assert passed or abs(table.frame.height + table.bad_rows.height - len(filled)) <= sum(
        not line.strip(" ,;") for line in lines
    )


def test_a_quarter_million_rows_take_less_than_a_second(tmp_path: Path):
    n = 250_000
    frame = pl.DataFrame(
        {
            "order_id": [f"{i:08d}" for i in range(n)],
            "paid_at": ["2024-01-02 03:04:05"] * n,
            "name": ['a "quoted", thing', "plain"] * (n // 2),
        }
    )
    path = tmp_path / "orders.csv"
    frame.write_csv(path)
    start = time.perf_counter()
    table = read_tables(path)[0]
    assert time.perf_counter() - start < 1.5
    assert table.frame.equals(frame)
