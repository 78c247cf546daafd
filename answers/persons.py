"""The same question of customers as they registered: what the ledger, identities and their matching are about."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from warehouse import api as warehouse

if TYPE_CHECKING:
    from answers.answer import Context

AS_REGISTERED: Final = ("sharing/", "sync/")
"""Addresses that count customers as they registered: each of those was bound, and has identities of its own."""
_MEMO: Final = "as_registered"


def as_registered(asked: Context) -> Context:
    """The question with customers who are one person apart; the same one where nobody is."""
    rows = warehouse.registrations(asked.marts)
    if rows is asked.marts:
        return asked
    return replace(asked, marts=rows, memo=asked.memo.setdefault(_MEMO, {}))
