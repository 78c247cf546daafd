"""Small plain text is told from everything else by every byte of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loaders import plain
from loaders.plain import is_small_and_plain

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("name", "body", "is_plain"),
    [
        ("a.csv", b"id,day\n1,2026-11-01\n", True),
        ("A.TSV", "kunde\tort\r\n1\tKöln\r\n".encode(), True),
        ("a.csv", b"\xef\xbb\xbfid\n1\n", True),
        ("a.xlsx", b"id,day\n1,2026-11-01\n", False),
        ("a.csv.gz", b"id\n1\n", False),
        ("a.csv", b"", False),
        ("a.csv", b"id\n1\x00\n", False),
        ("a.csv", b"id\n\x1b[2J\n", False),
        ("a.csv", "id\nKöln\n".encode("latin-1"), False),
        ("a.csv", "id\n1\n".encode("utf-16"), False),
        ("a.csv", b"id\n" + b"x" * 65_537 + b"\n", False),
        ("a.csv", b",".join(b"c" for _ in range(201)) + b"\n", False),
    ],
)
def test_only_short_lines_of_text_are_plain(tmp_path: Path, name: str, body: bytes, is_plain: bool) -> None:  # noqa: FBT001
    file = tmp_path / "content"
    file.write_bytes(body)
    assert is_small_and_plain(file, name) is is_plain


def test_what_is_long_is_not_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"id\n1\n")
    assert is_small_and_plain(file, "a.csv")
    monkeypatch.setattr(plain, "SMALL_BYTES", 4)
    assert not is_small_and_plain(file, "a.csv")
