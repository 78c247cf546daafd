"""Nothing of a person and no secret reaches a log; what one needs to find a fault does."""

from __future__ import annotations

import io
import logging
from typing import TYPE_CHECKING

import pytest

from ui.server_logs import scrub, scrub_logs

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("mail ada.lovelace+x@mail.company.co.uk failed", "mail [removed] failed"),
        ("call +86 138 0013 8000 now", "call [removed] now"),
        ("call 13800138000 now", "call [removed] now"),
        ("call 138-0013-8000 now", "call [removed] now"),
        ("call 010-6552 9988 now", "call [removed] now"),
        ("postgresql+psycopg://app:p%40ss@db.test/x", "postgresql+psycopg://[removed]@db.test/x"),
        ("postgresql://:only@db.test/x", "postgresql://[removed]@db.test/x"),
        ("Cookie: _streamlit_user=abc.def; other=1", "Cookie: [removed]"),
        ("set-cookie: a=b", "set-cookie: [removed]"),
        ("Authorization: Bearer abc.def", "Authorization: [removed]"),
        ("{'client_secret': 'hush', 'x': 1}", "{'client_secret': '[removed]', 'x': 1}"),
        ('cookie_secret = "hush-hush"', 'cookie_secret = "[removed]"'),
        ("GET /oauth2callback?code=4/0Ab&state=xyz HTTP", "GET /oauth2callback?code=[removed]&state=[removed] HTTP"),
        ("id_token=eyJhbGciOiJSUzI1NiJ9.eyJzdWIi.c2ln", "id_token=[removed]"),
        ("got eyJhbGciOiJSUzI1NiJ9.eyJzdWIi.c2ln", "got [removed]"),
        ("password=hunter2, host=x", "password=[removed], host=x"),
    ],
)
def test_it_blacks_out(line: str, wanted: str) -> None:
    assert scrub(line) == wanted


@pytest.mark.parametrize(
    "line",
    [
        "Error 456da391",
        "2026-11-22 22:17:44.663 Did not start",
        '  File "/work/main/ui/shell.py", line 58, in <module>',
        "http://127.0.0.1:8501 answered 403",
        "Upload rejected: 53477376 bytes received, cap 52428800 bytes",
        "Import of 2026-11-01 to 2026-11-22: 1,234,567 rows, 9,876,543,210 minor units",
        "StorageError: the table dwell_facts cannot be read (version 12)",
        "status_code=404",
    ],
)
def test_it_leaves(line: str) -> None:
    assert scrub(line) == line


@pytest.fixture
def heard() -> Iterator[io.StringIO]:
    """What a handler writes that knows nothing of scrubbing, of a logger made after the scrubbing began."""
    before = logging.getLogRecordFactory()
    scrub_logs()
    scrub_logs()
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(name)s %(message)s"))
    logger = logging.getLogger("tests.scrubbed")
    logger.addHandler(handler)
    yield out
    logger.removeHandler(handler)
    logging.setLogRecordFactory(before)


def test_a_traceback_is_scrubbed_too_and_keeps_its_error_id(heard: io.StringIO) -> None:
    try:
        int("eve@evil.test")
    except ValueError:
        logging.getLogger("tests.scrubbed").exception("Error %s for %s", "456da391", "ada@company.test")
    told = heard.getvalue()
    assert told.startswith("tests.scrubbed Error 456da391 for [removed]\nTraceback")
    assert "ValueError: invalid literal for int() with base 10: '[removed]'" in told
    assert "@" not in told


def test_arguments_that_do_not_fit_are_written_and_scrubbed(heard: io.StringIO) -> None:
    logging.getLogger("tests.scrubbed").error("Error %d", "ada@company.test")
    assert heard.getvalue() == "tests.scrubbed Error %d ('[removed]',)\n"
