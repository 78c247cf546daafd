"""An answer to be shown in a meeting: told as to a presenter, kept as text, read back without its snapshot."""

from __future__ import annotations

import base64
import datetime as dt
import json
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl, urlencode

import polars as pl

from answers.answer import Answer
from answers.groups import SAID, presented
from answers.periods import context
from answers.presenting import coarse, one_level
from answers.registry import ADDRESSES, Result, ask, check_options
from schema.errors import StorageError, UsageError
from schema.filters import FILTER_NAMES, parse_filters
from schema.language import say
from schema.scope import Scope

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Context
    from schema.marts import Marts
    from warehouse.api import Snapshot

_PERSONAL: Final = frozenset({
    "customer", "customer_id", "customer_key", "order_id", "anon_id", "fix_id", "binding_id", "entry_key",
})  # fmt: skip
"""Columns that name one person or what one person did; no picture of a story ever carries them."""

_WITHOUT_CELLS: Final = frozenset({"catchment/overlap"})
"""Addresses that count in cells and tell of none: their size may stay what the pages show."""

_ABOUT: Final = ("address", "definition", "n", "n_label", "snapshot", "currency", "coverage", "coverage_label")


def eyes_of(agent_id: str) -> Scope:
    """Whose rows a step shows: an agent's, or with an empty id the whole company's."""
    if agent_id:
        return Scope("agent", "story", agent_id, is_borrowed=True)
    return Scope("owner", "story", is_borrowed=True)


def still_context(
    query: str, page: str, agent_id: str, snapshot: Snapshot, marts_for: Callable[[Scope], Marts]
) -> Context:
    """What a step's questions are asked of: the days and filters that head office chose, and no other's rows.

    A presenter has one fixed period, because with days of their own two answers could be subtracted. A story's days
    are chosen once, by head office, and whoever presents it can choose none.

    Args:
        query: the page's parameters; those that are no filters are left to the page.
        page: whose default period applies.
        agent_id: as in ``eyes_of``.
        snapshot: the story's.
        marts_for: that snapshot's rows for a scope.

    Raises:
        UsageError: a filter that nothing understands; names it.
    """
    eyes = eyes_of(agent_id)
    filters = replace(parse_filters(query), data="", lang="")
    asked = context(filters, eyes, snapshot, marts_for(eyes), page=page)
    if asked.unknown:
        raise UsageError(" ".join(asked.unknown))
    return asked


def still(name: str, asked: Context, **options: Any) -> Answer:
    """The answer at an address as a presenter may read it: groups of ten and more, cells of one size, nobody by name.

    Args:
        name: an address.
        asked: from ``still_context``.
        **options: the address's own.

    Returns:
        The answer in the language of the moment; a story speaks the one that it keeps.

    Raises:
        UsageError: unknown address, option or value.
    """
    entry = check_options(name, options)
    options = options if name in _WITHOUT_CELLS else coarse(entry.options, options)
    answer = ask(name, asked, **options)
    shown = presented(name, Result(answer.table, answer.n, answer.n_label, answer.coverage, notes=answer.notes))
    answer = replace(answer, table=shown.table, n=shown.n, coverage=shown.coverage, notes=shown.notes)
    if why := one_level(name, entry.options, options.get("by")):
        answer = replace(answer, table=answer.table.clear(), n=0, notes=(why,))
    return replace(answer, table=answer.table.drop(_PERSONAL & set(answer.table.columns)))


def full_query(asked: Context, query: str) -> str:
    """A page's parameters with its dates and as-of written out, so that the link shows the same for ever."""
    days = {"from": asked.from_on, "to": asked.to_on, "as_of": asked.as_of}
    others = [(name, value) for name, value in parse_qsl(query) if name not in days and name not in {"data", "lang"}]
    return urlencode([*((name, day.isoformat()) for name, day in days.items()), *others])


def filters_in(query: str) -> list[tuple[str, str]]:
    """The filters of a page's parameters, days aside: what its numbers are narrowed to."""
    days = {"from", "to", "as_of", "data", "lang"}
    return [(name, value) for name, value in parse_qsl(query) if name in FILTER_NAMES and name not in days]


def body_of(answer: Answer) -> str:
    """A still as it is kept: JSON, its table as Parquet in base 64."""
    table = BytesIO()
    answer.table.write_parquet(table, compression="zstd", statistics=False)
    told = {name: getattr(answer, name) for name in _ABOUT}
    told |= {"from": answer.from_on.isoformat(), "to": answer.to_on.isoformat(), "notes": list(answer.notes)}
    told["table"] = base64.b64encode(table.getvalue()).decode()
    return json.dumps(told, ensure_ascii=False, sort_keys=True)


def answer_of(body: str) -> Answer:
    """A still as it was told.

    Raises:
        StorageError: it is not what was kept.
    """
    try:
        told = json.loads(body)
        table = pl.read_parquet(BytesIO(base64.b64decode(told["table"])))
        told |= {name: say(told[name]) for name in ("n_label", "coverage_label") if told[name]}
        told["definition"] = _defined(told["address"], told["definition"])
        return Answer(
            **{name: told[name] for name in _ABOUT},
            table=table,
            from_on=dt.date.fromisoformat(told["from"]),
            to_on=dt.date.fromisoformat(told["to"]),
            notes=tuple(say(note) for note in told["notes"]),
        )
    except (ValueError, KeyError, TypeError, pl.exceptions.PolarsError) as error:
        msg = say("A result of the story cannot be read any more. Refresh the story to compute it anew.")
        raise StorageError(msg) from error


def _defined(name: str, kept: str) -> str:
    """The definition in the language of the moment, where the address still has the one that was kept."""
    entry = ADDRESSES.get(name)
    return entry.said() if entry is not None and entry.definition == kept else kept


def can_be_shown(name: str) -> bool:
    """Whether the address says anything to a room at all: single customers are nobody's slide."""
    return name in ADDRESSES and SAID.get(name) is not None
