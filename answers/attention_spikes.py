"""Hours of the day that belong to a category, from views as numbers: the Overview and the Dwell page ask the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from answers import cubes, view_rows
from answers.memo import once_a_scope
from metrics.findings import spikes_of
from metrics.spikes import spike_cells

if TYPE_CHECKING:
    import polars as pl

    from answers.answer import Context


@once_a_scope
def spikes(asked: Context) -> pl.DataFrame:
    """``metrics.findings.dwell_spikes`` of the period's views by category."""
    marts, rows = asked.marts, view_rows.rows(asked)
    category, channel = (view_rows.named(marts, name) for name in ("category", "channel"))
    held = rows.of(view_rows.dwell(marts)) >= 0
    unreliable = cubes.sums(asked).unreliable()
    if unreliable:
        held &= ~channel.among(unreliable)[rows.of(channel.codes)]
    if not held.all():
        rows = rows.where(held)
    who, group = rows.of(view_rows.visitors(marts).codes), rows.of(category.codes)
    hour, dwell = rows.of(view_rows.hour(marts)), rows.of(view_rows.dwell(marts))
    occurs = np.bincount(group, minlength=len(category.names)) > 0
    names = [name for name, is_seen in zip(category.names, occurs, strict=True) if is_seen]
    return spikes_of(spike_cells((np.cumsum(occurs) - 1)[group], names, hour, who, dwell))
