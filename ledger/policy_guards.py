"""What a binding policy may not say."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from schema.language import from_python, say
from schema.sharing import ALWAYS, CHOICES, NEVER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schema.sharing import BindingPolicy

_CLAIMS: Final = ("scan", "guide", "first_purchase")
_NOT_NEGATIVE: Final = (
    "tie_m", "far_m", "fix_minutes", "upgrade_days", "scan_before_s", "scan_after_s", "visit_days", "handover_m",
    "huff_alpha", "huff_beta",
)  # fmt: skip


def check_policy(policy: BindingPolicy, *, settled_until: dt.datetime | None = None) -> list[str]:
    """What speaks against this binding policy?

    Args:
        policy: as somebody wants to save it.
        settled_until: the first instant that is not in a settled month; None when nothing is settled.

    Returns:
        One full sentence for each fault. Empty when all is well.
    """
    return [*_words(policy), *_numbers(policy), *_settled(policy, settled_until)]


def _words(policy: BindingPolicy) -> Iterator[str]:
    if policy.choose not in CHOICES:
        yield say(
            "choose is {choose}; choose one of {choices}.", choose=repr(policy.choose), choices=", ".join(CHOICES)
        )
    strange = [word for word in policy.claims if word not in _CLAIMS]
    if strange:
        yield say(
            "The claim {claims} is unknown; choose among {known}.", claims=", ".join(strange), known=", ".join(_CLAIMS)
        )
    cities = [city for city, _ in policy.cities]
    twice = sorted({city for city in cities if cities.count(city) > 1})
    if twice:
        yield say("The city {cities} has more than one store; keep one.", cities=", ".join(twice))


def _numbers(policy: BindingPolicy) -> Iterator[str]:
    if policy.protection_days < NEVER:
        yield say(
            "protection_days is {protection_days}; give days, −1 (always contestable) or −2 (never).",
            protection_days=str(policy.protection_days),
        )
    if policy.validity_days < 1 and policy.validity_days != ALWAYS:
        yield say(
            "validity_days is {validity_days}; give at least 1 day, or −1 (for ever).",
            validity_days=str(policy.validity_days),
        )
    if not 0 <= policy.contested_below <= 1:
        yield say(
            "contested_below is {contested_below}; it is a chance and lies within 0 and 1.",
            contested_below=from_python(f"{policy.contested_below:g}"),
        )
    for name in _NOT_NEGATIVE:
        value = getattr(policy, name)
        if not 0 <= value < float("inf"):
            yield say("{name} is {value}; it must be 0 or more.", name=name, value=from_python(f"{value:g}"))


def _settled(policy: BindingPolicy, settled_until: dt.datetime | None) -> Iterator[str]:
    since = policy.effective_from
    if since is not None and since.tzinfo is None:
        yield say("effective_from is {since}; say the time zone.", since=since)
    elif settled_until is not None and (since is None or since < settled_until):
        shown = "ever" if since is None else since.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        until = settled_until.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield (
            say(
                "The policy (G6) would hold since {shown}, but everything before {until} is settled; let it begin then or later.",
                shown=shown,
                until=until,
            )
        )
