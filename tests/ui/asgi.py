"""An app to guard, requests to it, and cookies as Streamlit signs them."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, TypeVar

from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

HOST = b"127.0.0.1:8501"
SECRET = "pZ7mQ2xV9dKe4RfTn8LwYb3HsAj6UgCo"  # noqa: S105
ORIGIN = "http://127.0.0.1:8501"
FILE = "/media/" + "a" * 56 + ".csv"
PARK = "/_stcore/upload_file/11111111-1111-4111-8111-111111111111/22222222-2222-4222-8222-222222222222"
ADA = {"iss": "https://id.test", "sub": "ada", "email": "ada@company.test", "email_verified": True}
EVE = {"iss": "https://id.test", "sub": "eve", "email": "eve@company.test", "email_verified": True}


def http(path: str, method: str = "GET", **headers: str) -> dict[str, Any]:
    told = {"host": HOST.decode()} | {key.replace("_", "-"): value for key, value in headers.items()}
    raw = [(key.encode(), value.encode("latin-1")) for key, value in told.items()]
    return {"type": "http", "scheme": "http", "method": method, "path": path, "headers": raw, "client": ("1.2.3.4", 5)}


def socket(**headers: str) -> dict[str, Any]:
    told = {"origin": ORIGIN} | headers
    return http("/_stcore/stream", **told) | {
        "type": "websocket",
        "scheme": "ws",
        "extensions": {"websocket.http.response": {}},
    }


T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run to the end in a thread of its own: this one may hold the loop of a browser."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


async def says_ok(scope: Scope, receive: Receive, send: Send) -> None:
    """An app that reads the whole body, as the upload route does, then answers 200 and opens itself to all sites."""
    if scope["type"] == "http":
        while (await receive()).get("more_body", False):
            pass
    kind = "http.response" if scope["type"] == "http" else "websocket.http.response"
    opened = [(b"Access-Control-Allow-Origin", b"*"), (b"cache-control", b"public"), (b"x-own", b"1")]
    await send({"type": f"{kind}.start", "status": 200, "headers": opened})
    await send({"type": f"{kind}.body", "body": b"ok"})


def asked(app: ASGIApp, scope: Scope, *bodies: bytes, wait_s: float = 0) -> list[Message]:
    """What an app sends to a request with these parts of a body."""
    sent: list[Message] = []
    parts = list(bodies) or [b""]

    async def receive() -> Message:
        await asyncio.sleep(wait_s)
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Message) -> None:
        sent.append(message)

    async def ask() -> None:
        await app(scope, receive, send)

    run(ask())
    return sent


def status(app: ASGIApp, scope: Scope, *bodies: bytes, wait_s: float = 0) -> int:
    found = asked(app, scope, *bodies, wait_s=wait_s)[0]["status"]
    assert isinstance(found, int)
    return found


def cookie(said: dict[str, Any], secret: str = SECRET, origin: str = ORIGIN, name: str = "_streamlit_user") -> str:
    whole = json.dumps({"origin": origin, "is_logged_in": True} | said)
    return f"_streamlit_user={create_signed_value(secret, name, whole).decode()}"
