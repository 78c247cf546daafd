"""Faults of the libraries that read foreign files, as words for a person."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from schema.errors import SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@contextmanager
def told(
    expected: tuple[type[BaseException], ...], message: Callable[[str], str], *, secret: bool = False
) -> Iterator[None]:
    """Turn what a library raises over a damaged file into a ``SourceError``.

    Rust libraries panic with a class of their own, one per library, which derives from BaseException and cannot be
    imported; hence the look at the class's name.

    Args:
        expected: what the library documents.
        secret: the library's own words may hold a password, so not even the log gets them.
        message: makes the message from the first line of the reason.

    Raises:
        SourceError: the library found the file damaged, or panicked.
    """
    try:
        yield
    except BaseException as error:
        if not isinstance(error, expected) and type(error).__name__ != "PanicException":
            raise
        lines = str(error).strip().splitlines()
        raise SourceError(message((lines[0] if lines else type(error).__name__)[:300].rstrip("."))) from (
            None if secret else error
        )
