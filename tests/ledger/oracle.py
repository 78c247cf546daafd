"""The domain's rules once more, row by row in plain Python, to hold the vectorised product against.

Written from the specification (T12, T13, T15, T16 and the rules engine), not from the code: dictionaries in,
dictionaries out, no frame and no array. ``histories`` says whose each customer is, ``shared`` who gets what of an order.
"""

from __future__ import annotations

import datetime as dt
import math
from fractions import Fraction

RADIUS_M = 6_371_008.8
NEVER = dt.datetime.max.replace(tzinfo=dt.UTC)
METHODS = ("scan", "guide", "first_purchase", "manual")
ROLES = ("store", "fulfiller", "seller", "agent", "guide", "upline", "fund")
ACCURACY = {"gps": 100.0, "address": 100.0, "fuzzy": 2_500.0}


def metres(one, other):
    """Haversine, whole millimetres."""
    y, x, v, u = (math.radians(n) for n in (*one, *other))
    h = math.sin((v - y) / 2) ** 2 + math.cos(y) * math.cos(v) * math.sin((u - x) / 2) ** 2
    return round(2 * RADIUS_M * math.asin(min(1.0, math.sqrt(h))), 3)


def open_stores(world, at):
    return [
        s for s in world["stores"]
        if s["accepts"] and (s["opened"] is None or s["opened"] <= at) and (s["closed"] is None or at < s["closed"])
    ]  # fmt: skip


def nearest(world, policy, who, place, at):
    """The owner by distance, with the tie-breaks of T16; None when nobody is near enough."""
    far = sorted((metres(place, s["at"]), s["id"]) for s in open_stores(world, at))
    if not far or far[0][0] > policy.far_m:
        return None
    tied = {name for d, name in far if d <= far[0][0] + policy.tie_m}
    since = at - dt.timedelta(days=policy.visit_days)
    seen = {
        c["store"] for c in world["claims"] if c["who"] == who and c["method"] != "manual" and since <= c["at"] <= at
    }
    seen |= {o["shop"] for o in world["orders"] if o["who"] == who and since <= o["at"] <= at}
    opened = {s["id"]: s["opened"] for s in world["stores"]}
    first = dt.datetime.min.replace(tzinfo=dt.UTC)
    return min(tied, key=lambda name: (name not in seen, opened[name] or first, name))


def status_of(world, policy, place, accuracy, at, *, sure):
    """T15: contested where the bisector is near in terms of the fix's accuracy."""
    if not sure:
        return "provisional"
    far = sorted((metres(place, s["at"]), s["id"], s["at"]) for s in open_stores(world, at))
    if len(far) < 2:
        return "exact"
    between = metres(far[0][2], far[1][2])
    delta = (far[1][0] ** 2 - far[0][0] ** 2) / (2 * between) if between else 0.0
    confidence = 0.5 * (1 + math.erf(delta / (accuracy / 1.5096) / math.sqrt(2)))
    return "contested" if confidence < policy.contested_below else "exact"


class Places:
    """Where somebody was at registration, and what was learnt later: (place, accuracy, is it sure, from when known)."""

    def __init__(self, world, policy, person):
        registered, near = person["registered"], dt.timedelta(minutes=policy.fix_minutes)
        late = registered + dt.timedelta(days=policy.upgrade_days)
        fixes = sorted((f for f in world["fixes"] if f["who"] == person["who"]), key=lambda f: (f["at"], f["id"]))
        fixes = [f for f in fixes if f["src"] in ACCURACY and f["at"] < world["until"]]
        exact = [f for f in fixes if f["src"] != "fuzzy"]
        close = [f for f in exact if abs(f["at"] - registered) <= near]
        before = sorted((f for f in fixes if f["at"] - registered <= near), key=lambda f: abs(f["at"] - registered))
        better = [f for f in exact if near < f["at"] - registered and f["at"] <= late]
        after = [f for f in fixes if f["at"] - registered > near and f not in better]
        self.first = self.better = self.hint = None
        if close:
            self.first = place_of(close, sure=True)
        elif person["home"]:
            self.first = (person["home"], person["precision"], True, registered)
        else:
            self.first = place_of(before, sure=False)
            self.better = place_of(better, sure=True)
            self.hint = None if before else place_of(after, sure=False)


def place_of(fixes, *, sure):
    """The first fix as a place; None without any."""
    return (
        (fixes[0]["place"], fixes[0]["accuracy"] or ACCURACY[fixes[0]["src"]], sure, fixes[0]["at"]) if fixes else None
    )


class History:
    """One customer: spells in the order in which they became known, and attempts."""

    def __init__(self, world, policy, person):
        self.world, self.policy, self.who, self.registered = world, policy, person["who"], person["registered"]
        self.places = Places(world, policy, person)
        self.known = self.places.first
        self.bettered = self.hinted = False
        mine = sorted(
            (c for c in world["claims"] if c["who"] == self.who and c["at"] < world["until"]),
            key=lambda c: (c["at"], METHODS.index(c["method"]), c["store"], c["guide"] or ""),
        )
        code = self.code(mine)
        self.queue = [c for c in mine if c["at"] >= self.registered and c is not code]
        self.paid = sorted(o["at"] for o in world["orders"] if o["who"] == self.who and o["at"] < world["until"])
        self.now = self.decided(self.registered, "registered")
        if code:
            self.now |= {"owner": code["store"], "status": "exact", "guide": code["guide"]}
            self.now["protected"] = self.protection(self.registered)
        self.spells, self.attempts = [self.now], []
        while self.step():
            pass

    def code(self, mine):
        """With whose code the customer registered."""
        able = {s["id"] for s in open_stores(self.world, self.registered)}
        early, late = (dt.timedelta(seconds=n) for n in (self.policy.scan_before_s, self.policy.scan_after_s))
        some = [c for c in mine if c["method"] in self.policy.claims and c["store"] in able]
        some = [c for c in some if self.registered - early <= c["at"] <= self.registered + late]
        return min(some, key=lambda c: (abs(c["at"] - self.registered), c["at"]), default=None)

    def protection(self, start):
        if self.policy.protection_days == -2:
            return NEVER
        return start + dt.timedelta(days=max(self.policy.protection_days, 0))

    def decided(self, at, cause):
        known, owner, status = self.known, None, "unassigned"
        if known:
            owner = nearest(self.world, self.policy, self.who, known[0], at)
        if owner:
            status = status_of(self.world, self.policy, known[0], known[1], at, sure=known[2])
        return {"who": self.who, "owner": owner, "status": status, "since": at, "clock": at, "cause": cause,
                "guide": None, "protected": self.protection(at) if owner else at}  # fmt: skip

    def expiry(self):
        if self.policy.validity_days == -1 or (self.now["owner"] is None and self.known is None):
            return NEVER
        days = dt.timedelta(days=self.policy.validity_days)
        end = self.now["clock"] + days
        for one in self.paid:
            if self.now["clock"] <= one < end:
                end = max(end, one + days)
        return end

    def closing(self):
        closed = next((s["closed"] for s in self.world["stores"] if s["id"] == self.now["owner"]), None)
        return closed if closed and closed > self.now["since"] else NEVER

    def learnt(self):
        """When a first rough place, and when a sure one, becomes known and still counts."""
        first = self.now["cause"] in ("registered", "upgraded", "store_closed") and self.now["clock"] == self.registered
        nobody, rough = (self.now["status"] == status for status in ("unassigned", "provisional"))
        if not first or self.bettered:
            return NEVER, NEVER
        hint = self.places.hint[3] if self.places.hint and nobody and not self.hinted else NEVER
        return hint, self.places.better[3] if self.places.better and (nobody or rough) else NEVER

    def step(self):
        """Make the next change; False when nothing more happens."""
        claim = next((c for c in self.queue if outcome(self.world, self.policy, self.now, c) == "accepted"), None)
        times = (self.expiry(), self.closing(), *self.learnt(), claim["at"] if claim else NEVER)
        when, kind = min((at, number) for number, at in enumerate(times))
        before = self.queue.index(claim) + 1 if kind == 4 else sum(c["at"] < when for c in self.queue)
        for one in self.queue[:before]:
            said = outcome(self.world, self.policy, self.now, one)
            self.attempts.append((self.who, one["at"], one["store"], one["method"], self.now["owner"], said))
        self.queue = self.queue[before:]
        if when >= self.world["until"]:
            return False
        make = (self.expired, self.closed, self.hint, self.better, lambda at: self.taken(claim, at))[kind]
        new = make(when)
        if kind == 0 and new["owner"] is None and self.now["owner"] is None:
            self.now["clock"] = when
        else:
            self.now = new
            self.spells.append(new)
        return True

    def expired(self, when):
        return self.decided(when, "expired")

    def hint(self, _when):
        self.known, self.hinted = self.places.hint, True
        return self.decided(self.registered, "upgraded")

    def better(self, _when):
        self.known, self.bettered = self.places.better, True
        return self.decided(self.registered, "upgraded")

    def closed(self, when):
        old = next(s for s in self.world["stores"] if s["id"] == self.now["owner"])
        owner = heir(self.world, self.policy, old, self.known[0] if self.known else old["at"], when)
        new = self.now | {"owner": owner, "since": when, "cause": "store_closed"}
        return new if owner else new | {"status": "unassigned", "protected": when}

    def taken(self, claim, when):
        cause = "manual" if claim["method"] == "manual" else "takeover"
        return {"who": self.who, "owner": claim["store"], "guide": claim["guide"], "status": "exact", "since": when,
                "clock": when, "cause": cause, "protected": self.protection(when)}  # fmt: skip


def outcome(world, policy, now, claim):
    if claim["store"] == now["owner"]:
        return "no_change"
    manual = claim["method"] == "manual"
    if not manual and claim["at"] < now["protected"]:
        return "rejected_protected"
    if manual:
        return "accepted" if any(s["id"] == claim["store"] for s in world["stores"]) else "rejected_policy"
    able = claim["store"] in {s["id"] for s in open_stores(world, claim["at"])}
    return "accepted" if able and claim["method"] in policy.claims else "rejected_policy"


def heir(world, policy, old, start, at):
    agent = old["agent"]
    far = sorted((metres(start, s["at"]), s["id"], s["agent"]) for s in open_stores(world, at))
    own = [name for d, name, of in far if agent and of == agent and d <= policy.handover_m]
    return own[0] if own else (far[0][1] if far and far[0][0] <= policy.far_m else None)


def histories(world, policy):
    spells, attempts = [], []
    for person in sorted(world["people"], key=lambda p: p["who"]):
        if person["registered"] < world["until"]:
            one = History(world, policy, person)
            spells += one.spells
            attempts += one.attempts
    return spells, attempts


def owner_at(spells, who, at):
    """The latest word about an instant; None before registration."""
    said = [s for s in spells if s["who"] == who and s["since"] <= at]
    return said[-1] if said else None


# Money


def rule_of(rules, line, owner, agent):
    """Priority, then most specific, then newest, then id."""

    def fits(rule):
        if not (rule.effective_from <= line["day"] and (rule.effective_to is None or line["day"] < rule.effective_to)):
            return False
        online, shop, hands = line["online"], line["shop"], line["hands"]
        sold = {"any": True, "online": online, "own_store": not online and owner is not None and shop == owner,
                "other_store": not online and shop is not None and shop != owner}[rule.sold]  # fmt: skip
        gone = {"any": True, "own_store": owner is not None and hands == owner,
                "other_store": hands is not None and hands != owner, "nobody": hands is None}[rule.fulfilled]  # fmt: skip
        whose = {"any": True, "bound": owner is not None, "unassigned": owner is None and line["who"] is not None}[
            rule.bound
        ]
        lists = ((line["channel"], rule.channels), (line["category"] or "Unmapped", rule.categories),
                 (line["product"], rule.products), (agent, rule.agents))  # fmt: skip
        return sold and gone and whose and all(not allowed or value in allowed for value, allowed in lists)

    found = [rule for rule in rules if fits(rule)]
    key = lambda r: (-r.priority, -r.specificity, -r.effective_from.toordinal(), r.rule_id, -r.version)  # noqa: E731
    return min(found, key=key, default=None)


def split(pool, weights, receivers):
    """T12: {(role, kind, id): minor units}; who is missing passes his weight on, who comes twice is one."""
    kinds = {"store": "store", "fulfiller": "store", "seller": "store", "agent": "agent", "guide": "guide",
             "upline": "guide", "fund": "fund"}  # fmt: skip
    whole = {}
    for role, bps in (one for one in weights if one[1]):
        heirs = {"agent": ["agent", "fund"], "fund": ["fund"], "store": ["store", "agent", "fund"]}
        chain = heirs.get(role, [role, "store", "agent", "fund"])
        end = next(one for one in chain if receivers.get(one))
        whole.setdefault((kinds[end], receivers[end]), []).append((ROLES.index(end), bps))
    parts = sorted((min(r for r, _ in each), sum(b for _, b in each), who) for who, each in whole.items())
    total = sum(bps for _, bps, _ in parts)
    floors = [pool * bps // total for _, bps, _ in parts]
    by_rest = sorted(range(len(parts)), key=lambda n: (-(pool * parts[n][1] % total), n))
    for n in by_rest[: pool - sum(floors)]:
        floors[n] += 1
    return {(ROLES[r], *who): given for (r, _, who), given in zip(parts, floors, strict=True) if given}


def shared(rules, order, lines, receivers):
    """{(rule, role, kind, id): minor units} and {rule or None: base} of one order; a line says its own rule."""
    bases = {}
    agent = receivers.get("agent")
    for line in lines:
        rule = rule_of(rules, order | line, receivers.get("store"), agent)
        line["rule"] = rule and rule.rule_id
        bases.setdefault(rule, 0)
        bases[rule] += line["net"]
    parts = {}
    for rule, base in bases.items():
        if rule is None or base <= 0:
            continue
        pool = (base * rule.pool_bps * 2 + 10_000) // 20_000
        parts |= {(rule.rule_id, *who): given for who, given in split(pool, rule.weights, receivers).items()}
    return parts, {rule and rule.rule_id: max(base, 0) for rule, base in bases.items()}


def refunded(bases, lines, refunds):
    """How much of each rule's base came back: lines first, what names no line raises all alike until it is used up."""
    own, whole = dict.fromkeys(bases, 0), 0
    rule_of_line = {line["line"]: line["rule"] for line in lines}
    for refund in refunds:
        if refund["line"] in rule_of_line:
            own[rule_of_line[refund["line"]]] += refund["goods"]
        else:
            whole += refund["goods"]
    whole += sum(max(own[g] - bases[g], 0) for g in bases)
    level = {g: Fraction(min(own[g], bases[g])) for g in bases}
    left = Fraction(whole)
    while left > 0 and (room := [g for g in bases if level[g] < bases[g]]):
        step = min(*((bases[g] - level[g]) / bases[g] for g in room), left / sum(bases[g] for g in room))
        for g in room:
            level[g] += step * bases[g]
        left -= step * sum(bases[g] for g in room)
    return {g: int(level[g]) for g in bases}


def kept(parts, bases, lines, refunds):
    """T13: each part less the cumulative floor."""
    back = refunded(bases, lines, refunds)
    return {who: given - given * back[who[0]] // bases[who[0]] for who, given in parts.items()}
