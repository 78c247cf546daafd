"""Who sends a request: the signed cookie, and the viewers' table as it is now."""

from __future__ import annotations

import json
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import anyio.to_thread
from starlette.requests import cookie_parser
from streamlit.auth_util import get_cookie_with_chunks, get_origin_from_redirect_uri
from streamlit.web.server.server_util import get_cookie_secret
from streamlit.web.server.starlette.starlette_app_utils import decode_signed_value
from streamlit.web.server.starlette.starlette_server_config import USER_COOKIE_NAME

from ui.door_claims import viewer_from
from ui.door_log import has_left
from ui.server_paths import header

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from records.viewers import Viewer

FRESH_S: Final = 1.0
"""A page asks for a dozen files at once; the table is read once for them. Nobody stays longer than this."""
_KNOWN: Final = 2_000


@dataclass(frozen=True)
class Person:
    """Whom a signed cookie names.

    Attributes:
        issuer: which provider.
        subject: what the provider calls them.
        email: the claimed address.
        claims: all that was signed, as JSON; it differs from sign-in to sign-in.
    """

    issuer: str
    subject: str
    email: str
    claims: str = field(compare=False, default="{}")


def person_of(scope: Scope) -> Person | None:
    """Whom the cookie of a request names; None without one, or with one that is forged, old or another site's."""
    said = _claims(scope)
    if said.get("is_logged_in") is not True or said.get("origin") != get_origin_from_redirect_uri():
        return None
    issuer, subject, email = (str(said.get(key) or "") for key in ("iss", "sub", "email"))
    return Person(issuer, subject, email, json.dumps(said, sort_keys=True))


def _claims(scope: Scope) -> dict[str, Any]:
    secret = get_cookie_secret()
    if not secret:
        return {}
    cookies = cookie_parser(header(scope, b"cookie"))

    def one(name: str) -> bytes | None:
        return decode_signed_value(secret, name, cookies.get(name, "").encode("latin-1", "replace"))

    try:
        signed = get_cookie_with_chunks(one, USER_COOKIE_NAME)
        said = json.loads(signed) if signed else {}
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


class Desk:
    """Answers who a person is at present, and remembers it for a second."""

    def __init__(self, ask: Callable[[Person], Viewer | None] | None = None) -> None:
        """Ask the viewers' table, or what a test gives."""
        self._ask = ask or _look_up
        self._known: OrderedDict[str, tuple[float, Viewer | None]] = OrderedDict()

    async def viewer(self, person: Person | None) -> Viewer | None:
        """The active viewer that a person is now.

        Raises:
            StorageError: the table cannot be read; nobody is let in.
        """
        if person is None:
            return None
        known = self._known.get(person.claims)
        if known is not None and time.monotonic() - known[0] < FRESH_S:
            return known[1]
        asked_at = time.monotonic()
        found = await anyio.to_thread.run_sync(self._ask, person)
        self._known[person.claims] = (asked_at, found)
        self._known.move_to_end(person.claims)
        while len(self._known) > _KNOWN:
            self._known.popitem(last=False)
        return found


def _look_up(person: Person) -> Viewer | None:
    """As the frame asks at every run, in a thread of its own."""
    said = json.loads(person.claims)
    return None if has_left(said) else viewer_from(said)
