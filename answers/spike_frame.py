"""Which cells of the heatmap does the strongest finding speak of?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from answers.headlines import HasTable

_HOURS: Final = 24
_DAYS: Final = 7


def framed(spikes: HasTable, *, weekly: bool) -> tuple[str, list[int]] | None:
    """The finding's group and hours for the frame on the heatmap.

    Args:
        spikes: the answer at ``dwell/spikes``.
        weekly: the heatmap has seven days; otherwise working days and the weekend.

    Returns:
        The group and hours counted from the first block's midnight; None when nothing stands out.
    """
    if spikes.table.is_empty():
        return None
    row = spikes.table.row(0, named=True)
    hours = range(row["first_hour"], row["last_hour"] + 1)
    blocks = _DAYS if weekly else 2
    return row["group"], [block * _HOURS + hour for block in range(blocks) for hour in hours]
