"""Numbers inside sentences, written one way everywhere."""

from __future__ import annotations


def percent(rate: float) -> str:
    """``0.2134`` → ``21.3 %`` with a thin gap that never breaks."""
    return f"{100 * rate:.1f}\u202f%".replace("-", "−")


def whole_percent(rate: float) -> str:
    """``0.2134`` → ``21 %``."""
    return f"{100 * rate:.0f}\u202f%".replace("-", "−")
