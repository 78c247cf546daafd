"""The What if section: a store opens, closes or moves, and what that would do to everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import polars as pl
import streamlit as st

from answers import catchment_headlines as headlines
from charts.numbers import count, money_compact, percent, signed_count
from charts.whatif import core_bars, delta_bars
from schema.errors import CatchlightError
from schema.language import later, say
from ui import links, maps
from ui.cards import card, draw, nothing_here, plain, trust_line
from ui.catchment import names_of, unknown_homes
from ui.catchment_site import Site, choices, click, place, site
from ui.layout import columns, pick
from ui.sharing_words import figures
from ui.tables import show_table

if TYPE_CHECKING:
    from answers.answer import Answer
    from ui.view import View

_NEW: Final = later("New store")
_MOST: Final = 10
_TINY_MINOR: Final = 100


def whatif_section(view: View) -> None:
    """Draw the section."""
    asked = site(view)
    left, right = columns(1, 2.1)
    with left, card(say("What would change"), say("Demand stays what it is; the stores share it anew"), key="site"):
        choices(view, asked)
        st.caption(say("Everything chosen here is in the page's address: a link shows the same."))
    answer = _answered(view, asked)
    with right:
        _map_card(view, asked, answer)
    if answer is None:
        trust_line(view.ask("catchment/customers"))
        return
    if answer.is_empty:
        nothing_here(say("No store with a place is open, so there is nothing to compare with."))
        return
    _result(view, asked, answer)
    trust_line(answer)


def _answered(view: View, asked: Site) -> Answer | None:
    """What the address says; None while something is missing, a refusal in its own words."""
    if not asked.is_complete:
        return None
    try:
        return view.ask("catchment/whatif", **asked.options)
    except CatchlightError as refusal:
        st.warning(plain(str(refusal)), icon=":material/wrong_location:")
        return None


def _map_card(view: View, asked: Site, answer: Answer | None) -> None:
    at = place(asked)
    options = _focuses(view, answer)
    where = links.option("where", options)
    found = maps.layer(view, "customers", where, maps.level("auto", where))
    title = {
        "open": say("Click where it would open"),
        "move": say("Click where it would move to"),
        "close": say("Around the store"),
    }[asked.kind]
    with card(title, say("Known customers by home cell"), found.answer, key="sitemap") as as_table:
        pick(say("Focus"), "where", options, {maps.EVERYWHERE: say("Everywhere")})
        if found.cells.is_empty():
            nothing_here(say("No home is known here. Type a place, or choose another focus."))
        elif not as_table:
            framed = None if at is None else _cell_at(at, maps.level("auto", where))
            picked = maps.show(view, found, key=f"site-{where}", selected=framed, note=unknown_homes(view), site=at)
            if asked.kind != "close" and picked is not None and picked != framed:
                click(picked)
                st.rerun()


def _focuses(view: View, answer: Answer | None) -> list[str]:
    """Where the map may look, first the city of the change."""
    options = maps.places(view)
    cities = answer.table.filter("is_changed")["city"].to_list() if answer is not None else []
    return sorted(options, key=lambda option: option not in cities)


def _cell_at(at: tuple[float, float], resolution: int) -> str:
    from metrics.cells import cell_of  # noqa: PLC0415  (h3 loads only for a chosen place)

    spot = pl.DataFrame([at], schema={"lat": pl.Float64, "lng": pl.Float64}, orient="row")
    return f"{cell_of(spot, 'lat', 'lng', resolution)[0]:x}"


def _result(view: View, asked: Site, answer: Answer) -> None:
    table = _named(view, answer.table)
    changed = table.filter("is_changed").row(0, named=True)
    _figures(asked, answer, table, changed)
    others = table.filter(~pl.col("is_changed"))
    left, right = columns(1.55, 1)
    with left:
        _stores_card(view, asked, answer, table, changed)
    with right:
        _core_card(view, asked, answer, others)
        _agents_card(view, asked)
    _table_card(view, answer, table)


def _figures(asked: Site, answer: Answer, table: pl.DataFrame, changed: dict[str, Any]) -> None:
    currency = answer.currency
    franchised = ~pl.col("is_changed") & pl.col("agent_id").is_not_null()
    lost = table.filter(franchised, pl.col("delta_minor") < 0)["delta_minor"].sum()
    new = changed["registrants_after"] - changed["registrants_before"]
    owed = table.filter(pl.col("agent_id").is_not_null())["payout_delta_minor"].drop_nulls()
    figures(
        [
            (
                say("Its sales a year") if asked.kind == "open" else say("Its sales, change"),
                money_compact(changed["delta_minor"], currency, sign="always"),
                say("Expected sales to located customers, by Huff's model."),
            ),
            (
                say("From franchisees"),
                money_compact(float(lost), currency),
                say("What other stores run by agents would lose in all, a year."),
            ),
            (
                say("New registrants"),
                signed_count(new),
                say("Registrations a year for whom it is the nearest: they would be bound to it."),
            ),
            (
                say("Payouts to agents"),
                "—" if owed.is_empty() else money_compact(float(owed.sum()), currency, sign="always"),
                say("Estimate: the change of all agents' shares a year, at last year's rate. Needs a ledger."),
            ),
            (
                say("Promises broken"),
                count(changed["promises"]),
                say("Territories of others, promised for opening, in which the site lies; — when none is loaded."),
            ),
        ],
        key="whatifsite",
    )
    for note in answer.notes[: changed["promises"] or 0]:  # the answer says broken promises first
        st.warning(plain(note), icon=":material/fence:")


def _stores_card(view: View, asked: Site, answer: Answer, table: pl.DataFrame, changed: dict[str, Any]) -> None:
    before, after = (
        money_compact(float(answer.table[name].sum()), answer.currency) for name in ("before_minor", "after_minor")
    )
    shown = _largest(table)
    with card(
        _title(asked, answer, table, changed), say("Change of expected sales a year, by store"), answer, key="deltas"
    ) as as_table:
        if as_table:
            return
        top = _hit(table, asked)
        draw(
            delta_bars(
                shown, view.theme, currency=answer.currency, highlight=top, alt=_title(asked, answer, table, changed)
            ),
            key="deltas",
        )
        st.caption(
            plain(
                say(
                    "All stores nearby together: {before} before, {after} after, since demand stays what it is.",
                    before=before,
                    after=after,
                )
            )
        )


def _title(asked: Site, answer: Answer, table: pl.DataFrame, changed: dict[str, Any]) -> str:
    sold = money_compact(abs(changed["delta_minor"]), answer.currency)
    hit = _hit(table, asked)
    if hit is None or not changed["delta_minor"]:
        return say("Nothing would change hands")
    row = table.filter(pl.col("key") == hit).row(0, named=True)
    part = percent(abs(row["delta_minor"] / changed["delta_minor"]), 0)
    if asked.kind == "open":
        return say("It would sell {sold} a year, {part} of it from {name}", sold=sold, part=part, name=row["name"])
    if asked.kind == "close":
        return say("{part} of its {sold} would go to {name}", part=part, sold=sold, name=row["name"])
    if changed["delta_minor"] < 0:
        return say("It would lose {sold} a year; {name} would gain most", sold=sold, name=row["name"])
    return say("It would gain {sold} a year; {name} would lose most", sold=sold, name=row["name"])


def _hit(table: pl.DataFrame, asked: Site) -> str | None:
    """The other store with the largest change in the opposite direction of the changed one's."""
    mine = table.filter("is_changed")["delta_minor"][0]
    sign = -1 if (mine > 0 or asked.kind == "open") else 1
    others = table.filter(~pl.col("is_changed"), pl.col("delta_minor") * sign > 0)
    if others.is_empty():
        return None
    return str(others.sort(pl.col("delta_minor").abs(), "key", descending=[True, False])["key"][0])


def _largest(table: pl.DataFrame) -> pl.DataFrame:
    """The changed store first, then the largest changes, gains on top; changes of less than one unit are left out."""
    first = table.filter("is_changed")
    rest = table.filter(~pl.col("is_changed"), pl.col("delta_minor").abs() >= _TINY_MINOR)
    rest = rest.sort(pl.col("delta_minor").abs(), "key", descending=[True, False]).head(_MOST)
    return pl.concat([first, rest.sort("delta_minor", "key")])


def _core_card(view: View, asked: Site, answer: Answer, others: pl.DataFrame) -> None:
    taken = others.filter(pl.col("encroachment") > 0).sort("encroachment", "key", descending=[True, False]).head(8)
    top = taken.row(0, named=True) if taken.height else None
    title = say("Nobody's core customers") if asked.kind == "close" else headlines.encroached(top, names_of(view))
    with card(
        title, say("Share of a store's core customers (primary tier) who would live nearer to it"), answer, key="core"
    ) as as_table:
        if as_table:
            return
        if asked.kind == "close":
            st.markdown(
                say("A store that closes takes nobody's customers; its own would go to the stores whose sales rise.")
            )
            return
        if top is None:
            st.markdown(say("It would become the nearest store for nobody's core customers."))
        else:
            draw(core_bars(taken, view.theme, highlight=top["key"], alt=title), key="core")
        near = others.drop_nulls("overlap_after").sort("overlap_after", "key", descending=[True, False]).head(1)
        if near.height:
            row = near.row(0, named=True)
            part, name = percent(row["overlap_after"], 0), plain(row["name"])
            if row["overlap_before"] is None:
                st.markdown(say("It would share **{part}** of its demand with {name}.", part=part, name=name))
            else:
                before = percent(row["overlap_before"], 0)
                st.markdown(
                    say(
                        "It would share **{part}** of its demand with {name}, now {before}.",
                        part=part,
                        name=name,
                        before=before,
                    )
                )
        st.caption(
            say(
                "Encroachment counts people near the site. It is neither the sales lost nor the money that would be paid."
            )
        )


def _agents_card(view: View, asked: Site) -> None:
    answer = view.ask("catchment/whatif", by="agent", **asked.options)
    names = names_of(view)
    named = answer.table.with_columns(
        pl.col("agent_id").fill_null("").alias("key"),
        pl.col("agent_id").replace(names).fill_null(say(headlines.OWN)).alias("name"),
    ).sort("delta_minor", "key", descending=[True, False])
    losers = named.filter(pl.col("delta_minor") < 0)
    title = say("By agent") if losers.is_empty() else say("{name} would lose most", name=losers["name"][-1])
    with card(title, say("Change of expected sales a year, by agent"), answer, key="byagent") as as_table:
        if not as_table:
            top = None if losers.is_empty() else str(losers["key"][-1])
            draw(delta_bars(named, view.theme, currency=answer.currency, highlight=top), key="byagent")
            paid = [
                f"\n- {plain(row['name'])} {plain(money_compact(row['payout_delta_minor'], answer.currency, sign='always'))}"
                for row in named.drop_nulls(["agent_id", "payout_delta_minor"]).iter_rows(named=True)
            ]
            none_paid = " — " + say("(no shares are booked)")
            st.markdown(say("Payouts a year, estimate:") + ("".join(paid) if paid else none_paid))


def _table_card(view: View, answer: Answer, table: pl.DataFrame) -> None:
    with card(
        say("Store by store"),
        say("A year, before and after; registrants are new customers by nearest store"),
        answer,
        key="sites",
    ) as t:
        if not t:
            shown = table.sort("is_changed", descending=True, maintain_order=True).select(
                pl.col("name").alias("store"), "before_minor", "after_minor", "delta_minor",
                "registrants_before", "registrants_after", "payout_delta_minor",
            )  # fmt: skip
            few = ["store", "delta_minor", "registrants_after"] if view.is_phone else None
            show_table(
                shown, key="sitestable", columns=few, currency=answer.currency, height=min(400, 42 + 36 * shown.height)
            )


def _named(view: View, table: pl.DataFrame) -> pl.DataFrame:
    """Each store's key and name; the one that is not there yet is called so."""
    names, runs = names_of(view), {True: say("Head office's own"), False: say("Franchise")}
    key = pl.col("store_id").fill_null("")
    known = pl.col("store_id").is_in(list(names))
    return table.with_columns(
        key.alias("key"),
        pl.when(known).then(key.replace(names)).otherwise(pl.lit(say(_NEW))).alias("name"),
        pl.col("agent_id").is_null().replace_strict(runs, return_dtype=pl.String).alias("kind"),
    )
