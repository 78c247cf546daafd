"""Nothing of a person and no secret reaches a log; what one needs to find a fault does."""

from __future__ import annotations

import io
import logging

import pytest

from ui.server_logs import Scrubber, scrub


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


def test_a_traceback_is_scrubbed_too_and_keeps_its_error_id() -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(Scrubber(logging.Formatter("%(name)s %(message)s")))
    logger = logging.Logger("catchlight")  # noqa: LOG001  (one of its own, so that no other test hears it)
    logger.addHandler(handler)
    try:
        int("eve@evil.test")
    except ValueError:
        logger.exception("Error %s for %s", "456da391", "ada@company.test")
    told = out.getvalue()
    assert told.startswith("catchlight Error 456da391 for [removed]")
    assert "ValueError: invalid literal for int() with base 10: '[removed]'" in told
    assert "@" not in told
