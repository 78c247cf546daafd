"""The company's own book: who may look, and what was done. One book, whichever data are looked at."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from schema.errors import UsageError
from schema.language import later, say

if TYPE_CHECKING:
    from schema.settings import DataMode

COMPANY: Final[DataMode] = "real"
"""Viewers and the audit log lie in this mode's database, also while the demo is looked at."""

KEPT: Final = frozenset({"viewers", "audit"})
"""Tables that outlive a reset of the company's data: it shuts nobody out, and its own line stays to be read."""

MOST_EMAIL: Final = 254
"""Characters; the longest address that mail can be sent to."""

_NO_MAIL: Final = frozenset(' "(),:;<>[\\]')


def plain(written: str, what: str, most: int) -> str:
    """Words a person typed, as they are kept: one form of every letter, single blanks, nothing invisible.

    Raises:
        UsageError: a control or other invisible character, or more than ``most`` characters.
    """
    if len(written) > most:
        msg = say("The {what} has {n} characters; at most {most} are kept.", what=say(what), n=len(written), most=most)
        raise UsageError(msg)
    told = unicodedata.normalize("NFKC", written)
    if not told.isprintable():
        msg = say("The {what} holds a control or invisible character; type it again.", what=say(what))
        raise UsageError(msg)
    told = " ".join(told.split())
    if len(told) > most:  # one letter may have become several
        msg = say("The {what} is too long; at most {most} characters are kept.", what=say(what), most=most)
        raise UsageError(msg)
    return told


def opaque(written: str, what: str, most: int) -> str:
    """A name that a machine gave, as it is: nothing about it is made alike, so that two people never become one.

    Raises:
        UsageError: a character besides plain printable ones, a blank at an end, or more than ``most`` characters.
    """
    if not is_opaque(written) or len(written) > most:
        msg = say(
            "The {what} must be 1 to {most} plain characters, as the provider writes it.", what=say(what), most=most
        )
        raise UsageError(msg)
    return written


def is_opaque(written: str) -> bool:
    """Whether a machine's name is one that could have been kept."""
    return written.isascii() and written.isprintable() and written == written.strip()


def email_key(written: str) -> str:
    """An address as it is kept and compared: compatible letters are one, capitals do not count.

    Raises:
        UsageError: it is no address, or holds a letter that would read as others (``ß`` as ``ss``), so that it could
            let in somebody else.
    """
    told = plain(written, later("e-mail address"), MOST_EMAIL)
    local, _, domain = told.rpartition("@")
    if not local or not domain or "@" in local or _NO_MAIL & set(told):
        msg = say("{told} is no e-mail address; one looks like name@shop.example.", told=repr(told[:80]))
        raise UsageError(msg)
    if _looks_like_another(told):
        msg = say(
            "{told} holds a letter that reads as another address; name the viewer by subject and issuer instead.",
            told=repr(told),
        )
        raise UsageError(msg)
    return _folded(told)


def claimed_email_key(claimed: str) -> str:
    """The address a sign-in claims; empty when it is none, or only looks like one once its letters are replaced."""
    if _looks_like_another(claimed):
        return ""
    try:
        return email_key(claimed)
    except UsageError:
        return ""


def _looks_like_another(told: str) -> bool:
    """Whether folding makes plain letters of others: then two mailboxes of two people would be one."""
    return any(not c.isascii() and any(x.isascii() for x in _folded(c)) for c in told)


def _folded(told: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", told).casefold())
