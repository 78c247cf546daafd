"""What a binding policy may not say."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

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
        yield f"choose is {policy.choose!r}; choose one of {', '.join(CHOICES)}."
    strange = [word for word in policy.claims if word not in _CLAIMS]
    if strange:
        yield f"The claim {', '.join(strange)} is unknown; choose among {', '.join(_CLAIMS)}."
    cities = [city for city, _ in policy.cities]
    twice = sorted({city for city in cities if cities.count(city) > 1})
    if twice:
        yield f"The city {', '.join(twice)} has more than one store; keep one."


def _numbers(policy: BindingPolicy) -> Iterator[str]:
    if policy.protection_days < NEVER:
        yield f"protection_days is {policy.protection_days}; give days, −1 (always contestable) or −2 (never)."
    if policy.validity_days < 1 and policy.validity_days != ALWAYS:
        yield f"validity_days is {policy.validity_days}; give at least 1 day, or −1 (for ever)."
    if not 0 <= policy.contested_below <= 1:
        yield f"contested_below is {policy.contested_below:g}; it is a chance and lies within 0 and 1."
    for name in _NOT_NEGATIVE:
        value = getattr(policy, name)
        if not 0 <= value < float("inf"):
            yield f"{name} is {value:g}; it must be 0 or more."


def _settled(policy: BindingPolicy, settled_until: dt.datetime | None) -> Iterator[str]:
    since = policy.effective_from
    if since is not None and since.tzinfo is None:
        yield f"effective_from is {since}; say the time zone."
    elif settled_until is not None and (since is None or since < settled_until):
        shown = "ever" if since is None else since.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        until = settled_until.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M UTC")
        yield (
            f"The policy (G6) would hold since {shown}, but everything before {until} is settled; "
            "let it begin then or later."
        )
