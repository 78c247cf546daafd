"""Who is asking, and so which rows exist for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Role = Literal["owner", "agent", "presenter"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The only ticket with which ``warehouse`` hands out frames.

    The role comes from the server's session, never from a URL or a widget.

    Attributes:
        role: what the viewer may see (``domain.md`` §1).
        viewer: who they are, for the audit log and the cache key.
        agent_id: the agent whose stores and customers are visible; required for ``agent``.
    """

    role: Role
    viewer: str = "local"
    agent_id: str | None = None

    def __post_init__(self) -> None:
        """Refuse a scope that could be read as "everything" by mistake."""
        if self.role == "agent" and not self.agent_id:
            msg = "An agent's scope needs the agent's id."
            raise ValueError(msg)

    @property
    def key(self) -> tuple[str, str, str]:
        """The part of every cache key that keeps viewers apart."""
        return (self.role, self.viewer, self.agent_id or "")


LOCAL_OWNER = Scope(role="owner", viewer="local")
