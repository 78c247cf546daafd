"""Numbers inside sentences, written one way everywhere."""

from __future__ import annotations

from schema.language import from_python


def percent(rate: float) -> str:
    """``0.2134`` → ``21.3 %`` with a thin gap that never breaks."""
    return from_python(f"{100 * rate:.1f}\u202f%".replace("-", "−"))


def whole_percent(rate: float) -> str:
    """``0.2134`` → ``21 %``."""
    return from_python(f"{100 * rate:.0f}\u202f%".replace("-", "−"))
