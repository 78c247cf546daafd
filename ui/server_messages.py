"""What a browser may say over its web socket: look, click, choose files; nothing that changes the server for others."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TYPE_CHECKING, Final

from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
from streamlit.proto.BackMsg_pb2 import BackMsg

from ui.server_limits import Bucket

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MESSAGE_BYTES: Final = 2 * 1024 * 1024
"""A page's widgets together say a few kilobytes; an edited table of a thousand rows some hundred."""
MESSAGES_A_SECOND: Final = 40.0
MESSAGES_AT_ONCE: Final = 200
FILES_AT_ONCE: Final = 100
SAID: Final = frozenset({
    "rerun_script", "stop_script", "app_heartbeat", "file_urls_request", "backend_operation_request",
})  # fmt: skip
"""All else is dropped: ``clear_cache`` would empty everybody's cache, ``set_run_on_save``, ``load_git_info`` and the
debugging messages are for developers."""


def is_allowed(said: bytes) -> bool:
    """Whether a message may reach the runtime.

    Args:
        said: as it came.

    Raises:
        DecodeError: it is no message at all.
    """
    message = BackMsg()
    message.ParseFromString(said)
    if message.WhichOneof("type") == "file_urls_request":
        return len(message.file_urls_request.file_names) <= FILES_AT_ONCE
    return message.WhichOneof("type") in SAID


class Messages:
    """Closes sockets that speak nonsense, drops what is not for browsers, slows those who talk too fast."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what may be said."""
        if scope["type"] != "websocket":
            await self._app(scope, receive, send)
            return
        bucket = Bucket(MESSAGES_AT_ONCE, time.monotonic())

        async def heard() -> Message:
            while True:
                message = await receive()
                if message["type"] != "websocket.receive":
                    return message
                if not bucket.take(time.monotonic(), rate=MESSAGES_A_SECOND, most=MESSAGES_AT_ONCE):
                    await asyncio.sleep(1 / MESSAGES_A_SECOND)  # the line is not read meanwhile, so nothing piles up
                    bucket.take(time.monotonic(), rate=MESSAGES_A_SECOND, most=MESSAGES_AT_ONCE)
                code = _objection(message)
                if code is None:
                    return message
                if code:
                    await send({"type": "websocket.close", "code": code})
                    return {"type": "websocket.disconnect", "code": code}

        await self._app(scope, heard, send)


def _objection(message: Message) -> int | None:
    """Code to close a socket with; 0 to drop the message, None when there is nothing against it."""
    said = message.get("bytes")
    if said is None:
        return 1003
    if len(said) > MESSAGE_BYTES:
        return 1009
    try:
        if is_allowed(said):
            return None
    except DecodeError:
        return 1002
    logging.getLogger("catchlight").warning("A browser's message of %d bytes is not for browsers; dropped", len(said))
    return 0
