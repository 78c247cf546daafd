"""Settings from the environment: where the data folder is and how large things may be."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Literal

from schema.errors import UsageError
from schema.language import later, say

DataMode = Literal["demo", "real"]
MODES: dict[DataMode, str] = {"demo": later("demo"), "real": later("real")}
"""What the two are called in sentences."""

MAX_UPLOAD_BYTES = 50 * 1024 * 1024
"""What a browser may send at once; larger files go to the inbox folder or the command line."""

MAX_UNPACKED_BYTES = 8 * 1024 * 1024 * 1024
"""An archive that unpacks to more is refused before it is read."""

MAX_UNPACK_RATIO = 200
"""Unpacked ÷ packed beyond this (and beyond 64 MiB) is treated as a bomb."""

PARSE_SECONDS = 600
"""How long a child process may work on one file before it is stopped."""


DEFAULT_PARSE_MEMORY_MIB = 6 * 1024


def parse_memory_bytes() -> int:
    """How much memory a child process may use for one file (``CATCHLIGHT_PARSE_MEMORY_MIB``, default 6,144).

    Raises:
        UsageError: the setting is not a whole number of at least 512.
    """
    written = os.environ.get("CATCHLIGHT_PARSE_MEMORY_MIB", str(DEFAULT_PARSE_MEMORY_MIB))
    if not written.isdecimal() or int(written) < 512:  # noqa: PLR2004  (Polars does not start with less)
        msg = say(
            "CATCHLIGHT_PARSE_MEMORY_MIB is {written}; it must be a whole number of at least 512.",
            written=repr(written),
        )
        raise UsageError(msg)
    return int(written) * 1024 * 1024


def home() -> Path:
    """The data folder (``CATCHLIGHT_HOME``, default ``data/`` in the working folder)."""
    return Path(os.environ.get("CATCHLIGHT_HOME", "data")).expanduser().absolute()


def data_home(mode: DataMode) -> Path:
    """The folder of one data mode: its warehouse, inbox and SQL file lie in it."""
    return home() / mode


def joins_persons() -> bool:
    """Whether customers who are one person by their identities count once (``CATCHLIGHT_PERSONS``, joined or apart).

    Raises:
        UsageError: the setting is neither.
    """
    written = os.environ.get("CATCHLIGHT_PERSONS", "joined")
    if written not in {"joined", "apart"}:
        msg = say("CATCHLIGHT_PERSONS is {written}; it must be joined or apart.", written=repr(written))
        raise UsageError(msg)
    return written == "joined"
