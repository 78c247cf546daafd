"""What the audit log keeps of people who come, go and are refused; those not on the list only as pseudonyms."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import json
import logging
from typing import TYPE_CHECKING, Any, Final

from records import audit
from schema.errors import CatchlightError
from ui.door_settings import cookie_secret

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST: Final = 10_000
_WRITTEN: Final[set[str]] = set()
_LEFT: Final[set[str]] = set()
"""Tokens signed out on this server; the log knows the others."""


def token_of(said: Mapping[str, Any]) -> str:
    """A pseudonym of one sign-in: who, by whom, when; the same for every window and reload of it."""
    return _pseudonym("token", json.dumps([str(said.get(name) or "") for name in ("iss", "sub", "iat")]))


def reference_of(said: Mapping[str, Any]) -> str:
    """A short pseudonym of a person who is not on the list; they can tell it to the owner, who finds it in the log."""
    who = [str(said.get(name) or "") for name in ("iss", "sub")]
    return _pseudonym("person", json.dumps(who if any(who) else [str(said.get("email") or "")]))[:8]


def came(viewer: str, said: Mapping[str, Any]) -> None:
    """One line a sign-in, whatever is opened or reloaded with it."""
    token = token_of(said)
    _once(f"sign_in|{token}", "sign_in", viewer, {"provider": str(said.get("provider") or "")})


def refused(viewer: str, said: Mapping[str, Any], reason: str) -> None:
    """One line a person, reason and hour."""
    hour = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H")
    who = reference_of(said)
    _once(f"refusal|{reason}|{who}|{hour}", "refusal", viewer, {"reason": reason, "reference": who})


def left(viewer: str, said: Mapping[str, Any]) -> None:
    """Somebody signed out: their sign-in is over in every window, and a copy of its cookie is worth nothing."""
    token = token_of(said)
    _remember(_LEFT, token)
    try:
        _once(f"sign_out|{token}", "sign_out", viewer, {"provider": str(said.get("provider") or "")})
    except CatchlightError:  # nobody is kept from leaving
        logging.getLogger("catchlight").exception("A sign-out could not be written to the audit log")


def has_left(said: Mapping[str, Any]) -> bool:
    """Whether this very sign-in was ended, in another window or before a restart.

    Raises:
        StorageError: the log is there and cannot be read.
    """
    if not said.get("iat"):  # then every sign-in of the person would look like the ended one
        return False
    token = token_of(said)
    return token in _LEFT or audit.is_kept(f"sign_out|{token}")


def _once(key: str, kind: audit.Kind, viewer: str, what: Mapping[str, str | int]) -> None:
    if key not in _WRITTEN:
        audit.write(kind, viewer=viewer, what=what, key=key)
        _remember(_WRITTEN, key)


def _remember(known: set[str], key: str) -> None:
    if len(known) >= _MOST:
        known.clear()
    known.add(key)


def _pseudonym(kind: str, text: str) -> str:
    return hmac.digest(cookie_secret().encode(), f"sign-in {kind}\x1f{text}".encode(), hashlib.sha256).hex()[:32]
