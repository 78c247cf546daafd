"""What several questions of one page share is computed once."""

from __future__ import annotations

from functools import wraps
from threading import Lock
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

if TYPE_CHECKING:
    from collections.abc import Callable

    from answers.answer import Context
    from schema.marts import Marts

P = ParamSpec("P")
R = TypeVar("R")

_HELD: WeakKeyDictionary[Marts, dict[str, Any]] = WeakKeyDictionary()
_LOCK = Lock()


def once(function: Callable[Concatenate[Context, P], R]) -> Callable[Concatenate[Context, P], R]:
    """Compute once for the same rows, filters and days; kept as long as the question's ``Context`` lives.

    The periods that ``over`` derives from a question share its memo, so that figures of different cards that rest on
    the same rows find them there. Results are read by several callers: never change one.
    """

    @wraps(function)
    def shared(asked: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
        days = (asked.from_on, asked.to_on, asked.as_of)
        more = (args, tuple(sorted(kwargs.items())))
        key = (function.__module__, function.__qualname__, asked.marts, asked.filters, asked.currency, days, more)
        if key not in asked.memo:
            asked.memo[key] = function(asked, *args, **kwargs)
        found: R = asked.memo[key]
        return found

    return shared


def of_rows(function: Callable[[Marts], R]) -> Callable[[Marts], R]:
    """Compute once for a scope's rows of a snapshot, whatever the filters; for small results only."""
    name = f"{function.__module__}.{function.__qualname__}"

    @wraps(function)
    def shared(marts: Marts, /) -> R:
        with _LOCK:
            held = _HELD.setdefault(marts, {})
        if name not in held:
            held[name] = function(marts)
        found: R = held[name]
        return found

    return shared
