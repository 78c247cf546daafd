"""The audit log in words that people understand."""

from __future__ import annotations

import json
from typing import Any, Final

import polars as pl

from exports.words import spoken
from schema.language import later, say

KIND_WORDS: Final[dict[str, str]] = {
    "sign_in": later("Signed in"),
    "sign_out": later("Signed out"),
    "refusal": later("Was refused"),
    "export": later("Exported figures"),
    "contact_export": later("Exported contacts"),
    "rule_change": later("Changed sharing rules"),
    "policy_change": later("Changed the binding policy"),
    "settle": later("Settled a month"),
    "bind": later("Bound customers and booked shares"),
    "view_as": later("Looked as somebody else"),
    "forget": later("Forgot a customer"),
    "viewer_change": later("Changed a viewer"),
    "dispute": later("Acted in a dispute"),
    "datum_fix": later("Corrected a map datum"),
    "reset": later("Removed loaded data"),
    "story_change": later("Changed a story"),
    "campaign_change": later("Planned, sent or withdrew a campaign"),
    "identity_change": later("Decided who is one person"),
    "present": later("Presented a story"),
    "audience_change": later("Changed an audience"),
}
WHO: Final = {"": later("Everybody"), "local": later("On this machine"), "unknown": later("Somebody unknown")}

"""Who did it, where it was no viewer of the list."""

_NAMES: Final = {
    "viewer_id": later("viewer"),
    "agent_id": later("agent"),
    "is_active": later("active"),
    "deed": later("wanted to"),
    "viewed_as": later("viewed as"),
    "format": later("form"),
}
_VALUES: Final = {
    "is_active": {"0": later("no"), "1": later("yes")},
    "change": {"is_active": later("in or out"), "agent_id": later("agent")},
    "role": {"own": later("back to the own view")},
}


def in_words(lines: pl.DataFrame) -> pl.DataFrame:
    """The log's lines as people read them.

    Args:
        lines: what ``audit.entries`` gave.
    """
    told = pl.Series("what", [particulars(what) for what in lines["what"]], dtype=pl.String)
    data = pl.col("data").replace({"real": say("own"), "": None})
    return lines.select(
        pl.col("seq").alias(say("No.")),
        pl.col("at").dt.strftime("%Y-%m-%d %H:%M:%S").alias(say("When (UTC)")),
        pl.col("viewer").replace(spoken(WHO)).alias(say("Who")),
        pl.col("kind").replace(spoken(KIND_WORDS)).alias(say("What")),
        told.alias(say("Particulars")),
        data.alias(say("Data")),
    )


def particulars(what: str) -> str | None:
    """What was written about an action, such as ``viewer: V-002 · role: agent``; None when nothing was.

    Args:
        what: the line's JSON.
    """
    told: dict[str, Any] = json.loads(what)
    order = sorted(told, key=lambda name: (name not in {"viewer_id", "change", "role"}, name != "viewer_id", name))
    said = [
        f"{say(_NAMES.get(name, name.replace('_', ' ')))}: {_value(name, str(told[name]))}"
        for name in order
        if told[name] not in ("", None)
    ]
    return " · ".join(said) or None


def _value(name: str, told: str) -> str:
    known = _VALUES.get(name, {})
    return say(known[told]) if told in known else told
