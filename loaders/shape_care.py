"""How customers are cared for: what they complained of, and what was sent to them by campaigns run elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from loaders.money import Money
from loaders.words import known_values
from schema.language import later
from schema.stored import stored

if TYPE_CHECKING:
    from loaders.work import Work


def complaint_columns(work: Work, columns: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """The shop system whose orders a complaint names, its channel as orders have it, and its local day.

    A complaint of nobody, no order and no store is set aside (E01), one that was closed before it was opened as E06.
    An unknown channel is ``other`` (W10); no channel stays empty, since the order may tell it.
    """
    about = [columns[name].is_null() for name in ("customer_id", "order_id", "store_id")]
    work.flag(
        about[0] & about[1] & about[2],
        "E01",
        "customer_id",
        later("{column} is empty, and so are order and store: a complaint is of somebody or about something."),
    )
    opened, closed = columns["opened_at"], columns["closed_at"]
    work.flag(closed < opened, "E06", "closed_at", later("{column} lies before the complaint was opened."))
    read, words = work.word("channel", "channel") if work.has("channel") else (work.nothing(pl.String),) * 2
    strange = words.is_not_null() & read.is_null()
    work.warnings["W10"] += int((strange & work.kept).sum())
    return {
        "source": pl.repeat(work.shop, work.rows, dtype=pl.String, eager=True),
        "channel": read.set(strange, "other"),
        "local_on": work.local(opened)[0],
    }


def send_columns(work: Work, columns: dict[str, pl.Series]) -> dict[str, pl.Series]:
    """In which group each customer was, the local day and the cost of each message.

    Without a column of groups everybody was written to, and a note says so. A word that is no group is set aside (E02),
    and a message without a time as E01: those held out were sent nothing and need none.
    """
    if work.has("group"):
        group, words = work.word("group", "group")
        known = ", ".join(known_values("group"))
        work.flag(words.is_not_null() & group.is_null(), "E02", "group", later("{column} is none of {known}."),
                  known=known)  # fmt: skip
    else:
        group = pl.repeat("treated", work.rows, dtype=pl.String, eager=True)
        work.notes.append(
            stored(later("No column says who was held out: every row counts as written to, so no lift can be proven."))
        )
    sent = columns["sent_at"]
    treated = (group == "treated").fill_null(value=False)
    work.flag(treated & sent.is_null(), "E01", "sent_at", later("{column} is empty: a message was sent at some time."))
    found = {"group": group, "channel": work.text("channel"), "local_on": work.local(sent)[0]}
    if not work.has("cost", "cost_minor"):
        return found
    money = Money(work, ("cost",))
    cost = money.amount("cost")
    if cost is None:
        return found
    work.flag(cost < 0, "E05", "cost", later("{column} is negative."))
    return {**found, "cost_minor": cost, "currency": money.currency.set(cost.is_null(), None)}
