"""A process that posts entries for ever and says which are safe; its parent kills it."""

import itertools
import sys

from ledger import store
from tests.ledger.rows import assertion, entry

first = int(sys.argv[1])
for batch in itertools.count(first):
    rows = [entry(f"k{batch}-{n}", 1) for n in range(20)]
    store.append_entries("real", rows)
    store.append_bindings("real", [assertion(batch, "2026-01-10 20:00:00")], based_on=0)
    print(batch, flush=True)  # noqa: T201
