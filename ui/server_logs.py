"""Keeps people and secrets out of the logs: addresses, numbers, tokens and passwords are blacked out before a line is written."""

from __future__ import annotations

import logging
import re
from typing import Final

SCRUBBED: Final = "[removed]"
_NAMES: Final = r"(secret|passwd|password|token|api_key|\bcode|\bstate|_streamlit_\w+)"
_RULES: Final = tuple(
    (re.compile(pattern, flags), words)
    for pattern, words, flags in (
        (r"(\b[a-z][a-z0-9+.\-]{1,40}://)[^/\s:@]{0,200}:[^\s@]{1,400}@", rf"\1{SCRUBBED}@", re.IGNORECASE),
        (r"((?:set-)?cookie['\"]?\s*[:=]\s*)[^\r\n]+", rf"\1{SCRUBBED}", re.IGNORECASE),
        (r"(authorization['\"]?\s*[:=]\s*)[^\r\n]+", rf"\1{SCRUBBED}", re.IGNORECASE),
        (_NAMES + r"(['\"]?\s*[:=]\s*['\"]?)[^\s'\"&,;)}]+", rf"\1\2{SCRUBBED}", re.IGNORECASE),
        (r"\beyJ[\w\-]{8,}\.[\w\-]+(?:\.[\w\-]+)?", SCRUBBED, 0),
        (r"[\w.+\-%]{1,64}@[\w\-]{1,63}(?:\.[\w\-]{1,63})+", SCRUBBED, 0),
        (r"(?<![\w.\-:])(?:\+|00)\d[\d \-()/]{7,18}\d(?![\w.:])", SCRUBBED, 0),
        (r"(?<![\w.\-:])1[3-9]\d(?:[ \-]?\d{4}){2}(?![\w.:])", SCRUBBED, 0),
        (r"(?<![\w.\-:])0\d{1,4}[ /\-]\d{3,4}(?:[ \-]?\d{2,4}){1,3}(?![\w.:])", SCRUBBED, 0),
    )
)
_LOGGERS: Final = (
    "catchlight",
    "uvicorn",
    "uvicorn.error",
    "uvicorn.access",
    "asyncio",
    "authlib",
    "httpx",
    "py.warnings",
)


def scrub(line: str) -> str:
    """A line without addresses, numbers, tokens, cookies and passwords."""
    for pattern, words in _RULES:
        line = pattern.sub(words, line)
    return line


class Scrubber(logging.Formatter):
    """Formats as another formatter does, traceback included, and scrubs the whole."""

    def __init__(self, inner: logging.Formatter | None) -> None:
        """Wrap a formatter."""
        super().__init__()
        self._inner = inner or logging.Formatter()

    def format(self, record: logging.LogRecord) -> str:
        """The scrubbed line."""
        return scrub(self._inner.format(record))


def scrub_logs() -> None:
    """Let everything that is logged from now on pass the scrubber; asked again, it changes nothing."""
    logging.captureWarnings(capture=True)
    if logging.lastResort is not None:
        _wrap(logging.lastResort)
    loggers = [logging.getLogger(name) for name in _LOGGERS]
    known = [one for one in logging.Logger.manager.loggerDict.values() if isinstance(one, logging.Logger)]
    for logger in (logging.getLogger(), *loggers, *known):
        for handler in logger.handlers:
            _wrap(handler)


def _wrap(handler: logging.Handler) -> None:
    if not isinstance(handler.formatter, Scrubber):
        handler.setFormatter(Scrubber(handler.formatter))
