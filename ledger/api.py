"""What other rooms ask of the ledger."""

from __future__ import annotations

from ledger.accrue import AccrualReport, accrue, ledger_now
from ledger.bind import BindReport, bind
from ledger.disputes import comment, decide, disputes, open_dispute, thread
from ledger.lines import month_bounds, next_month, order_lines_in_context, order_months, refund_lines
from ledger.payouts import clawback_path, eligible_day, payout_day, rail_check
from ledger.publish import publish
from ledger.reports import RunReport, run
from ledger.rules import (
    book_version,
    first_open_day,
    newest,
    policies,
    policy_sentence,
    proposed_rules,
    rules,
    save_policy,
    save_rules,
    sentence,
)
from ledger.rules_seen import rules_for
from ledger.settle import SettleReport, settle
from ledger.statements import DIGEST_FIELDS, digest_of, digest_rows, statement_id, statement_lines
from ledger.store import entries, owner_at, sequence, settled_months, statements
from ledger.verify import VerifyReport, verify

__all__ = [
    "DIGEST_FIELDS",
    "AccrualReport",
    "BindReport",
    "RunReport",
    "SettleReport",
    "VerifyReport",
    "accrue",
    "bind",
    "book_version",
    "clawback_path",
    "comment",
    "decide",
    "digest_of",
    "digest_rows",
    "disputes",
    "eligible_day",
    "entries",
    "first_open_day",
    "ledger_now",
    "month_bounds",
    "newest",
    "next_month",
    "open_dispute",
    "order_lines_in_context",
    "order_months",
    "owner_at",
    "payout_day",
    "policies",
    "policy_sentence",
    "proposed_rules",
    "publish",
    "rail_check",
    "refund_lines",
    "rules",
    "rules_for",
    "run",
    "save_policy",
    "save_rules",
    "sentence",
    "sequence",
    "settle",
    "settled_months",
    "statement_id",
    "statement_lines",
    "statements",
    "thread",
    "verify",
]
