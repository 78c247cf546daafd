"""What is refused is said in the reader's language, though another process reads the file; what is kept stays English."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from loaders.load import Defaults, inspect_file, load_file
from schema.errors import SourceError
from schema.language import speaking

if TYPE_CHECKING:
    from pathlib import Path


def test_a_refusal_of_the_reading_process_is_said_in_the_language_of_whoever_asked(tmp_path: Path):
    path = tmp_path / "noise.csv"
    path.write_bytes(b"a\x00\x01\x02\x03\xff" * 500)
    with speaking("es"), pytest.raises(SourceError, match="no es texto"):
        inspect_file(path)
    with pytest.raises(SourceError, match="is not text"):
        inspect_file(path)


def test_notes_and_reasons_are_kept_in_english_whoever_loads(tmp_path: Path):
    path = tmp_path / "orders.csv"
    path.write_text(
        "order_id,customer_id,placed_at,paid,currency\n"
        + "".join(f"O{n},C{n},2026-10-0{n}T10:00:00Z,{n}.00,CNY\n" for n in range(1, 9))
        + "O9,C9,yesterday,9.00,CNY\n",
        encoding="utf-8",
    )
    with speaking("zh-CN"):
        loaded = load_file(path, defaults=Defaults("Asia/Shanghai", "CNY"))[0]
    assert loaded.notes
    assert all(note.isascii() for note in loaded.notes)
    assert loaded.quarantine["message"].to_list() == ["placed_at is not a date or time."]
