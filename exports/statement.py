"""One account's month as a document to hand over: the sums, what may be paid, each order, and how to check it all."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import polars as pl

from answers import headlines
from charts.numbers import money
from charts.sharing_money import statement_steps, statement_waterfall
from exports import natives
from exports.document import Card, Document, KeyFigure
from ledger.api import DIGEST_FIELDS
from schema.days import month as month_of
from schema.errors import RefusedError, UsageError
from schema.language import plural, say

if TYPE_CHECKING:
    from answers.answer import Answer
    from exports.desk import Desk

KINDS: Final = ("agent", "store", "guide", "fund")
OPTIONS: Final = ("by", "receiver", "month")
"""What names a statement; without them the largest account of the newest settled month."""
_LINES: Final = (
    "order_on", "order_id", "kind", "channel", "selling_store_id", "rule_id", "base_minor", "pool_minor", "amount_minor",
    "eligible_on",
)  # fmt: skip
"""Of each line: no customer, no guide, no reason that tells of a person."""


def statement_document(desk: Desk) -> Document:
    """One receiver's month, from opening to closing.

    Args:
        desk: who asks; its options may name ``by``, ``receiver`` and ``month``.

    Raises:
        UsageError: no such statement here.
        RefusedError: presenters see no accounts.
    """
    if desk.asked.scope.role == "presenter":
        msg = say("Statements are between head office and those who are paid; they are not presented.")
        raise RefusedError(msg)
    by = desk.choice("by", KINDS)
    answer = desk.ask("sharing/statement", by=by, **_receiver(desk))
    row = _row(desk, answer)
    lines = desk.ask("sharing/lines", by=by, receiver=row["receiver_id"], month=row["month"])
    own = replace(answer, table=answer.table.filter(pl.col("statement_id") == row["statement_id"])
                  if row["statement_id"] else answer.table.filter(pl.col("month") == row["month"], pl.col("receiver_id") == row["receiver_id"]))  # fmt: skip
    first = dt.date.fromisoformat(f"{row['month']}-01")
    last = (first + dt.timedelta(days=31)).replace(day=1) - dt.timedelta(days=1)
    own, lines = (replace(one, from_on=first, to_on=last) for one in (own, lines))
    currency, month = row["currency"], month_of(first)
    closing = money(row["closing_minor"], currency)
    stands = (
        say("{name} stands at {closing}", name=row["name"], closing=closing)
        if row["is_open"]
        else say("{name} closes with {closing}", name=row["name"], closing=closing)
    )
    state = say("open: it changes until it is settled") if row["is_open"] else say("settled: it never changes again")
    orders = replace(lines, table=_orders(lines.table))
    cards = (
        _sums(desk, own, row, stands, say("Statement in {currency} · {state}", currency=currency, state=state)),
        Card("orders", plural("{n} line, order by order", "{n} lines, order by order", orders.table.height), say("No line names a customer"), orders,
             shown=orders.table, is_whole=True, empty="" if orders.table.height else say("Nothing was booked in this month.")),
        _check(desk, own, row),
    )  # fmt: skip
    snapshot = desk.asked.snapshot
    return Document(
        address="statement",
        title=say("Statement of {name}, {month}", name=row["name"], month=month),
        question=say("Who sold what, what came of it, and what is paid for {month}?", month=month),
        cards=cards,
        whose=say("Hazel & Wool demo") if snapshot.mode == "demo" else say("Own data"),
        from_on=first,
        to_on=last,
        snapshot=snapshot.number,
        currency=currency,
        figures=_figures(row, currency),
        notes=tuple(dict.fromkeys((*answer.notes, *lines.notes))),
        theme=desk.theme.name,
    )


def _receiver(desk: Desk) -> dict[str, str]:
    return {"receiver": desk.options["receiver"]} if desk.options.get("receiver") else {}


def _row(desk: Desk, answer: Answer) -> dict[str, Any]:
    """The month that is wanted, else the newest settled one; the receiver wanted, else who has most accrued."""
    table = answer.table
    wanted = desk.options.get("month")
    if wanted:
        table = table.filter(pl.col("month") == wanted)
    elif table.height and not table["is_open"].all():
        table = table.filter(~pl.col("is_open"))
    if table.is_empty():
        msg = _none(wanted or "", desk.options.get("receiver") or "")
        raise UsageError(msg)
    newest = table.filter(pl.col("month") == table["month"].max())
    return newest.sort("accrued_minor", "receiver_id", descending=[True, False]).row(0, named=True)


def _none(month: str, receiver: str) -> str:
    if month and receiver:
        return say("No statement {month} of {receiver} here.", month=month[:40], receiver=receiver[:40])
    if month or receiver:
        return say("No statement {which} here.", which=(month or receiver)[:80])
    return say("No statement here.")


def _figures(row: dict[str, Any], currency: str) -> tuple[KeyFigure, ...]:
    return (
        KeyFigure(say("Opening"), money(row["opening_minor"], currency)),
        KeyFigure(say("Accrued"), money(row["accrued_minor"], currency)),
        KeyFigure(say("Clawed back"), money(row["clawback_minor"], currency)),
        KeyFigure(say("Paid out"), money(row["paid_minor"], currency)),
        KeyFigure(say("Closing"), money(row["closing_minor"], currency)),
        KeyFigure(say("May be paid"), money(row["payable_minor"], currency)),
    )


def _sums(desk: Desk, answer: Answer, row: dict[str, Any], title: str, said: str) -> Card:
    """From opening to closing, as bars that stand on each other."""
    theme, currency = desk.theme, row["currency"]
    steps = statement_steps(row)
    figure = statement_waterfall(steps, theme, currency=currency)
    paid, held = money(row["payable_minor"], currency), money(row["held_minor"], currency)
    told = (
        say(
            "May be paid on the 10th: {paid} · held back: {held} · lines: {entries}",
            paid=paid,
            held=held,
            entries=row["entries"],
        ),
    )
    return Card("statement", title, said, answer, figure, native=natives.statement(row, currency, theme), said=told)


def _orders(lines: pl.DataFrame) -> pl.DataFrame:
    named = headlines.with_channel_names(lines.sort("order_on", "seq", nulls_last=True))
    return named.select(_LINES).rename({"order_on": "sold_on", "amount_minor": "share_minor"})


def _check(desk: Desk, answer: Answer, row: dict[str, Any]) -> Card:
    """The digest and the chain's head, and what to do with them."""
    kept = desk.asked.marts.statements.filter(pl.col("statement_id") == (row["statement_id"] or ""))
    head = str(kept["chain_head"][0]) if kept.height else "—"
    fields = ", ".join(DIGEST_FIELDS)
    how = say(
        "Take the lines in order (the CSV at sharing/lines) and of each the fields {fields} that are not empty, as JSON with sorted keys and without blanks, a line feed after each; SHA-256 of all.",
        fields=fields,
    )
    chain = say(
        "python -m ledger verify recomputes every line of the ledger; the head above must be one of them. Keep this file: a "
        "chain that was cut would no longer hold it."
    )
    facts = [
        (say("Statement"), row["statement_id"] or say("the month is open")),
        (say("Digest of its lines (SHA-256)"), row["digest"] or say("made when the month is settled")),
        (say("Head of the ledger's chain"), head),
        (say("Sum"), say("opening + accrued + clawed back + paid + adjusted = closing")),
        (say("Digest"), how),
        (say("Chain"), chain),
    ]
    table = pl.DataFrame(facts, schema={"what": pl.String, "value": pl.String}, orient="row")
    said = say("One changed cent gives another digest")
    return Card(
        "check",
        say("How to check this"),
        said,
        replace(answer, table=table, n=len(facts), n_label=say("facts")),
        shown=table,
    )
