"""Text of unknown encoding: which characters is it?"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from schema.errors import SourceError
from schema.language import later, say
from schema.stored import stored

_STEP = 4 * 1024 * 1024
_SAMPLE_BYTES = 256 * 1024
_BINARY = bytes(c for c in range(32) if c not in b"\t\n\r\f\x0b\x1a\x1b\x00")


@dataclass(frozen=True)
class Text:
    """The characters of a file as UTF-8 bytes without a mark at the start."""

    data: bytes
    encoding: str
    notes: tuple[str, ...] = ()


def decode(raw: bytes, source: str, *, cut: bool = False) -> Text:
    """Which characters are these bytes? Strict UTF-8, then UTF-16, GB18030 and at last a guess that is noted.

    Args:
        raw: the bytes of the whole file, or its beginning.
        source: what to call it in messages.
        cut: the bytes are a beginning only, so a character may be cut in the middle.

    Raises:
        SourceError: the bytes are not text.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return _utf16(raw, "utf-16", source, ())
    notes: tuple[str, ...] = ()
    if nul := raw.count(b"\0"):
        wide = _wide(raw)
        if wide:
            return _utf16(
                raw, wide, source, (stored(later("no mark at the start: read as {encoding}"), encoding=wide),)
            )
        if nul > 2 + len(raw) // 100:
            _refuse(source)
        raw = raw.replace(b"\0", b"")
        notes = (stored(later("NUL bytes taken out: {n}"), n=nul),)
    head = raw[:_STEP]
    if len(head.translate(None, _BINARY)) < len(head) - 2 - len(head) // 200:
        _refuse(source)
    text = _utf8(raw, cut=cut) or _gb18030(raw, cut=cut) or _guess(raw, source)
    return Text(text.data, text.encoding, notes + text.notes)


def _refuse(source: str) -> None:
    msg = say(
        "{source}: is not text (or is damaged); Catchlight reads CSV, TSV, Parquet, JSON, XLSX, XLS, .gz, .zip.",
        source=source,
    )
    raise SourceError(msg)


def _wide(raw: bytes) -> str:
    """UTF-16 without a mark: nearly every second byte of western text is zero."""
    head = raw[: _SAMPLE_BYTES & ~1]
    half = max(len(head) // 2, 1)
    low, high = head[1::2].count(0), head[0::2].count(0)
    if low > 0.7 * half and high < 0.05 * half:
        return "utf-16-le"
    if high > 0.7 * half and low < 0.05 * half:
        return "utf-16-be"
    return ""


def _utf16(raw: bytes, encoding: str, source: str, notes: tuple[str, ...]) -> Text:
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        text = raw.decode(encoding, errors="replace")
        bad = text.count("\ufffd")
        if bad > 2 + len(text) // 100:
            _refuse(source)
        notes = (*notes, stored(later("damaged characters: {n}"), n=bad))
    data = text.replace("\0", "").encode("utf-8", errors="replace").removeprefix(codecs.BOM_UTF8)
    return Text(data, encoding, notes)


def _utf8(raw: bytes, *, cut: bool) -> Text | None:
    marked = raw.startswith(codecs.BOM_UTF8)
    data = raw.removeprefix(codecs.BOM_UTF8)
    name = "utf-8-sig" if marked else "utf-8"
    if data.isascii():
        return Text(data, name)
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for start in range(0, len(data), _STEP):
            decoder.decode(data[start : start + _STEP])
    except UnicodeDecodeError:
        return None
    rest = decoder.getstate()[0]
    if not rest:
        return Text(data, name)
    notes = () if cut else (later("the last character is cut off: the file looks cut off"),)
    return Text(data[: -len(rest)], name, notes)


def _gb18030(raw: bytes, *, cut: bool) -> Text | None:
    if not _reads_as_chinese(raw[:_STEP]):
        return None
    decoder = codecs.getincrementaldecoder("gb18030")()
    try:
        data = decoder.decode(raw).encode("utf-8")
    except UnicodeDecodeError:
        return None
    rest = decoder.getstate()[0]
    notes = () if cut or not rest else (later("the last character is cut off: the file looks cut off"),)
    return Text(data, "gb18030", notes)


def _reads_as_chinese(raw: bytes) -> bool:
    """Real simplified Chinese is mostly first-level characters (B0–D7, A1–FE) and full-width marks (A1–A3).

    Western single-byte text and Big5 often decode as GB18030 without an error, into nonsense; their second bytes
    betray them.
    """
    pairs = re.findall(rb"[\x81-\xfe](?:[\x30-\x39][\x81-\xfe][\x30-\x39]|[\x40-\x7e\x80-\xfe])", raw)
    if not pairs:
        return False
    usual = sum(1 for p in pairs if (0xB0 <= p[0] <= 0xD7 or 0xA1 <= p[0] <= 0xA3) and p[1] >= 0xA1)  # noqa: PLR2004
    return usual >= 0.6 * len(pairs)


def _guess(raw: bytes, source: str) -> Text:
    """The most likely other encoding, always with a note so that a person looks at the preview."""
    head = raw[:_SAMPLE_BYTES]
    high = sum(1 for b in head if b >= 0x80)  # noqa: PLR2004
    if high > 0.9 * len(head) and len(head) > 16:  # noqa: PLR2004
        _refuse(source)
    best = from_bytes(head, steps=5, chunk_size=512).best() if _comes_in_runs(head) else None
    names = [best.encoding] if best and best.encoding not in {"ascii", "utf_8"} else []
    for name in (*names, "cp1252", "latin-1"):
        try:
            data = raw.decode(name).encode("utf-8")
        except UnicodeDecodeError:
            continue
        note = stored(
            later("the encoding is a guess ({name}): check names and places in the preview, or save the file as UTF-8"),
            name=name,
        )
        return Text(data, name, (note,))
    msg = say("{source}: its encoding is not known; save it as UTF-8.", source=source)
    raise SourceError(msg)


def _comes_in_runs(head: bytes) -> bool:
    """High bytes stand side by side in Asian, Cyrillic and Greek text; alone among ASCII letters in western text."""
    runs: list[bytes] = re.findall(rb"[\x80-\xff]+", head)
    return sum(len(run) for run in runs if len(run) > 1) * 2 > sum(len(run) for run in runs)
