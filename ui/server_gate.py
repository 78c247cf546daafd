"""Who may ask the server for what: own pages only, and files only by the person to whom they were offered."""

from __future__ import annotations

import re
from collections import OrderedDict
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from streamlit import config
from streamlit.auth_util import get_origin_from_redirect_uri

from schema.errors import CatchlightError
from ui.door_settings import is_sign_in_configured
from ui.server_paths import MEDIA, STREAM, UPLOADS, count, header, needs_person, origin_host, refuse, route
from ui.server_people import Desk, Person, person_of
from ui.server_start import is_loopback

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_ADDRESS: Final = re.compile(
    rb"/media/[0-9A-Za-z]{16,128}(?:\.[0-9A-Za-z]{1,12})?|/_stcore/upload_file/[0-9a-f\-]{36}/[0-9a-f\-]{36}"
)
_OFFERS: Final = 50_000
_METHODS: Final = {"GET", "HEAD", "OPTIONS"}
_UPLOAD_METHODS: Final = {"PUT", "DELETE", "OPTIONS"}
_LOOPBACK: Final = ("localhost", "127.0.0.1", "[::1]")
_LONG_HEADER: Final = 1_000
_HANDSHAKE_ONCE: Final = (b"host", b"origin", b"sec-websocket-protocol")


class Offers:
    """Which file addresses were sent to whose screen; the oldest are forgotten first."""

    def __init__(self, most: int = _OFFERS) -> None:
        """Keep this many at most."""
        self._most = most
        self._made: OrderedDict[tuple[Person | None, str], None] = OrderedDict()

    def note(self, person: Person | None, message: bytes) -> None:
        """Remember every file address in a message to somebody's screen."""
        if b"/media/" not in message and b"/upload_file/" not in message:
            return
        for address in _addresses(message):
            self._made[person, address] = None
            self._made.move_to_end((person, address))
        while len(self._made) > self._most:
            self._made.popitem(last=False)

    def has(self, person: Person | None, path: str) -> bool:
        """Whether an address was sent to somebody's screen."""
        return (person, path) in self._made


def _addresses(message: bytes) -> list[str]:
    """The file addresses in a protobuf message, where a text has its length before it and anything right behind it.

    Below a base path the length stands further in front: then everything that the address may be is taken.
    """
    found = []
    for match in _ADDRESS.finditer(message):
        start = match.start()
        told = message[start : start + message[start - 1]] if start else b""
        if _ADDRESS.fullmatch(told):
            found.append(told.decode())
            continue
        stem, dot, ending = match.group().decode().partition(".")
        found += [stem, *(f"{stem}{dot}{ending[:length]}" for length in range(1, len(ending) + 1))]
    return found


class Gate:
    """Refuses foreign hosts and origins, people who are not signed in, and files that were not offered to them."""

    def __init__(self, app: ASGIApp, desk: Desk | None = None) -> None:
        """Wrap an application."""
        self._app = app
        self._desk = desk or Desk()
        self._offers = Offers()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif not is_own_host(header(scope, b"host")) and route(scope) != "/_stcore/health":
            await refuse(scope, send, 403)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        elif (status := await self._verdict(scope)) is not None:
            await refuse(scope, send, status)
        else:
            await self._app(scope, receive, send)

    async def _verdict(self, scope: Scope) -> int | None:
        """The status to refuse with; None lets the request through."""
        path = route(scope)
        if scope["method"] not in (_UPLOAD_METHODS if path.startswith(UPLOADS) else _METHODS):
            return 405
        if not needs_person(path) or (path.startswith(MEDIA) and self._offers.has(None, path)):
            return None  # what was offered to nobody in particular is the door's own pictures
        person = None
        try:
            if is_sign_in_configured():
                person = person_of(scope)
                viewer = await self._desk.viewer(person)
                if viewer is None or (viewer.role != "owner" and not path.startswith(MEDIA)):
                    return 403
        except CatchlightError:
            return 503
        if path.startswith((MEDIA, UPLOADS)) and not self._offers.has(person, path):
            return 403
        return None

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not is_honest_handshake(scope):
            await refuse(scope, send, 403)
            return
        try:
            person = person_of(scope) if is_sign_in_configured() else None
        except CatchlightError:
            await refuse(scope, send, 503)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "websocket.send" and message.get("bytes"):
                self._offers.note(person, message["bytes"])
            await send(message)

        await self._app(scope, receive, noting)


def is_own_host(host: str) -> bool:
    """Whether a request was meant for this server, and not for a name that somebody pointed at its address.

    The names are ``server.allowedHosts``; else where people come back to from signing in, and this machine itself.
    """
    name = host.lower().rsplit(":", 1)[0] if not host.endswith("]") else host.lower()
    allowed = _allowed_hosts()
    if "*" in allowed or name in allowed:
        return bool(name)
    return any(one.startswith("*.") and name.endswith(one[1:]) for one in allowed)


def _allowed_hosts() -> set[str]:
    named = {str(one).lower() for one in config.get_option("server.allowedHosts") or ()}
    if named:
        return named
    signed_in_at = urlsplit(get_origin_from_redirect_uri() or "").hostname
    if signed_in_at:
        return {signed_in_at, *_LOOPBACK}
    bound = str(config.get_option("server.address") or "")
    return set(_LOOPBACK) if is_loopback(bound) else {"*"}


def is_honest_handshake(scope: Scope) -> bool:
    """Whether a web socket is opened by a page of this very server, in the way its own client does."""
    if route(scope) != STREAM or any(count(scope, name) > 1 for name in _HANDSHAKE_ONCE):
        return False
    if len(header(scope, b"sec-websocket-protocol")) > _LONG_HEADER:
        return False
    host = header(scope, b"host").lower()
    return bool(host) and origin_host(header(scope, b"origin")) == host
