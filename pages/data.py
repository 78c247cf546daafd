"""What was loaded, what was set aside and why, and how fresh is it? Agents and presenters learn how fresh, no more."""

from ui.cards import card, nothing_here, page_head, trust_line
from ui.contacts import contacts_card
from ui.data_freshness import freshness_card
from ui.forgetting import forget_card
from ui.layout import Choice, columns, pick
from ui.loading import loading
from ui.people import may_manage
from ui.reset import reset_card
from ui.tables import show_table
from ui.view import current_view, has_view
from ui.welcome import nothing_yet

SECTIONS = {"load": "Load", "report": "Report", "aside": "Set aside", "profile": "Columns", "contacts": "Contacts"}
RUNS = ["source", "shape", "loaded_at", "rows_in", "accepted", "updated", "duplicate", "quarantined", "released"]

section = Choice("Section", "section", SECTIONS)
is_owner = may_manage()
question = "What was loaded, what was set aside and why, and how fresh is it?" if is_owner else "How fresh is it?"
page_head("Data", question, filters=False)
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
        with card("Every row is accounted for", "Rows in = accepted + duplicate + set aside", report, key="report"):
            show_table(
                report.table,
                key="runs",
                currency=view.asked.currency,
                columns=[c for c in RUNS if c in report.table.columns],
            )
        left, right = columns(1.4, 1)
        with left:
            codes = view.ask("data/codes")
            with card("Reasons and remarks", "E: set aside · W: kept with a remark", codes, key="codes"):
                show_table(codes.table, key="codes")
        with right:
            freshness_card(view)
        trust_line(report)
    elif section.value == "aside":
        aside = view.ask("data/quarantine")
        with card("Rows set aside", "Nothing is dropped: mend the file and load it again", aside, key="aside"):
            if aside.is_empty:
                nothing_here("No row is set aside.")
            else:
                code = pick("Reason", "code", ["all", *aside.table["code"].unique().sort().to_list()])
                rows = aside.table if code == "all" else aside.table.filter(aside.table["code"] == code)
                show_table(rows.head(1000), key="aside", height=520)
        trust_line(aside)
    elif section.value == "contacts":
        contacts_card(view)
        forget_card(view)
    else:
        table = pick(
            "Table", "table", ["orders", "order_lines", "refunds", "events", "customers", "stores", "products"]
        )
        profile = view.ask("data/profile", table=table)
        with card(f"Columns of {table}", "Rows, distinct values, empty ones", profile, key="profile"):
            show_table(profile.table, key="profile")
        trust_line(profile)
