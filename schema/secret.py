"""The installation's own key, and keyed hashes of what must not be kept in clear: identities, and who was forgotten."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import os
import re
import secrets
from typing import TYPE_CHECKING, Final

from schema.errors import StorageError, UsageError
from schema.language import say
from schema.settings import home

if TYPE_CHECKING:
    from pathlib import Path

VARIABLE: Final = "CATCHLIGHT_HASH_KEY"
FILE: Final = "hash.key"
_LEAST: Final = 16
_OTHERS: Final = 0o077
_SHORT: Final = 32
_EMAIL: Final = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_MOBILE: Final = re.compile(r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}")
_INTERNATIONAL: Final = re.compile(r"\+\d[\d ()-]{6,18}\d")
_WECHAT: Final = re.compile(r"o[A-Za-z0-9_-]{27}")


def hash_key() -> bytes:
    """The key: ``CATCHLIGHT_HASH_KEY``, else the file ``hash.key`` in the data folder, made at the first call.

    Whoever holds the key can try telephone numbers one by one, so it lies outside the code and nobody but its owner can
    read it. Whoever loses it cannot recognise people again: keep it with the backups.

    Raises:
        UsageError: the variable is shorter than 16 characters.
        StorageError: the file cannot be read or made, is damaged, or others can read it.
    """
    given = os.environ.get(VARIABLE, "")
    if given:
        if len(given) < _LEAST:
            msg = say(
                "{name} has {n} characters; it must have at least {least}.", name=VARIABLE, n=len(given), least=_LEAST
            )
            raise UsageError(msg)
        return given.encode()
    path = home() / FILE
    try:
        if not path.exists():
            _make(path)
        if path.stat().st_mode & _OTHERS:
            msg = say("{path}: others on this machine can read it. Run chmod 600 on it.", path=path)
            raise StorageError(msg)
        key = path.read_bytes().strip()
    except OSError as error:
        msg = say(
            "{path}: the key cannot be used ({reason}). Check space and permissions.",
            path=path,
            reason=error.strerror or error,
        )
        raise StorageError(msg) from error
    if len(key) < _LEAST:
        msg = say("{path}: is damaged ({n} bytes). Put the one from the backup there.", path=path, n=len(key))
        raise StorageError(msg)
    return key


def keyed_hash(key: bytes, kind: str, text: str) -> str:
    """HMAC-SHA-256 of a text as 64 hexadecimal digits; texts of different kinds never have the same."""
    return hmac.digest(key, f"{kind}\x1f{text}".encode(), hashlib.sha256).hex()


def stored_id(key: bytes, text: str, *, always: bool = False) -> str:
    """How an id is kept: an e-mail address, telephone number or WeChat id as a keyed hash, any other as it is.

    Args:
        key: the installation's.
        text: the id as the source has it.
        always: whether it is an identity whatever it looks like.
    """
    plain = _plain_identity(text.strip())
    return f"h-{keyed_hash(key, 'identity', plain or text.strip())[:_SHORT]}" if plain or always else text


def _plain_identity(text: str) -> str:
    """An identity without what does not matter in it, so that one person has one; empty for other texts."""
    if _EMAIL.fullmatch(text):
        return text.casefold()
    if _MOBILE.fullmatch(text):
        return re.sub(r"\D", "", text)[-11:]
    if _INTERNATIONAL.fullmatch(text):
        return "+" + re.sub(r"\D", "", text)
    return text if _WECHAT.fullmatch(text) else ""


def _make(path: Path) -> None:
    """A new key under its name in one step: two processes that make one at once end up with the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{FILE}.{os.getpid()}.{secrets.token_hex(4)}.part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(secrets.token_hex(32).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink(missing_ok=True)
