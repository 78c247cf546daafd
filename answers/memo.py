"""What several questions of one page share is computed once."""

from __future__ import annotations

from collections import OrderedDict
from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec, TypeVar
from weakref import WeakKeyDictionary, finalize

import polars as pl

from schema.language import language

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from answers.answer import Answer, Context
    from answers.registry import Result
    from schema.marts import Marts

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", bound="pl.DataFrame | Answer | Result")

_HELD: WeakKeyDictionary[Marts, dict[Hashable, Any]] = WeakKeyDictionary()
_LOCK = Lock()
_MOST: Final = 32
"""Results of one function that ``once_a_scope`` keeps of each scope; a table of 2,000 products takes some 250 kB."""
_FEW: Final = 2
"""Of ``lately_a_scope``, the same; a number of two million customers takes 16 MB."""


def once(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
    """Compute once for the same rows, filters and days; kept as long as the question's ``Context`` lives.

    The periods that ``over`` derives from a question share its memo, so that figures of different cards that rest on
    the same rows find them there. Results are read by several callers: never change one.
    """
    return _kept(function, lambda asked: (asked.from_on, asked.to_on, asked.as_of))


def once_for_all_days(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
    """The same for what does not depend on the period at all."""
    return _kept(function, lambda _: ())


def once_a_scope(function: Callable[[Context], R]) -> Callable[[Context], R]:
    """Compute once for a scope's rows of a snapshot, filters and days, whichever page asks; for small results only.

    The last ``_MOST`` of each scope are kept, as long as its rows are. Results are read by several callers: never
    change one.
    """
    return _a_scope(function, _MOST)


def lately_a_scope(function: Callable[[Context], R]) -> Callable[[Context], R]:
    """The same for what holds something of every customer: the last ``_FEW`` of each scope are kept."""
    return _a_scope(function, _FEW)


def _a_scope(function: Callable[[Context], R], most: int) -> Callable[[Context], R]:
    @wraps(function)
    def shared(asked: Context, /) -> R:
        name = function.__module__, function.__qualname__
        key = asked.scope.key, asked.filters, asked.currency, language(), asked.from_on, asked.to_on, asked.as_of
        with _LOCK:
            held = _HELD.setdefault(asked.marts, {}).setdefault(name, OrderedDict())
            if key in held:
                held.move_to_end(key)
                return held[key]  # type: ignore[no-any-return]
        found = function(asked)
        with _LOCK:
            held[key] = found
            while len(held) > most:
                held.popitem(last=False)
        return found

    return shared


def once_as_decided(
    by: Callable[Concatenate[Context, P], Hashable],
) -> Callable[[Callable[Concatenate[Context, P], R]], Callable[Concatenate[Context, P], R]]:
    """Compute once for a scope's rows of a snapshot, filters and days, until what people decided is another.

    Args:
        by: what was decided, of the same arguments: cheap to tell, equal as long as the result is. Options are in it.
    """

    def wrap(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
        @wraps(function)
        def shared(asked: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
            more = (args, tuple(sorted(kwargs.items())), by(asked, *args, **kwargs))
            days = asked.from_on, asked.to_on, asked.as_of
            key = asked.scope.key, asked.filters, asked.unknown, asked.currency, language(), days, more
            with _LOCK:
                name = function.__module__, function.__qualname__
                held = _HELD.setdefault(asked.marts, {}).setdefault(name, OrderedDict())
                if key in held:
                    held.move_to_end(key)
                    return held[key]  # type: ignore[no-any-return]
            found = function(asked, *args, **kwargs)
            with _LOCK:
                held[key] = found
                while len(held) > _MOST:
                    held.popitem(last=False)
            return found

        return shared

    return wrap


def _kept(
    function: Callable[Concatenate[Context, P], R], days: Callable[[Context], tuple[object, ...]]
) -> Callable[Concatenate[Context, P], R]:
    @wraps(function)
    def shared(asked: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
        more = (args, tuple(sorted(kwargs.items())))
        key = (
            function.__module__,
            function.__qualname__,
            asked.marts,
            asked.scope.key,
            asked.filters,
            asked.currency,
            language(),
            days(asked),
            more,
        )
        if key not in asked.memo:
            asked.memo[key] = function(asked, *args, **kwargs)
        found: R = asked.memo[key]
        return found

    return shared


def of_rows(function: Callable[Concatenate[Marts, P], R]) -> Callable[Concatenate[Marts, P], R]:
    """Compute once for a scope's rows of a snapshot, whatever the filters; for small results only."""

    @wraps(function)
    def shared(marts: Marts, /, *args: P.args, **kwargs: P.kwargs) -> R:
        key = (function.__module__, function.__qualname__, args, tuple(sorted(kwargs.items())))
        with _LOCK:
            held = _HELD.setdefault(marts, {})
        if key not in held:
            held[key] = function(marts, *args, **kwargs)
        found: R = held[key]
        return found

    return shared


def of_answer(function: Callable[Concatenate[T, P], R]) -> Callable[Concatenate[T, P], R]:
    """Compute once for an answer or its table, as long as the table lives: what a page says of an answer that is kept.

    A page that is drawn again then asks nothing of the threads that somebody's long question keeps busy. Results are
    read by several callers: never change one.
    """
    held: dict[int, dict[Hashable, R]] = {}

    @wraps(function)
    def shared(answer: T, /, *args: P.args, **kwargs: P.kwargs) -> R:
        table = answer if isinstance(answer, pl.DataFrame) else answer.table
        more = (language(), args, tuple(sorted(kwargs.items())))
        if id(table) not in held:
            held[id(table)] = {}
            finalize(table, held.pop, id(table), None)
        known = held[id(table)]
        if more not in known:
            known[more] = function(answer, *args, **kwargs)
        return known[more]

    return shared
