"""Which language is spoken, and what a sentence of ours is in it.

Sentences are written in English where they are used. ``say`` gives them in the language of the moment; ``later`` marks one
that is written in a constant and said where it is shown. Translations are gettext catalogues, one a room and language:
``locale/zh_CN/ui.po``. What has no translation is said in English, and a test names it.
"""

from __future__ import annotations

import gettext
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Final

from babel import Locale
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from babel.messages.catalog import Catalog

LANGUAGES: Final[dict[str, str]] = {"en": "English", "zh-CN": "简体中文", "es": "Español"}
"""Codes as in the URL, and what speakers call their language."""

_FOLDER: Final = Path(__file__).parent.parent / "locale"
_BABEL: Final = {"en": "en", "zh-CN": "zh_CN", "es": "es"}
_SPANISH: Final = str.maketrans(",.", ".,")
_spoken: ContextVar[str | None] = ContextVar("language", default=None)
_asked: list[Callable[[], str]] = []


def language() -> str:
    """The code of the language of the moment: what ``speaking`` or ``speak`` set, else what the screen says, else ``en``."""
    spoken = _spoken.get()
    if spoken is None and _asked:
        spoken = _asked[-1]()
    return spoken or "en"


def speak(code: str) -> None:
    """Speak a language from here on, in this thread.

    Raises:
        ValueError: no such language.
    """
    if code not in LANGUAGES:
        msg = f"No language {code[:20]!r}; the languages are {', '.join(LANGUAGES)}."
        raise ValueError(msg)
    _spoken.set(code)


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Speak a language for a while."""
    before = _spoken.get()
    speak(code)
    try:
        yield
    finally:
        _spoken.set(before)


def ask_the_screen(which: Callable[[], str]) -> None:
    """Let whoever draws say which language is spoken where nothing was set, such as in a callback."""
    _asked[:] = [which]


def closest(wanted: str) -> str:
    """The language for a browser's: ``zh-TW`` and ``zh`` are answered in ``zh-CN``, ``es-MX`` in ``es``, others in ``en``."""
    base = wanted.replace("_", "-").split("-")[0].lower()
    return next((code for code in LANGUAGES if code.split("-")[0] == base), "en")


def later(message: str) -> str:
    """Mark a message that ``say`` is given where it is shown; returns it as it is."""
    return message


def say(message: str, /, **values: object) -> str:
    """A message in the language of the moment.

    Args:
        message: English, with named places such as ``{store}``.
        **values: what stands there. Whole numbers are written with the language's thousands marks; anything else must be
            text already (``charts.numbers``, ``schema.days``).
    """
    code = language()
    found = message if code == "en" or not message else _translations(code).gettext(message)
    return found.format(**_written(values)) if values else found


def plural(one: str, many: str, n: int, /, **values: object) -> str:
    """A message about how many, in the language of the moment; ``{n}`` is the number.

    Args:
        one: English for exactly one.
        many: English for any other number.
        n: decides between them.
        **values: as in ``say``.
    """
    code = language()
    found = (one if n == 1 else many) if code == "en" else _translations(code).ngettext(one, many, n)
    return found.format(**_written({"n": n, **values}))


def babel_locale() -> Locale:
    """Babel's name for the language of the moment: for numbers, money and dates."""
    return _locale(language())


def joined(words: Sequence[str]) -> str:
    """Words as a list in the language of the moment: ``a, b and c``; ``a、b和c``."""
    return format_list(list(words), locale="en_GB" if language() == "en" else babel_locale())


def whole(n: int) -> str:
    """A whole number with thousands marks: ``12,345``, in Spanish ``12.345``."""
    return from_python(f"{n:,}").replace("-", "−")


def from_python(number: str) -> str:
    """A number as Python writes it (``1,234.5``) with the marks of the language of the moment (Spanish: ``1234,5``)."""
    if language() != "es":
        return number
    if sum(mark.isdigit() for mark in number.partition(".")[0]) <= 4:  # noqa: PLR2004  (Spanish groups from five digits)
        number = number.replace(",", "")
    return number.translate(_SPANISH)


def catalogue_folder(code: str) -> Path:
    """Where a language's translations lie, one file a room."""
    return _FOLDER / _BABEL[code]


def read_catalogue(path: Path) -> Catalog:
    """The messages of one file."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.name)


def _written(values: dict[str, object]) -> dict[str, object]:
    return {name: whole(one) if type(one) is int else one for name, one in values.items()}


@cache
def _locale(code: str) -> Locale:
    return Locale.parse(_BABEL[code])


@cache
def _translations(code: str) -> gettext.NullTranslations:
    """All rooms' translations into one language; reading some three thousand messages takes 0.2 s, once a process."""
    found = gettext.NullTranslations()
    for path in sorted(catalogue_folder(code).glob("*.po")):
        packed = BytesIO()
        write_mo(packed, read_catalogue(path))
        packed.seek(0)
        room = gettext.GNUTranslations(packed)
        room.add_fallback(found)
        found = room
    return found
