"""Who is asking, and so which rows exist for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from schema.language import later

Role = Literal["owner", "agent", "presenter"]


@dataclass(frozen=True, slots=True)
class Scope:
    """The only ticket with which ``warehouse`` hands out frames.

    The role comes from the server's session, never from a URL or a widget.

    Attributes:
        role: what the viewer may see (``domain.md`` §1).
        viewer: who they are, for the audit log.
        agent_id: the agent whose stores and customers are visible; required for ``agent``.
        is_borrowed: an owner looks through this role's eyes ("view as"): the same rows, and nothing may be written.
    """

    role: Role
    viewer: str = "local"
    agent_id: str | None = None
    is_borrowed: bool = False

    def __post_init__(self) -> None:
        """Refuse a scope that could be read as "everything" by mistake."""
        if self.role == "agent" and not self.agent_id:
            msg = "An agent's scope needs the agent's id."
            raise ValueError(msg)

    @property
    def key(self) -> tuple[str, str]:
        """What every answer depends on; two viewers with the same key are shown the same. Part of every cache key."""
        return (self.role, self.agent_id or "")

    @property
    def may_write(self) -> bool:
        """Whether they may do anything that is kept; what exactly depends on the role."""
        return self.role != "presenter" and not self.is_borrowed


LOCAL_OWNER: Final = Scope(role="owner", viewer="local")

ANOTHER_STORE: Final = later("another store")
ANOTHER_AGENT: Final = later("another agent")
ANOTHER_CITY: Final = later("another city")
"""What an agent reads in place of the other side's ids and places: that there is one, and not which."""
