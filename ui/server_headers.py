"""Headers of every answer the server gives: what a browser may load, run, frame and keep."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

import streamlit as st

from ui.server_paths import header, route

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_INDEX: Final = Path(st.__file__).parent / "static" / "index.html"
_INLINE: Final = re.compile(rb"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", re.DOTALL)
_HOST: Final = re.compile(r"[A-Za-z0-9.\-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:]{2,45}\](:\d{1,5})?")
_KEPT_BY_NAME: Final = ("/static/", "/app/static/")
"""The client's own files and the basemap: the same for everybody, so a browser may keep them."""
_DAY_S: Final = 86_400

FIXED: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""Sign-in leaves the page and comes back instead of opening a window, so the strict opener policy does not hinder it."""


def inline_hashes(page: bytes | None = None) -> tuple[str, ...]:
    """Hashes of the scripts that stand in Streamlit's own page, as a policy names them.

    Args:
        page: the page; the installed one without it.
    """
    scripts = _INLINE.findall(_INDEX.read_bytes() if page is None else page)
    return tuple(f"'sha256-{base64.b64encode(hashlib.sha256(one).digest()).decode()}'" for one in scripts)


def policy(host: str, hashes: tuple[str, ...]) -> str:
    """The content security policy for a page that was asked for under this host.

    Maps decode with WebAssembly, which may run; text never becomes a script. Streamlit loads the button that saves a
    picture from a blob, which only a script that runs already can make: no address in a text leads to one. Pictures
    from other sites are not loaded, so that no text in the data can send one there. Older browsers do not count a web
    socket of the same origin as ``'self'``, so it is named; no other is.

    Args:
        host: the request's own host and port; left out when it is not one.
        hashes: from ``inline_hashes``.
    """
    sockets = f" ws://{host} wss://{host}" if _HOST.fullmatch(host) else ""
    return "; ".join((
        "default-src 'self'",
        " ".join(("script-src 'self' 'wasm-unsafe-eval'", *hashes)),
        " ".join(("script-src-elem 'self' blob:", *hashes)),
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self'",
        f"connect-src 'self'{sockets}",
        "worker-src blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    ))  # fmt: skip


def headers_for(scope: Scope, hashes: tuple[str, ...]) -> dict[str, str]:
    """What is added to the answer to a request."""
    added = FIXED | {"Content-Security-Policy": policy(header(scope, b"host"), hashes)}
    if scope["scheme"] in {"https", "wss"}:  # behind a proxy: what it said in X-Forwarded-Proto, where it is trusted
        added["Strict-Transport-Security"] = f"max-age={365 * _DAY_S}"
    if not route(scope).startswith(_KEPT_BY_NAME):
        added["Cache-Control"] = "no-store"
    return added


class SecurityHeaders:
    """Sets the headers on all answers, and takes away those that would let other sites read them."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self._app = app
        self._hashes = inline_hashes()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on and complete its answer."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        added = {name.lower().encode(): value.encode() for name, value in headers_for(scope, self._hashes).items()}

        async def complete(message: Message) -> None:
            if message["type"] in {"http.response.start", "websocket.http.response.start"}:
                kept = [(name, value) for name, value in message.get("headers", ()) if name.lower() not in added]
                message["headers"] = [one for one in kept if not _opens(one)] + list(added.items())
            await send(message)

        await self._app(scope, receive, complete)


def _opens(one: tuple[bytes, bytes]) -> bool:
    """Nothing here is for other sites, so no answer says that they may read it."""
    return one[0].lower().startswith(b"access-control-")
