"""The server's guards, outermost first: what ``dashboard.py`` puts around the app."""

from __future__ import annotations

import logging
import uuid
from typing import TYPE_CHECKING

from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse

from ui.server_gate import Gate
from ui.server_headers import SecurityHeaders, headers_for, inline_hashes
from ui.server_limits import Limits
from ui.server_logs import scrub_logs
from ui.server_messages import Messages
from ui.server_start import refuse_unsafe_start

if TYPE_CHECKING:
    from starlette.requests import Request


def prepare() -> None:
    """Refuse an unsafe start, and keep secrets out of the logs; asked before the app is made."""
    refuse_unsafe_start()
    scrub_logs()


def guards() -> list[Middleware]:
    """Headers on everything, then limits, then who may ask for what, then what may be said."""
    return [Middleware(SecurityHeaders), Middleware(Limits), Middleware(Gate), Middleware(Messages)]


def failed(request: Request, error: Exception) -> PlainTextResponse:
    """The answer when the server itself fails: an error id that is in the log, and nothing of what went wrong."""
    error_id = uuid.uuid4().hex[:8]
    logging.getLogger("catchlight").error("Error %s", error_id, exc_info=error)
    words = f"Something went wrong on our side (error {error_id})."
    return PlainTextResponse(words, status_code=500, headers=headers_for(request.scope, inline_hashes()))
