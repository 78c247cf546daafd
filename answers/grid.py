"""How fine a map's cells are."""

from __future__ import annotations

from typing import Final

from schema.errors import UsageError
from schema.language import say

RESOLUTION: Final[dict[str, tuple[str, ...] | None]] = {"resolution": None}
"""The option of every address whose rows are cells."""

_LEVELS: Final = range(4, 10)


def level(resolution: int | str) -> int:
    """The H3 resolution asked for.

    Raises:
        UsageError: no map has it; names those that there are.
    """
    text = str(resolution)
    if text not in {str(number) for number in _LEVELS}:
        msg = say(
            "resolution={given} is none of {known}.",
            given=repr(resolution),
            known=", ".join(str(number) for number in _LEVELS),
        )
        raise UsageError(msg)
    return int(text)
