"""The glossary: read from ``GLOSSARY.md`` and its translations, so that documentation and screen say the same."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from schema.language import language

_ROOT: Final = Path(__file__).parent.parent
_FILES: Final = {"en": "GLOSSARY.md", "zh-CN": "GLOSSARY.zh-CN.md", "es": "GLOSSARY.es.md"}
"""One file a language, with the same terms in the same order."""

_EVERYDAY: Final = {
    "en": frozenset({"still", "step", "story", "as of", "interest", "digest", "net", "viewer", "held"}),
    "zh-CN": frozenset({"定格", "步骤", "演示", "截至", "兴趣", "摘要", "净额", "查看者", "暂缓", "付款", "调整", "频次", "及时"}),
    "es": frozenset({
        "fotograma", "paso", "presentación", "a fecha de", "interés", "huella", "neto", "espectador", "retenido", "pago",
        "ajuste", "persona", "a tiempo",
    }),
}  # fmt: skip
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
        bare = re.sub(r"\(.*?\)|（.*?）", "", self.name)
        return tuple(word for part in re.split(r"[,，、]", bare) if (word := part.strip()))


def terms() -> tuple[Term, ...]:
    """All terms in the language of the moment, by name."""
    return _terms(language())


def search(wanted: str) -> tuple[Term, ...]:
    """Terms that hold every word of the search, in name or meaning; those whose name does come first."""
    parts = wanted.casefold().split()
    found = [one for one in terms() if all(part in f"{one.name} {one.meaning}".casefold() for part in parts)]
    return tuple(sorted(found, key=lambda one: not all(part in one.name.casefold() for part in parts)))


def used_in(text: str, most: int = 5) -> tuple[Term, ...]:
    """Terms that a text in the language of the moment uses, in the order of their first place there; at most ``most``.

    Where one word holds another (``repeat rate``), the longer one counts.
    """
    code = language()
    found = dict.fromkeys(_by_word(code)[match[1].casefold()] for match in _pattern(code).finditer(text))
    return tuple(found)[:most]


@cache
def _terms(code: str) -> tuple[Term, ...]:
    rows = [
        tuple(cell.strip() for cell in line.strip().strip("|").split("|"))
        for line in (_ROOT / _FILES[code]).read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    found = (Term(name, meaning.replace("`", "")) for name, meaning in rows[2:])
    return tuple(sorted(found, key=_place))


def _place(term: Term) -> bytes:
    """Where a term stands among the others: by letters without accents, Chinese by sound, as in its own encoding."""
    plain = unicodedata.normalize("NFKD", term.name.lower())
    return "".join(sign for sign in plain if not unicodedata.combining(sign)).encode("gb18030")


@cache
def _by_word(code: str) -> dict[str, Term]:
    every = _EVERYDAY[code]
    return {word.casefold(): one for one in _terms(code) for word in one.words if word.casefold() not in every}


@cache
def _pattern(code: str) -> re.Pattern[str]:
    words = "|".join(map(re.escape, sorted(_by_word(code), key=len, reverse=True)))
    if code == "zh-CN":  # no blanks between words
        return re.compile(f"({words})", re.IGNORECASE)
    return re.compile(rf"(?<!\w)({words})(?:e?s|ing)?(?!\w)", re.IGNORECASE)
