"""Each export on the audit log: which address, how many rows, in which form; never what the rows say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from records import audit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schema.filters import Filters
    from schema.scope import Scope

_PEOPLE: Final = frozenset({"customer"})
"""Options that name one person: that one was asked for is logged, who it was is not."""


def told_address(address: str, filters: Filters, options: Mapping[str, object] | None = None) -> str:
    """An address with its filters and options as the log has it, such as ``purchases/summary?store=S1``."""
    pairs = filters.to_query()
    for name, value in sorted((options or {}).items()):
        several = value if isinstance(value, tuple) else (value,)
        pairs += [(name, "[hidden]" if name in _PEOPLE else str(one)) for one in several]
    return f"{address}?{urlencode(pairs, safe='[]')}" if pairs else address


def note_export(scope: Scope, *, data: str, address: str, rows: int, form: str) -> None:
    """Put an export on the log before its bytes leave; while somebody else writes the log, beside it.

    Args:
        scope: who exports.
        data: which data, ``real`` or ``demo``.
        address: as of ``told_address``.
        rows: of the table.
        form: such as ``csv``.

    Raises:
        StorageError: the log cannot be written; nothing is exported.
    """
    what: dict[str, str | int] = {"address": address, "rows": rows, "format": form}
    if scope.is_borrowed:
        what |= {"viewed_as": scope.role, "agent_id": scope.agent_id or ""}
    audit.write("export", viewer=scope.viewer, what=what, data=data)
