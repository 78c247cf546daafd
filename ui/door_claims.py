"""What a sign-in provider says about a person, read with suspicion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from records.viewers import viewer_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from records.viewers import Viewer

_MICROSOFT: Final = "login.microsoftonline.com"
_VOUCHED: Final = (True, 1, "1", "true")


def is_verified(said: Mapping[str, Any]) -> bool:
    """Whether the provider vouches for the e-mail address; Microsoft has a claim of its own for it (``xms_edov``)."""
    if said.get("email_verified") is True:
        return True
    return urlsplit(str(said.get("iss") or "")).hostname == _MICROSOFT and said.get("xms_edov") in _VOUCHED


def viewer_from(said: Mapping[str, Any]) -> Viewer | None:
    """The active viewer whom these claims name, as the list is now; None for everybody else.

    Raises:
        StorageError: the list is there and cannot be read; nobody is let in.
    """
    email, subject, issuer = (str(said.get(name) or "") for name in ("email", "sub", "iss"))
    return viewer_of(email=email, subject=subject, issuer=issuer, email_verified=is_verified(said))
