"""What a book of rules may not say: guards G1 to G6. They support a decision; they are not legal advice."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Final

import polars as pl

from schema.language import from_python, later, say
from schema.sharing import (
    BASES,
    BOUND,
    DEFAULT_RAIL_CAP_BPS,
    FULFILLED,
    MAX_PROMOTION_LEVELS,
    ROLES,
    SOLD,
)
from schema.tables import CHANNELS

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from schema.sharing import Rule

LABEL: Final = later("Decision support, not legal advice.")
"""Shown wherever a guard speaks."""

_WHOLE_BPS: Final = 10_000
_PROMOTERS: Final = ("guide", "upline")
_SCOPE: Final = ("sold", "fulfilled", "bound", "channels", "categories", "products", "agents", "levels")
_NOT_MONEY: Final = ("version", "name", "effective_from", "effective_to")


def check_rules(
    rules: Iterable[Rule],
    *,
    before: Iterable[Rule] = (),
    settled_until: dt.date | None = None,
    agents: pl.DataFrame | None = None,
    guides: pl.DataFrame | None = None,
) -> list[str]:
    """What speaks against these rules?

    Args:
        rules: as somebody wants to save them.
        before: every version in the book now; what is unchanged is not refused for its date.
        settled_until: the first day that is not in a settled month; None when nothing is settled.
        agents: canonical ``Agents``: their ``rail_cap_bps`` and ``level``; without one the cap is 30 %.
        guides: canonical ``Guides``: who stands above whom.

    Returns:
        One full sentence for each fault, by rule: which rule, what is wrong, what to do. Empty when all is well.
    """
    wanted = tuple(rules)
    chains = _deep_chains(guides)
    found: list[str] = []
    for rule in wanted:
        found += _weights(rule)
        found += _words(rule)
        found += _cap(rule, agents)
        found += _levels(rule, chains)
        if rule.basis not in BASES:
            found.append(
                say(
                    "{rule_id} (G4): it pays on {basis}; only net sales may be paid on, never recruiting, registrations or entry fees. Set the basis to net_sales.",
                    rule_id=rule.rule_id,
                    basis=rule.basis,
                )
            )
    found += overlaps(wanted)
    return found + list(_settled(wanted, tuple(before), settled_until))


def same_but_dates(one: Rule, other: Rule) -> bool:
    """Whether two rules pay alike; name, version and days do not matter."""
    return all(
        getattr(one, name) == getattr(other, name) for name in one.__dataclass_fields__ if name not in _NOT_MONEY
    )


def overlaps(rules: Sequence[Rule]) -> list[str]:
    """G5: versions of one rule, or rules of one scope and priority, that hold on the same day."""
    found = []
    for one, other in itertools.combinations(sorted(rules, key=lambda rule: (rule.rule_id, rule.version)), 2):
        start = max(one.effective_from, other.effective_from)
        ends = [rule.effective_to for rule in (one, other) if rule.effective_to is not None]
        is_same = one.rule_id == other.rule_id
        if (ends and min(ends) <= start) or not (is_same or _scope(one) == _scope(other)):
            continue
        if is_same:
            said = say(
                "{rule_id} versions {version} and {other} (G5): both hold from {start} on. End one of them by {start} or "
                "start the other later.",
                rule_id=one.rule_id, version=one.version, other=other.version, start=start,
            )  # fmt: skip
        else:
            said = say(
                "{rule_id} and {other} (G5): both hold from {start} on and govern the same sales with the same priority. "
                "End one of them by {start} or start the other later.",
                rule_id=one.rule_id, other=other.rule_id, start=start,
            )  # fmt: skip
        found.append(said)
    return found


def _scope(rule: Rule) -> tuple[object, ...]:
    words = (getattr(rule, name) for name in _SCOPE)
    return (rule.priority, *(word if isinstance(word, str) else frozenset(word) for word in words))


def _weights(rule: Rule) -> Iterator[str]:
    roles = [role for role, _ in rule.weights]
    repeated = sorted({role for role in roles if roles.count(role) > 1})
    if repeated:
        yield say(
            "{rule_id} (G1): the role {roles} has more than one weight; add them up to one.",
            rule_id=rule.rule_id,
            roles=", ".join(repeated),
        )
    wrong = [f"{role} {from_python(f'{bps:,}')}" for role, bps in rule.weights if not 0 <= bps <= _WHOLE_BPS]
    if wrong:
        yield say(
            "{rule_id} (G1): the weight {weights} is not within 0 and 10,000 basis points; correct it.",
            rule_id=rule.rule_id,
            weights=", ".join(wrong),
        )
    total = sum(bps for _, bps in rule.weights)
    if total != _WHOLE_BPS:
        gap = _WHOLE_BPS - total
        sums = (
            later("{rule_id} (G1, E09): its weights sum to {total}, not to 10,000; give the missing {gap} to a role.")
            if gap > 0
            else later("{rule_id} (G1, E09): its weights sum to {total}, not to 10,000; take {gap} away.")
        )
        yield say(sums, rule_id=rule.rule_id, total=from_python(f"{total:,}"), gap=abs(gap))


def _words(rule: Rule) -> Iterator[str]:
    if not rule.rule_id.strip() or "|" in rule.rule_id:
        yield say(
            "A rule has the id {rule_id}; give it an id without the sign |, such as R6.", rule_id=repr(rule.rule_id)
        )
    for name, choices in (("sold", SOLD), ("fulfilled", FULFILLED), ("bound", BOUND)):
        word = getattr(rule, name)
        if word not in choices:
            yield say(
                "{rule_id}: {name} is {word}; choose one of {choices}.",
                rule_id=rule.rule_id,
                name=name,
                word=repr(word),
                choices=", ".join(choices),
            )
    strange = [channel for channel in rule.channels if channel not in CHANNELS]
    if strange:
        yield say(
            "{rule_id}: the channel {channels} is unknown; choose among {known}.",
            rule_id=rule.rule_id,
            channels=", ".join(strange),
            known=", ".join(CHANNELS),
        )
    if not 0 <= rule.pool_bps <= _WHOLE_BPS:
        yield say(
            "{rule_id}: the pool is {pool_bps} basis points; it must lie within 0 and 10,000.",
            rule_id=rule.rule_id,
            pool_bps=from_python(f"{rule.pool_bps:,}"),
        )
    if rule.effective_to is not None and rule.effective_to < rule.effective_from:
        yield (
            say(
                "{rule_id}: it ends on {effective_to}, before it begins on {effective_from}; correct one of the days.",
                rule_id=rule.rule_id,
                effective_to=rule.effective_to,
                effective_from=rule.effective_from,
            )
        )


def _cap(rule: Rule, agents: pl.DataFrame | None) -> Iterator[str]:
    """G2: a line falls under one rule, so the pools of an order never exceed the largest of its rules' pools."""
    cap, whose = DEFAULT_RAIL_CAP_BPS, ""
    if agents is not None and not agents.is_empty():
        touched = agents.filter(
            pl.col("agent_id").is_in(list(rule.agents)) if rule.agents else pl.lit(value=True),
            pl.col("level").is_in(list(rule.levels)) if rule.levels else pl.lit(value=True),
        ).with_columns(pl.col("rail_cap_bps").fill_null(DEFAULT_RAIL_CAP_BPS))
        if not touched.is_empty():
            agent, cap = touched.sort("rail_cap_bps", "agent_id").select("agent_id", "rail_cap_bps").row(0)
            whose = str(agent)
    if cap < rule.pool_bps <= _WHOLE_BPS:
        limit = {"pool": _percent(rule.pool_bps), "cap": _percent(cap), "bps": int(cap)}
        yield (
            say(
                "{rule_id} (G2): up to {pool} of an order would be shared out, but the payment rail of agent {agent} lets {cap} "
                "be split off; lower the pool to {bps} basis points or less.", rule_id=rule.rule_id, agent=whose, **limit,
            )
            if whose
            else say(
                "{rule_id} (G2): up to {pool} of an order would be shared out, but the payment rail lets {cap} be split off; "
                "lower the pool to {bps} basis points or less.", rule_id=rule.rule_id, **limit,
            )
        )  # fmt: skip


def _levels(rule: Rule, chains: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """G3: the promoter and one level above, no more."""
    unknown = [role for role, _ in rule.weights if role not in ROLES]
    deeper = [role for role in unknown if any(word in role.lower() for word in (*_PROMOTERS, "level", "referrer"))]
    if deeper:
        yield (
            say(
                "{rule_id} (G3): the role {roles} would be a further level of promotion; at most {most} levels, {promoters}, may be paid. Take it out.",
                rule_id=rule.rule_id,
                roles=", ".join(deeper),
                most=MAX_PROMOTION_LEVELS,
                promoters=" and ".join(_PROMOTERS),
            )
        )
    strange = [role for role in unknown if role not in deeper]
    if strange:
        yield say(
            "{rule_id}: the role {roles} is unknown; choose among {known}.",
            rule_id=rule.rule_id,
            roles=", ".join(strange),
            known=", ".join(ROLES),
        )
    if chains and "upline" in dict(rule.weights):
        guide, upline, top = chains[0]
        if len(chains) == 1:
            yield say(
                "{rule_id} (G3): guide {guide} stands under {upline}, who stands under {top}: a third level of promotion. "
                "Clear the upline of {upline} in the table of guides, or take the role upline out.",
                rule_id=rule.rule_id, guide=guide, upline=upline, top=top,
            )  # fmt: skip
        else:
            yield say(
                "{rule_id} (G3): guide {guide} stands under {upline}, who stands under {top} (and {more} more like it): a "
                "third level of promotion. Clear the upline of {upline} in the table of guides, or take the role upline out.",
                rule_id=rule.rule_id, guide=guide, upline=upline, top=top, more=len(chains) - 1,
            )  # fmt: skip


def _deep_chains(guides: pl.DataFrame | None) -> list[tuple[str, str, str]]:
    """Guides who stand at least two levels below somebody, with those two; who stands above himself is one too."""
    if guides is None or guides.is_empty():
        return []
    above = dict(guides.select("guide_id", "upline_guide_id").drop_nulls().sort("guide_id").rows())
    return [(guide, upline, above[upline]) for guide, upline in above.items() if upline in above]


def _settled(rules: Sequence[Rule], before: Sequence[Rule], settled_until: dt.date | None) -> Iterator[str]:
    """G6: what is settled stays as it is."""
    if settled_until is None:
        return
    newest = {rule.rule_id: rule for rule in sorted(before, key=lambda rule: rule.version)}
    known = set(before)
    for rule in rules:
        old = newest.get(rule.rule_id)
        if rule in known:
            continue
        lasts = old is not None and same_but_dates(rule, old) and rule.effective_from == old.effective_from
        if not lasts and rule.effective_from < settled_until:
            yield (
                say(
                    "{rule_id} (G6): it would hold from {effective_from}, but everything before {settled_until} is settled; let the change begin on {settled_until} or later.",
                    rule_id=rule.rule_id,
                    effective_from=rule.effective_from,
                    settled_until=settled_until,
                )
            )
        elif lasts and old is not None and rule.effective_to != old.effective_to:
            moved = [day for day in (rule.effective_to, old.effective_to) if day is not None]
            if min(moved) < settled_until:
                yield (
                    say(
                        "{rule_id} (G6): its last day would move within what is settled before {settled_until}; let it end on {settled_until} or later, or add a rule that begins then.",
                        rule_id=rule.rule_id,
                        settled_until=settled_until,
                    )
                )


def _percent(bps: int) -> str:
    return from_python(f"{bps / 100:g} %")
