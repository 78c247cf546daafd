"""Every question by its address: the same for a page, an export and the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, get_args

import polars as pl

from answers.answer import Answer, Context
from answers.groups import presented
from answers.known import currencies
from answers.persons import AS_REGISTERED, as_registered
from answers.presenting import coarse, one_level
from schema.coding import spelled
from schema.errors import RefusedError, UsageError
from schema.language import later, say
from schema.scope import Role

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Result:
    """What an answer function returns; the registry adds address, period and snapshot."""

    table: pl.DataFrame
    n: int
    n_label: str
    coverage: float | None = None
    coverage_label: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Address:
    """One question that can be asked by name.

    Attributes:
        name: such as ``dwell/heatmap``; its first part is the page.
        columns: promised columns, in order; the table may hold more.
        meaning: one line for ``python -m exports --list``.
        definition: what stands behind the ⓘ.
        options: option → allowed values (first is the default); None allows any text.
        several: options that take a tuple of values.
        parts: the definition's, each said as a whole.
    """

    name: str
    columns: tuple[str, ...]
    meaning: str
    definition: str
    answer: Callable[..., Result]
    options: dict[str, tuple[str, ...] | None] = field(default_factory=dict)
    several: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @property
    def page(self) -> str:
        """The page it belongs to."""
        return self.name.split("/", 1)[0]

    def said(self) -> str:
        """The definition in the language of the moment."""
        return " ".join(say(part) for part in self.parts)


ADDRESSES: Final[dict[str, Address]] = {}


def address(
    name: str,
    columns: str,
    *,
    meaning: str,
    definition: str | tuple[str, ...] = "",
    options: dict[str, tuple[str, ...] | None] | None = None,
    several: tuple[str, ...] = (),
) -> Callable[[Callable[..., Result]], Callable[..., Result]]:
    """Register a function as the answer at an address. ``columns`` is a comma-separated promise.

    ``definition``, or ``meaning`` where it stands alone, is said to whoever asks: it is given ``later``.
    """

    def register(function: Callable[..., Result]) -> Callable[..., Result]:
        promised = tuple(column.strip() for column in columns.split(","))
        parts = (definition or meaning,) if isinstance(definition, str) else definition
        ADDRESSES[name] = Address(name, promised, meaning, " ".join(parts), function, options or {}, several, parts)
        return function

    return register


def ask(name: str, asked: Context, **options: Any) -> Answer:
    """The answer at an address.

    Args:
        name: an address of ``ADDRESSES``.
        asked: who asks, of which rows and days.
        **options: the address's own options, such as ``group="product"``.

    Raises:
        UsageError: unknown address, option or option value; names the possible ones.
        RefusedError: whoever asks has no role that is known. Not every answer is computed of the scope's rows alone.
    """
    if asked.scope.role not in get_args(Role):
        msg = say("Only owners, agents and presenters are answered here.")
        raise RefusedError(msg)
    entry = check_options(name, options)
    if asked.scope.role == "presenter":
        options = coarse(entry.options, options)
    if name.startswith(AS_REGISTERED):
        asked = as_registered(asked)
    if entry.name != name:
        options = {**options, "named": name.partition("/")[2]}
    result = entry.answer(asked, **options)
    if asked.scope.role == "presenter":
        result = presented(name, result)
        if why := one_level(name, entry.options, options.get("by")):
            result = Result(result.table.clear(), 0, result.n_label, notes=(why,))
    return Answer(
        address=name,
        table=spelled(_in_order(result.table, entry.columns)),
        definition=entry.said(),
        n=result.n,
        n_label=result.n_label,
        from_on=asked.from_on,
        to_on=asked.to_on,
        snapshot=asked.snapshot.number,
        currency=asked.currency,
        coverage=result.coverage,
        coverage_label=result.coverage_label,
        notes=(*asked.unknown, *result.notes, *_one_currency(asked, result.table), *_assumed(asked, name)),
    )


def _in_order(table: pl.DataFrame, first: tuple[str, ...]) -> pl.DataFrame:
    """The promised columns first; told without the query engine, whose beginning costs more than small tables do."""
    if tuple(table.columns[: len(first)]) == first:
        return table.clone()  # what is said of an answer is kept by its table: each answer has its own
    columns = (*first, *(name for name in table.columns if name not in first))
    return pl.DataFrame([table.get_column(name) for name in columns])


def entry_of(name: str) -> Address | None:
    """The entry of an address: its own, or that of its page's named things (``audiences/<name>``); None without either."""
    return ADDRESSES.get(name) or ADDRESSES.get(f"{name.partition('/')[0]}/{NAMED}")


NAMED: Final = "<name>"
"""Stands in an address for whatever people called a thing of their own; its answer is given ``named``."""


def check_options(name: str, options: dict[str, Any]) -> Address:
    """The entry of an address that understands these options.

    Raises:
        UsageError: unknown address, option or option value; names the possible ones.
    """
    entry = entry_of(name)
    if entry is None:
        msg = say(
            "No address {name}; the addresses are {known}.",
            name=repr(name[:60]),
            known=", ".join(sorted(ADDRESSES)),
        )
        raise UsageError(msg)
    for option, value in options.items():
        if option not in entry.options:
            known = ", ".join(entry.options) or say("none")
            msg = say(
                "{name} has no option {option}; its options are: {known}.",
                name=entry.name,
                option=repr(option),
                known=known,
            )
            raise UsageError(msg)
        if isinstance(value, tuple) and option not in entry.several:
            msg = say("{name}: {option} is given {n} times.", name=entry.name, option=option, n=len(value))
            raise UsageError(msg)
        allowed = entry.options[option]
        if allowed is not None and value not in allowed:
            msg = say(
                "{name}: {option}={value} is none of {allowed}.",
                name=entry.name,
                option=option,
                value=repr(value),
                allowed=", ".join(allowed),
            )
            raise UsageError(msg)
    return entry


NEAREST_ASSUMED: Final = later("Nobody is bound yet: a customer counts for the nearest open store (assumed).")
_BY_OWNER: Final = ("dwell/", "overview/kpis", "overview/weekly", "overview/funnel")
"""Addresses in which place filters mean whose customer it was."""


def _assumed(asked: Context, name: str) -> tuple[str, ...]:
    """Said where a place filter follows an owner whom nothing but distance decided."""
    chosen = asked.filters
    is_narrowed = bool(chosen.store or chosen.agent or chosen.city) and name.startswith(_BY_OWNER)
    is_assumed = asked.marts.bindings.is_empty() and not asked.marts.people.is_empty()
    return (say(NEAREST_ASSUMED),) if is_narrowed and is_assumed else ()


def _one_currency(asked: Context, table: pl.DataFrame) -> tuple[str, ...]:
    """Different currencies are never added: a table of money says which one it is, where there are several."""
    if table.is_empty() or not any(name.endswith("_minor") for name in table.columns):
        return ()
    others = [code for code in currencies(asked.marts, asked.snapshot, asked.scope) if code != asked.currency]
    return (
        (
            say(
                "Money is in {currency} alone; {others} can be chosen.",
                currency=asked.currency,
                others=", ".join(others),
            ),
        )
        if others
        else ()
    )
