"""The glossary: read from ``GLOSSARY.md``, so that documentation and screen say the same."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_FILE: Final = Path(__file__).parent.parent / "GLOSSARY.md"
_HEAD: Final = ("word", "meaning")
_EVERYDAY: Final = frozenset({"still", "step", "story", "as of", "interest", "digest", "net", "viewer", "held"})
"""Words of ours that sentences also use as everybody does; looked up, never pointed out."""


@dataclass(frozen=True, slots=True)
class Term:
    """One line.

    Attributes:
        name: as it is written, such as ``catchment, trade area``.
        meaning: one or two sentences.
    """

    name: str
    meaning: str

    @property
    def words(self) -> tuple[str, ...]:
        """The names one by one, without what is added in brackets."""
        return tuple(word for part in re.sub(r"\(.*?\)", "", self.name).split(",") if (word := part.strip()))


@cache
def terms() -> tuple[Term, ...]:
    """All terms, by name."""
    rows = (
        tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        for line in _FILE.read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    )
    found = (Term(*row) for row in rows if len(row) == len(_HEAD) and row != _HEAD and not row[0].startswith("--"))
    return tuple(
        sorted((Term(one.name, one.meaning.replace("`", "")) for one in found), key=lambda one: one.name.lower())
    )


def search(wanted: str) -> tuple[Term, ...]:
    """Terms that hold every word of the search, in name or meaning; those whose name does come first."""
    parts = wanted.casefold().split()
    found = [one for one in terms() if all(part in f"{one.name} {one.meaning}".casefold() for part in parts)]
    return tuple(sorted(found, key=lambda one: not all(part in one.name.casefold() for part in parts)))


def used_in(text: str, most: int = 5) -> tuple[Term, ...]:
    """Terms that a text uses, in the order of their first place there; at most ``most``.

    Where one word holds another (``repeat rate``), the longer one counts.
    """
    found = dict.fromkeys(_by_word()[match[1].casefold()] for match in _pattern().finditer(text))
    return tuple(found)[:most]


@cache
def _by_word() -> dict[str, Term]:
    return {word.casefold(): one for one in terms() for word in one.words if word.casefold() not in _EVERYDAY}


@cache
def _pattern() -> re.Pattern[str]:
    words = sorted(_by_word(), key=len, reverse=True)
    return re.compile(rf"(?<!\w)({'|'.join(map(re.escape, words))})(?:e?s|ing)?(?!\w)", re.IGNORECASE)
