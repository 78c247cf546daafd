"""How much anybody may ask of the server: requests, body sizes, patience with slow senders, and parked uploads."""

from __future__ import annotations

import asyncio
import time
from collections import Counter, OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from streamlit import config
from streamlit.runtime import Runtime

from ui.server_paths import UPLOADS, header, is_static, refuse, route

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

REQUESTS_A_SECOND: Final = 40.0
REQUESTS_AT_ONCE: Final = 1_200
"""An office behind one address opens its pages in the same minute; a page asks for about ten files that count."""
SOCKETS_AN_ADDRESS: Final = 300
SOCKETS: Final = 1_000
SMALL_BODY_BYTES: Final = 16 * 1024
FRAMING_BYTES: Final = 1024 * 1024
"""What a form says around the file in it."""
PARKED_FILES: Final = 100
PARKED_BYTES: Final = 400 * 1024 * 1024
ALL_PARKED_BYTES: Final = 1024 * 1024 * 1024
STILL_S: Final = 20.0
"""A sender who says nothing for so long is cut off."""
BODY_S: Final = 600.0
_ADDRESSES: Final = 10_000


@dataclass
class Bucket:
    """Tokens that fill up again with time."""

    tokens: float
    filled_at: float

    def take(self, now: float, *, rate: float, most: float) -> bool:
        """Take one token; False when there is none."""
        self.tokens = min(most, self.tokens + (now - self.filled_at) * rate)
        self.filled_at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Buckets:
    """A bucket for each address; the one unused for longest is forgotten first, so that memory is bounded."""

    def __init__(self, rate: float = REQUESTS_A_SECOND, most: float = REQUESTS_AT_ONCE) -> None:
        """Fill each with so many a second, up to so many."""
        self._rate, self._most = rate, most
        self._of: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, address: str, now: float) -> bool:
        """Whether this address may send one more request now."""
        bucket = self._of.pop(address, None) or Bucket(self._most, now)
        self._of[address] = bucket
        while len(self._of) > _ADDRESSES:
            self._of.popitem(last=False)
        return bucket.take(now, rate=self._rate, most=self._most)


class TooMuchError(Exception):
    """A body is larger than allowed; it is not read any further."""


class Limits:
    """Counts, measures and times what comes in."""

    def __init__(self, app: ASGIApp, *, buckets: Buckets | None = None, still_s: float = STILL_S) -> None:
        """Wrap an application."""
        self._app = app
        self._buckets = buckets or Buckets()
        self._still_s = still_s
        self._sockets: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is within the limits."""
        if scope["type"] == "lifespan" or is_static(route(scope)):
            await self._app(scope, receive, send)
            return
        address = (scope.get("client") or ("", 0))[0]
        if not self._buckets.take(address, time.monotonic()):
            await refuse(scope, send, 429)
        elif scope["type"] == "websocket":
            await self._socket(address, scope, receive, send)
        else:
            await self._request(scope, receive, send)

    async def _socket(self, address: str, scope: Scope, receive: Receive, send: Send) -> None:
        if self._sockets[address] >= SOCKETS_AN_ADDRESS or self._sockets.total() >= SOCKETS:
            await refuse(scope, send, 503)
            return
        self._sockets[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._sockets[address] -= 1
            self._sockets += Counter()  # drops addresses that have none left

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_upload = scope["method"] == "PUT" and route(scope).startswith(UPLOADS)
        most = _upload_bytes() + FRAMING_BYTES if is_upload else SMALL_BODY_BYTES
        said = header(scope, b"content-length")
        if said and not (said.isascii() and said.isdigit()):
            await refuse(scope, send, 400)
        elif said and int(said[:20]) > most:
            await refuse(scope, send, 413)
        elif is_upload and (session := _session(scope)) and not has_room(session):
            await refuse(scope, send, 507)
        else:
            await self._measured(scope, receive, send, most)

    async def _measured(self, scope: Scope, receive: Receive, send: Send, most: int) -> None:
        """Read the body no further than the limit and no slower than a person's line."""
        taken, begun, is_read, is_answered = 0, time.monotonic(), False, False

        async def measured() -> Message:
            nonlocal taken, is_read
            if is_read:  # the next message is that the sender has gone, and may take for ever
                return await receive()
            patience = min(self._still_s, BODY_S - (time.monotonic() - begun))
            message = await asyncio.wait_for(receive(), max(patience, 0))
            taken += len(message.get("body", b""))
            is_read = not message.get("more_body", False)
            if taken > most:
                raise TooMuchError
            return message

        async def watched(message: Message) -> None:
            nonlocal is_answered
            is_answered = True
            await send(message)

        try:
            await self._app(scope, measured, watched)
        except (TooMuchError, TimeoutError) as error:
            if not is_answered:
                await refuse(scope, send, 413 if isinstance(error, TooMuchError) else 408)


def has_room(session: str) -> bool:
    """Whether a session may park another file on the server until it is accepted or removed."""
    if not Runtime.exists():
        return True
    parked = getattr(Runtime.instance().uploaded_file_mgr, "file_storage", {})
    own = [len(one.data) for one in parked.get(session, {}).values()]
    everybody = sum(len(one.data) for files in list(parked.values()) for one in list(files.values()))
    return len(own) < PARKED_FILES and sum(own) < PARKED_BYTES and everybody < ALL_PARKED_BYTES


def _session(scope: Scope) -> str:
    return route(scope).removeprefix(UPLOADS).split("/", 1)[0]


def _upload_bytes() -> int:
    return int(config.get_option("server.maxUploadSize")) * 1024 * 1024
