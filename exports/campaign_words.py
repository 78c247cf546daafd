"""What the campaign cards say, on screen and in a file: the finding as a sentence, and a line a campaign below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from answers.campaigns import NO_HOLDOUT, RUNNING
from charts.numbers import count, money_compact, percent, points
from schema.days import span
from schema.language import joined, plural, say

if TYPE_CHECKING:
    from answers.answer import Answer


def results_title(answer: Answer) -> str:
    """``wool-eve worked: +2.0 pp; scarf-week is not proven``; a plain noun without a campaign."""
    rows = list(answer.table.iter_rows(named=True))
    done = [row for row in rows if row["verdict"] not in {RUNNING, NO_HOLDOUT}]
    if not done:
        bare = [row["campaign"] for row in rows if row["verdict"] == NO_HOLDOUT]
        return (
            say("{campaign} held nobody out, so no lift can be proven", campaign=bare[0])
            if bare
            else say("Did it work?")
        )
    proven = [row for row in done if row["verdict"] == "proven"]
    harmful = [row for row in done if row["verdict"] == "harmful"]
    if harmful:
        return say("{campaign} did harm: {lift}", campaign=harmful[0]["campaign"], lift=points(harmful[0]["lift"]))
    if not proven:
        return plural("The campaign is not proven", "None of {n} campaigns is proven", len(done))
    best = max(proven, key=lambda row: row["lift"])
    if len(done) == 1:
        return say("{campaign} worked: {lift}", campaign=best["campaign"], lift=points(best["lift"]))
    return say("{campaign} worked: {lift}; {proven} of {done} campaigns are proven",
               campaign=best["campaign"], lift=points(best["lift"]), proven=len(proven), done=len(done))  # fmt: skip


def results_about() -> str:
    """The subtitle of the card."""
    return say("Written to less held out, share who bought, with its 95 % interval; zero is the line")


def campaign_line(row: dict[str, Any], currency: str) -> str:
    """What one campaign brought, in words."""
    days = span(row["sent_on"], row["last_on"])
    if row["verdict"] == NO_HOLDOUT:
        alone = say(
            "{campaign}, {days}: {converted} of {treated} written to bought ({rate}). Nobody was held out, so how many of them "
            "would have bought anyway is not known: lift cannot be proven.",
            campaign=row["campaign"], days=days, converted=row["converted"], treated=row["treated"],
            rate=percent(row["rate"]),
        )  # fmt: skip
        return _with_cost(alone, row, currency)
    shares = say(
        "{campaign}, {days}: {converted} of {treated} written to bought ({rate}), {others} of {holdout} held out ({without}).",
        campaign=row["campaign"], days=days, converted=row["converted"], treated=row["treated"],
        rate=percent(row["rate"]), others=row["holdout_converted"], holdout=row["holdout"],
        without=percent(row["holdout_rate"]),
    )  # fmt: skip
    if row["verdict"] == RUNNING:
        return f"{shares} {say('Not judged before its last day has passed.')}"
    more = shares if row["incremental_minor"] is None else f"{shares} {_more(row, currency)}"
    return _with_cost(more, row, currency)


def _with_cost(told: str, row: dict[str, Any], currency: str) -> str:
    if row.get("cost_minor") is None:
        return told
    return f"{told} {say('Its messages cost {cost}.', cost=money_compact(row['cost_minor'], currency))}"


def _more(row: dict[str, Any], currency: str) -> str:
    """Buyers and money that would not have come without it."""
    return say(
        "Difference {lift} ({low} to {high}): {buyers} more buyers ({fewest} to {most}) and {money} more net sales ({least} "
        "to {greatest}; {per_person} a head against {without}); {returned} of the goods came back, {other_returned} held out.",
        lift=points(row["lift"]), low=points(row["low"]), high=points(row["high"]), buyers=count(row["incremental"]),
        fewest=count(row["incremental_low"]), most=count(row["incremental_high"]),
        money=money_compact(row["incremental_minor"], currency),
        least=money_compact(row["incremental_low_minor"], currency),
        greatest=money_compact(row["incremental_high_minor"], currency),
        per_person=money_compact(row["net_per_person_minor"], currency),
        without=money_compact(row["holdout_net_per_person_minor"], currency),
        returned=percent(row["return_rate"]), other_returned=percent(row["holdout_return_rate"]),
    )  # fmt: skip


def overlaps_title(answer: Answer) -> str:
    """``1,952 customers were on the lists of two campaigns``."""
    if answer.is_empty:
        return say("No two campaigns shared a customer")
    first = answer.table.row(0, named=True)
    return say("{customers} customers were on the lists of {campaigns}",
               customers=first["customers"], campaigns=joined([first["campaign"], first["other"]]))  # fmt: skip


def planned_title(answer: Answer) -> str:
    """``10,000 customers would show a lift of 1.9 pp``."""
    asked = answer.table.filter("is_asked")
    if asked.is_empty():
        return say("What the next campaign could prove")
    row = asked.row(0, named=True)
    if row["detectable_lift"] is None:
        return plural("{n} customer is too few to prove anything", "{n} customers are too few to prove anything",
                      row["people"])  # fmt: skip
    return say("{people} customers would show a lift of {lift} or more", people=row["people"],
               lift=points(row["detectable_lift"]))  # fmt: skip


def planned_about(answer: Answer) -> str:
    """The subtitle: from which base rate."""
    rate = None if answer.is_empty else answer.table["base_rate"][0]
    return say("Smallest lift proven four times out of five, from {rate} who buy anyway", rate=percent(rate))
