"""Words that are not ours, shown as they are."""

from __future__ import annotations

import re

_GRAMMAR = re.compile(r"[\\`*_{}\[\]<>#+!|~$:&=-]")
_NUMBERED = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")
_FOUND_LATER = re.compile(
    r":(?=//|[^\s:]+:)|\bwww(?=\.)|(?:mailto|xmpp):|@(?=\w)|-(?=[->])|<(?=[-=])|[>~](?==)", re.IGNORECASE
)


def plain(text: str) -> str:
    """Text that Markdown leaves alone, on one line: names of products and stores are not ours.

    A backslash holds back what Markdown's grammar would read. Links, icons, emoji and arrows are found in the finished
    text, where no backslash is left: an invisible word joiner parts their signs.
    """
    text = _FOUND_LATER.sub(lambda found: f"{found.group()}\u2060", " ".join(text.split()))
    return _NUMBERED.sub(r"\1\\\2", _GRAMMAR.sub(r"\\\g<0>", text))
