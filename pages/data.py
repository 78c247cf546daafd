"""What was loaded, what was set aside and why, and how fresh is it? Agents and presenters learn how fresh, no more."""

from schema.language import say
from ui.cards import card, nothing_here, page_head, trust_line
from ui.contacts import contacts_card
from ui.data_freshness import freshness_card, named
from ui.forgetting import forget_card
from ui.layout import Choice, columns, pick
from ui.loading import loading
from ui.people import may_manage
from ui.reset import reset_card
from ui.tables import show_table
from ui.view import current_view, has_view
from ui.welcome import nothing_yet

SECTIONS = {
    "load": say("Load"),
    "report": say("Report"),
    "aside": say("Set aside"),
    "profile": say("Columns"),
    "contacts": say("Contacts"),
}
RUNS = ["source", "shape", "loaded_at", "rows_in", "accepted", "updated", "duplicate", "quarantined", "released"]

section = Choice(say("Section"), "section", SECTIONS)
is_owner = may_manage()
question = (
    say("What was loaded, what was set aside and why, and how fresh is it?") if is_owner else say("How fresh is it?")
)
page_head(say("Data"), question, filters=False)
if is_owner:
    section.draw()
if not is_owner and has_view():
    trust_line(freshness_card(current_view()))
elif not is_owner:
    nothing_yet()
elif section.value == "load" or not has_view():
    loading()
    reset_card()
else:
    view = current_view()
    if section.value == "report":
        report = view.ask("data/report")
        with card(
            say("Every row is accounted for"), say("Rows in = accepted + duplicate + set aside"), report, key="report"
        ):
            show_table(
                named(report.table, "shape"),
                key="runs",
                currency=view.asked.currency,
                columns=[c for c in RUNS if c in report.table.columns],
            )
        left, right = columns(1.4, 1)
        with left:
            codes = view.ask("data/codes")
            with card(say("Reasons and remarks"), say("E: set aside · W: kept with a remark"), codes, key="codes"):
                show_table(codes.table, key="codes")
        with right:
            freshness_card(view)
        trust_line(report)
    elif section.value == "aside":
        aside = view.ask("data/quarantine")
        with card(
            say("Rows set aside"), say("Nothing is dropped: mend the file and load it again"), aside, key="aside"
        ):
            if aside.is_empty:
                nothing_here(say("No row is set aside."))
            else:
                reasons = ["all", *aside.table["code"].unique().sort().to_list()]
                code = pick(say("Reason"), "code", reasons, {"all": say("all")})
                rows = aside.table if code == "all" else aside.table.filter(aside.table["code"] == code)
                show_table(rows.head(1000), key="aside", height=520)
        trust_line(aside)
    elif section.value == "contacts":
        contacts_card(view)
        forget_card(view)
    else:
        table = pick(
            say("Table"), "table", ["orders", "order_lines", "refunds", "events", "customers", "stores", "products"]
        )
        profile = view.ask("data/profile", table=table)
        with card(
            say("Columns of {table}", table=table), say("Rows, distinct values, empty ones"), profile, key="profile"
        ):
            show_table(profile.table, key="profile")
        trust_line(profile)
