"""Keeps people and secrets out of the logs: addresses, numbers, tokens and passwords are blacked out before a line is written."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

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


def scrub(line: str) -> str:
    """A line without addresses, numbers, tokens, cookies and passwords."""
    for pattern, words in _RULES:
        line = pattern.sub(words, line)
    return line


class Scrubbing:
    """Makes log records as another factory does, already scrubbed: no handler, of whatever library, sees the rest."""

    def __init__(self, make: Callable[..., logging.LogRecord]) -> None:
        """Wrap a factory."""
        self._make = make

    def __call__(self, *args: Any, **kwargs: Any) -> logging.LogRecord:
        """The scrubbed record, its traceback included."""
        record = self._make(*args, **kwargs)
        try:
            said = record.getMessage()
        except (
            TypeError,
            ValueError,
            KeyError,
        ):  # arguments that do not fit would be reported by the handler, unscrubbed
            said = f"{record.msg} {record.args}"
        record.msg, record.args = scrub(said), None
        if record.exc_info:
            record.exc_text = scrub(logging.Formatter().formatException(record.exc_info))
        if record.stack_info:
            record.stack_info = scrub(record.stack_info)
        return record


def scrub_logs() -> None:
    """Let everything that is logged from now on be scrubbed; asked again, it changes nothing."""
    make = logging.getLogRecordFactory()
    if not isinstance(make, Scrubbing):
        logging.setLogRecordFactory(Scrubbing(make))
