"""Sync health, card by card: what was checked is said also where nothing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from answers import sync_headlines as headlines
from answers.known import owner_names
from charts.sync import latency_strip, match_rows
from schema.language import say
from schema.wording import CHANNEL_LABELS
from ui.cards import card, draw, nothing_here
from ui.layout import columns
from ui.sync_bills import bill_card
from ui.sync_conflicts import conflict_card, decision_card
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View


def match_cards(view: View, channels: Answer) -> None:
    """How many orders know their customer on both sides, and why the others do not."""
    left, right = columns(1.1, 1)
    with left, card(headlines.match(channels), say("Orders of the period whose customer is known online and in a shop"),
                    channels, key="channels") as t:  # fmt: skip
        if not t:
            draw(match_rows(channels.table, view.theme), key="channels")
    causes = view.ask("sync/causes")
    with right, card(headlines.causes(causes), say("Orders not matched, by likely cause"), causes, key="causes") as t:
        if causes.is_empty:
            nothing_here(say("Every order of the period is matched."))
        elif not t:
            shown = causes.table.with_columns(pl.col("cause").replace_strict(_said(headlines.CAUSE_WORDS)))
            show_table(
                shown, key="causes", columns=["cause", "orders", "customers"], phone=("cause", "orders"), rank="orders"
            )
    match = view.ask("sync/match")
    if not match.is_empty:
        with card(say("By store and channel"), say("Most orders first; rates of all orders, and of the identified"), match,
                  key="match") as t:  # fmt: skip
            if not t:
                show_table(
                    _in_words(match.table, owner_names(view.marts)),
                    key="match",
                    height=300,
                    phone=("store_id", "channel", "unified_share"),
                )


def person_cards(view: View) -> None:
    """Who is one person, and which identities are of two."""
    left, right = columns(1, 1.4)
    persons = view.ask("sync/persons")
    with left, card(headlines.persons(persons), say("Joined by unionid, verified telephone or card"), persons,
                    key="persons") as t:  # fmt: skip
        if persons.is_empty:
            nothing_here(
                say("No identities here, so customers are told apart by their ids alone."),
                remedy=say("Load identities.csv: id_type, id_hash, customer_id, verified."),
                link=("data", say("Load identities")),
            )
        elif not t:
            what = persons.table.unpivot(variable_name="what", value_name="count")
            show_table(what.with_columns(pl.col("what").replace_strict(_said(headlines.PERSON_WORDS))), key="persons")
    with left:
        _sign_in_card(view)
    with right:
        conflict_card(view)
    if view.scope.role == "owner" and view.scope.may_write:
        decision_card(view)


def _sign_in_card(view: View) -> None:
    """What devices did before their member signed in."""
    found = view.ask("sync/sign_ins")
    with card(headlines.sign_ins(found), say("By the next sign-in on the same device and day"), found,
              key="sign_ins") as t:  # fmt: skip
        if found.is_empty:
            nothing_here(say("No looks here, so nobody signed in after one."))
        elif not t:
            what = found.table.unpivot(variable_name="what", value_name="count")
            show_table(what.with_columns(pl.col("what").replace_strict(_said(headlines.SIGN_IN_WORDS))), key="sign_ins")


def source_cards(view: View) -> None:
    """What is missing or doubled; for head office also what was late, came again, and what the bill says."""
    left, right = columns(1, 1)
    gaps = view.ask("sync/gaps")
    with left, card(headlines.gaps(gaps), say("Silence that chance does not explain, {n} sources checked", n=gaps.n), gaps,
                    key="gaps") as t:  # fmt: skip
        if gaps.is_empty:
            nothing_here(
                say("{n} sources were checked, hour by hour: none fell silent.", n=gaps.n)
                if gaps.n
                else say("Nothing to check: no visits and no orders here.")
            )
        elif not t:
            show_table(gaps.table, key="gaps", height=260)
    doubles = view.ask("sync/doubles")
    with right, card(headlines.doubles(doubles), say("Equal orders under other ids, {n} checked", n=doubles.n), doubles,
                     key="doubles") as t:  # fmt: skip
        if doubles.is_empty:
            nothing_here(
                say("{n} orders were checked: no day of a store came under two sets of ids.", n=doubles.n)
                if doubles.n
                else say("Nothing to check: no orders in this period.")
            )
        elif not t:
            show_table(
                _in_words(doubles.table, owner_names(view.marts)),
                key="doubles",
                currency=view.asked.currency,
                height=260,
            )


def head_office_cards(view: View) -> None:
    """When things arrived, what came again, and the bill."""
    latency = view.ask("sync/latency")
    with card(headlines.latency(latency), say("Slowest twentieth of events by day and channel: amber is later than promised"),
              latency, key="latency") as t:  # fmt: skip
        if latency.is_empty:
            nothing_here(
                say("No event says when it arrived."), remedy=say("Load events with an arrival time (ingested_at).")
            )
        elif not t:
            draw(latency_strip(latency.table, view.theme), key="latency")
    left, right = columns(1.4, 1)
    with left:
        bill_card(view)
    if view.scope.role == "owner":
        loads = view.ask("sync/loads")
        with right, card(headlines.loads(loads), say("{n} loads checked", n=loads.n), loads, key="loads") as t:
            if loads.is_empty:
                nothing_here(say("{n} loads were checked: no row came twice, none waits for its order.", n=loads.n))
            elif not t:
                show_table(loads.table, key="loads", currency=view.asked.currency,
                           columns=["source", "rows_in", "duplicate", "waiting"], phone=("source", "duplicate"))  # fmt: skip


def _in_words(table: pl.DataFrame, stores: dict[str, str]) -> pl.DataFrame:
    """The same with channels and stores as people call them."""
    return table.with_columns(pl.col("channel").replace(_said(CHANNEL_LABELS)), pl.col("store_id").replace(stores))


def _said(words: dict[str, str]) -> dict[str, str]:
    return {name: say(word) for name, word in words.items()}
