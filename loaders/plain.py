"""Whether a file is so small and so plain a text that reading it can neither crash, hang nor fill the memory."""

from __future__ import annotations

import codecs
import re
from pathlib import Path
from typing import Final

SMALL_BYTES: Final = 32 * 1024 * 1024
"""Longer files are read in a child process whatever they hold."""

_ENDINGS: Final = (".csv", ".tsv")
_LONGEST_LINE: Final = 65_536
_MOST_COLUMNS: Final = 200
_STRANGE: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
"""Control characters: no program writes them into a table of text."""


def is_small_and_plain(path: Path, name: str) -> bool:
    """Is this UTF-8 text of short lines and few columns, by its name and by every byte of it?

    Args:
        path: the file.
        name: its own name, when it lies under another one.

    Raises:
        OSError: it cannot be read.
    """
    if Path(name).suffix.lower() not in _ENDINGS or not 0 < path.stat().st_size <= SMALL_BYTES:
        return False
    body = path.read_bytes()
    if body.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or _STRANGE.search(body) or not _is_utf8(body):
        return False
    lines = body.split(b"\n")
    return max(map(len, lines)) <= _LONGEST_LINE and len(re.split(rb"[,;\t|]", lines[0])) <= _MOST_COLUMNS


def _is_utf8(body: bytes) -> bool:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
