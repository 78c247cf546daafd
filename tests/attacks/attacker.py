"""The script of somebody who asks everything there is to ask, and remembers all of it."""

import itertools

from answers.periods import context
from answers.registry import ADDRESSES, ask
from schema.errors import CatchlightError
from schema.filters import parse_filters
from schema.scope import Scope
from warehouse.frames import narrow

DAYS = ["", *[f"from=2026-0{m}-01&to=2026-0{m}-28" for m in range(5, 10)],
        *[f"from=2026-09-03&to=2026-09-{d:02}" for d in range(3, 8)], "as_of=2026-08-02", "as_of=2026-08-03"]  # fmt: skip
NARROW = ["store=S1", "store=S2", "agent=AG1", "agent=AG2", "city=Suzhou", "city=Wuxi", "channel=pos", "channel=app",
          "model=B2C", "category=Coats", "category=Scarves", "product=P1", "product=P2", "segment=champions",
          "segment=loyal", "currency=USD"]  # fmt: skip
PAIRS = [
    "&".join(part for part in pair if part)
    for pair in [*itertools.product(DAYS, ["", *NARROW]), *itertools.combinations(NARROW, 2)]
]
"""Each setting with each other, days among them."""

_RESOLUTIONS = ("5", "7", "9")
_FREE = {"resolution": _RESOLUTIONS, "with": ("AG1", "AG2", ""), "of": ("AG1", "AG2", ""), "a": ("S1",), "b": ("S2", "S3"),
         "store": ("S1", "S2"), "receiver": ("AG1", "AG2", "S1"), "statement": ("2026-09-AG1-CNY",), "product": ("P1",),
         "month": ("2026-09",), "months": ("1", "2"), "customer": ("C-0000000001", "C-0000000111")}  # fmt: skip


def options_of(name):
    """No option, each option alone with each value, and each two options together."""
    entry = ADDRESSES[name]
    single = [
        (option, value) for option, allowed in entry.options.items() for value in allowed or _FREE.get(option, ())
    ]
    yield {}
    for one in single:
        yield dict([one])
    for one, two in itertools.combinations(single, 2):
        if one[0] != two[0]:
            yield dict([one, two])


def scope_of(agent):
    return Scope("agent", f"viewer-{agent}", agent)


def told(name, query, rows, scope, snapshot, options):
    """All that reaches the viewer: the table, its notes, sums and words, or the refusal."""
    try:
        asked = context(parse_filters(query), scope, snapshot, rows, page=name.split("/", maxsplit=1)[0])
        found = ask(name, asked, **options)
    except CatchlightError as error:
        return None, str(error)
    return found.table, (found.n, found.n_label, found.coverage, found.notes, found.definition, found.from_on,
                         found.to_on)  # fmt: skip


def is_same(one, two):
    """Whether two tellings cannot be told apart, the order of rows included."""
    return one[1] == two[1] and (one[0] is two[0] is None or one[0].equals(two[0], null_equal=True))


def differences(pairs, agent, queries, names=None):
    """Questions whose answers differ between two states of a company: ``(address, query, options)``; and how many asked.

    Args:
        pairs: two of (marts, snapshot).
        agent: who asks.
        queries: filters to ask with.
        names: addresses; all that need no files by default.
    """
    scope = scope_of(agent)
    sides = [(narrow(rows, scope), snapshot) for rows, snapshot in pairs]
    found, asked = [], 0
    for name in sorted(names or ADDRESSES):
        for query, options in itertools.product(queries, options_of(name)):
            tellings = [told(name, query, rows, scope, snapshot, options) for rows, snapshot in sides]
            asked += 1
            if not is_same(*tellings):
                found.append((name, query, options))
    return found, asked
