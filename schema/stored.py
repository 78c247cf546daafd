"""Sentences that are kept on disk: written in English, said in the language of the moment where they are shown.

Notes of imports and reasons of rows set aside outlive the reader who loaded them. ``stored`` writes one; ``retold`` finds
the sentence it was made from among those of the rooms that write such, takes its values out and says it.
"""

from __future__ import annotations

import re
from functools import cache
from string import Formatter
from typing import Final

from schema.language import catalogue_folder, from_python, language, read_catalogue, say, speaking

_ROOMS: Final = ("schema", "loaders", "warehouse")
_NUMBER: Final = re.compile(r"\d[\d,]*(?:\.\d+)?")


def stored(message: str, /, **values: object) -> str:
    """A sentence as it is kept.

    Args:
        message: English, with named places, marked with ``later``.
        **values: what stands there, as for ``say``.
    """
    with speaking("en"):
        return say(message, **values)


def retold(sentence: str) -> str:
    """A sentence that was kept, in the language of the moment; what nothing here wrote comes back as it is."""
    return _retold(sentence, language())


@cache
def _retold(sentence: str, code: str) -> str:
    if code == "en" or not sentence:
        return sentence
    with speaking(code):
        fixed = say(sentence)
        if fixed != sentence:
            return fixed
        for message, pattern in _patterns(code):
            if found := pattern.fullmatch(sentence):
                return say(message, **{name: _value(text) for name, text in found.groupdict().items()})
    return sentence


def _value(text: str) -> str:
    """A value in the language of the moment: numbers get its marks, words of ours are said, data stay."""
    return from_python(text) if _NUMBER.fullmatch(text) else say(text)


@cache
def _patterns(code: str) -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Sentences with places → what finds them, the one with the most fixed letters first."""
    said = [
        message.id
        for room in _ROOMS
        if (path := catalogue_folder(code) / f"{room}.po").exists()
        for message in read_catalogue(path)
        if isinstance(message.id, str)
        and message.string
        and any(name for _, name, _, _ in Formatter().parse(message.id))
    ]
    said.sort(key=lambda one: -sum(len(fixed) for fixed, _, _, _ in Formatter().parse(one)))
    return tuple((one, _pattern(one)) for one in said)


def _pattern(message: str) -> re.Pattern[str]:
    parts, seen = [], set[str]()
    for fixed, name, _, _ in Formatter().parse(message):
        parts.append(re.escape(fixed))
        if name:
            parts.append(f"(?P={name})" if name in seen else f"(?P<{name}>.+?)")
            seen.add(name)
    return re.compile("".join(parts), re.DOTALL)
