"""The New stores section: what an opening took from its neighbour, against stores that nothing happened to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import streamlit as st

from answers import catchment_headlines as headlines
from charts.cannibalisation import Rate, before_after, rate_intervals
from charts.numbers import count, money_compact, number, percent
from schema.days import day_year
from schema.language import say
from ui import links
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.catchment import names_of
from ui.layout import columns, pick
from ui.sharing_words import figures
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_PARAMETER: Final = "opening"


def openings_section(view: View) -> None:
    """Draw the section."""
    answer = view.ask("catchment/cannibalisation")
    if answer.is_empty:
        nothing_here(
            say(
                "No store opened in the data with a neighbour within 5 km and a year of orders before. Stores need the day they "
                "opened and a place."
            )
        )
        trust_line(answer)
        return
    names = names_of(view)
    cases = {f"{row['new_store']}|{row['store_id']}": row for row in answer.table.iter_rows(named=True)}
    words = {key: f"{names.get(row['new_store'], row['new_store'])} ← {names.get(row['store_id'], row['store_id'])}, "
             f"{day_year(row['opened_on'])}" for key, row in cases.items()}  # fmt: skip
    pick(say("Opening and neighbour"), _PARAMETER, list(cases), words, width=460)
    row = cases[links.option(_PARAMETER, list(cases))]
    one = {"new_store": row["new_store"], "store": row["store_id"]}
    impact, controls = view.ask("catchment/cannibalisation", **one), view.ask("catchment/controls", **one)
    left, right = columns(1.55, 1)
    with left:
        _impact_card(view, row, impact, controls, names)
    with right:
        _sureness_card(view, row, impact, names)
    exposure = _three_cards(view, one, names)
    left, right = columns(1.55, 1)
    with left:
        _controls_card(view, controls, names)
    with right:
        _switchers_card(view, one, names)
    trust_line(impact, controls, exposure)


def _impact_card(view: View, row: dict[str, Any], impact: Answer, controls: Answer, names: dict[str, str]) -> None:
    old = names.get(row["store_id"], row["store_id"])
    said = say(
        "{store} opened {day}, {km} km from {neighbour} · {days} days since, against the same days a year before · "
        "grey: {controls} controls",
        store=row["new_store"],
        day=day_year(row["opened_on"]),
        km=number(row["distance_m"] / 1000),
        neighbour=row["store_id"],
        days=row["post_days"],
        controls=row["controls"],
    )
    with card(headlines.opening(row, names), said, impact, key="impact") as as_table:
        if row["rate"] is None or not row["pre_minor"]:
            nothing_here(say("There are too few orders before the opening, or no store that can serve as a control."))
        elif not as_table:
            figure = before_after(
                row,
                controls.table,
                view.theme,
                neighbour=old,
                currency=impact.currency,
                names=names,
                phone=view.is_phone,
                alt=headlines.opening(row, names),
            )
            draw(figure, key="impact")


def _sureness_card(view: View, row: dict[str, Any], impact: Answer, names: dict[str, str]) -> None:
    currency = impact.currency
    new, old = (names.get(row[side], row[side]) for side in ("new_store", "store_id"))
    with card(
        say("How sure is that?"),
        say("Share of the new store's sales that the neighbour lost · line: 90 % interval"),
        key="sure",
    ):
        rates = [
            Rate(say("By money"), row["rate"], row["low"], row["high"]),
            Rate(say("By orders"), row["rate_orders"], row["low_orders"], row["high_orders"]),
        ]
        if row["rate"] is not None:
            draw(rate_intervals(rates, view.theme, phone=view.is_phone), key="sure")
        st.markdown(plain(headlines.opening_doubt(row)))
        sold, lost, added = (
            money_compact(row[name], currency) for name in ("new_minor", "loss_minor", "incremental_minor")
        )
        st.markdown(
            say(
                "{new} sold **{sold}**. {old} sold **{lost}** less than expected; **{added}** came on top for the two "
                "together.",
                new=plain(new),
                sold=plain(sold),
                old=plain(old),
                lost=plain(lost),
                added=plain(added),
            )
        )


def _three_cards(view: View, one: dict[str, str], names: dict[str, str]) -> Answer:
    answer = view.ask("catchment/exposure", **one)
    old = names.get(one["store"], one["store"])
    with card(
        say("Three different things, never added"), say("Near it, moved to it, lost to it"), answer, key="three"
    ) as as_table:
        if answer.is_empty:
            nothing_here(say("Needs located customers of the neighbour."))
        elif not as_table:
            row = answer.table.row(0, named=True)
            figures(
                [
                    (
                        say("Exposure"),
                        percent(row["exposure"]),
                        say("Of {old}'s located customers live nearer to the new store.", old=plain(old)),
                    ),
                    (
                        say("Transfer"),
                        percent(row["transfer"]),
                        say("Of the new store's sales is money that known customers moved there."),
                    ),
                    (
                        say("Impact"),
                        percent(row["impact"]),
                        say("Of the new store's sales is what the neighbour lost against the controls."),
                    ),
                ],
                key="three",
            )
            st.markdown(
                say(
                    "**Exposure**: {exposed} of {customers} located customers of {old} live nearer to the new store. "
                    "**Transfer**: known customers moved {transfer}. **Impact**: the neighbour sold {loss} less than the "
                    "controls let expect.",
                    exposed=count(row["exposed"]),
                    customers=count(row["customers"]),
                    old=plain(old),
                    transfer=plain(money_compact(row["transfer_minor"], answer.currency)),
                    loss=plain(money_compact(row["loss_minor"], answer.currency)),
                )
            )
    return answer


def _controls_card(view: View, controls: Answer, names: dict[str, str]) -> None:
    many = controls.table.height
    with card(
        say("{many} stores serve as controls", many=many),
        say("Same type, over 10 km away, open all the time · net sales"),
        controls,
        key="controls",
    ) as as_table:
        if controls.is_empty:
            nothing_here(say("No store is of the same type, far enough and open all the time."))
        elif not as_table:
            table = controls.table.with_columns(controls.table["store_id"].replace(names).alias("store")).rename(
                {"pre_minor": "before_minor", "post_minor": "after_minor"}
            )
            few = ["store", "change"] if view.is_phone else ["store", "before_minor", "after_minor", "change"]
            show_table(table, key="controlstable", currency=controls.currency, height=330,
                       columns=few)  # fmt: skip


def _switchers_card(view: View, one: dict[str, str], names: dict[str, str]) -> None:
    answer = view.ask("catchment/switchers", **one)
    row = answer.table.row(0, named=True) if not answer.is_empty else None
    title = (
        say("Who went over")
        if row is None
        else say("{switchers} known customers went over", switchers=count(row["switchers"]))
    )
    with card(
        title,
        say("Bought at the neighbour before and at the new store since, and less at the neighbour"),
        answer,
        key="over",
    ) as t:
        if row is None:
            nothing_here(say("Needs orders of known customers."))
        elif not t:
            old = names.get(one["store"], one["store"])
            currency = answer.currency
            st.markdown(
                say(
                    "- {customers} known customers bought at {old} before\n"
                    "- {shared} of them bought at the new store since\n"
                    "- {switchers} of those spend less at {old} than before: {before} then, {after} since\n"
                    "- {transfer} of it moved to the new store",
                    customers=count(row["customers"]),
                    old=plain(old),
                    shared=count(row["shared"]),
                    switchers=count(row["switchers"]),
                    before=plain(money_compact(row["before_minor"], currency)),
                    after=plain(money_compact(row["after_minor"], currency)),
                    transfer=plain(money_compact(row["transfer_minor"], currency)),
                )
            )
