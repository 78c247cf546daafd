"""What is shared between questions is shared rightly: same rows, same filters, same days."""

import gc
import weakref
from dataclasses import replace

import polars as pl

from answers.headlines import histories
from answers.memo import of_answer, of_rows, once, once_a_scope, once_for_all_days
from answers.periods import before
from answers.registry import Result
from schema.filters import Filters
from schema.scope import Scope
from tests.answers.tiny import COMPANY, NOTHING, asked, marts

CALLS = []


@once
def days_of(context):
    CALLS.append(context)
    return (context.from_on, context.to_on)


@once_for_all_days
def stores_of(context):
    CALLS.append(context)
    return context.filters.store


@of_rows
def height_of(rows, add=0):
    CALLS.append(rows)
    return rows.orders.height + add


@once_a_scope
def period_of(context):
    CALLS.append(context)
    return (context.from_on, context.to_on)


def calls(work):
    CALLS.clear()
    work()
    return len(CALLS)


def test_the_same_question_is_computed_once():
    here = asked("store=S1")
    assert calls(lambda: [days_of(here), days_of(here), days_of(replace(here, filters=here.filters))]) == 1


def test_other_days_are_another_question_and_all_days_are_not():
    here = asked("store=S1")
    assert calls(lambda: [days_of(here), days_of(before(here))]) == 2
    assert days_of(before(here)) != days_of(here)
    assert calls(lambda: [stores_of(here), stores_of(before(here))]) == 1


def test_other_filters_rows_or_currencies_are_other_questions_even_with_one_memo():
    here = asked("store=S1")
    others = [replace(here, filters=Filters()), replace(here, marts=NOTHING), replace(here, currency="USD")]
    assert calls(lambda: [stores_of(context) for context in (here, *others)]) == 4


def test_two_contexts_share_nothing():
    assert calls(lambda: [days_of(asked("store=S1")), days_of(asked("store=S1"))]) == 2


def test_what_depends_on_the_rows_alone_is_computed_once_a_snapshot():
    assert calls(lambda: [height_of(COMPANY), height_of(COMPANY), height_of(COMPANY, add=1)]) <= 2
    assert (height_of(COMPANY), height_of(COMPANY, add=1), height_of(NOTHING)) == (7, 8, 0)


def test_rows_that_nobody_looks_at_any_more_are_let_go():
    rows = marts()
    height_of(rows)
    CALLS.clear()
    gone = weakref.ref(rows)
    del rows
    gc.collect()
    assert gone() is None


def test_what_is_said_of_an_answer_is_computed_once_and_forgotten_with_its_table():
    asked = []

    @of_answer
    def said(answer):
        asked.append(answer.n)
        return [answer.n]

    one = Result(pl.DataFrame({"a": [1]}), n=1, n_label="orders")
    other = Result(pl.DataFrame({"a": [1]}), n=2, n_label="orders")
    assert (said(one), said(other), said(one)) == ([1], [2], [1])
    assert asked == [1, 2]
    held = next(cell.cell_contents for cell in said.__closure__ if isinstance(cell.cell_contents, dict))
    assert len(held) == 2
    del other
    gc.collect()
    assert list(held.values()) == [{("en", (), ()): [1]}]


def test_the_small_lines_hold_the_known_weeks_of_their_figure():
    table = pl.DataFrame({"week_on": [1, 1, 2, 2], "kpi": ["a", "b", "a", "b"], "value": [1.0, None, 2.0, 3.0]})
    assert histories(Result(table, n=4, n_label="weeks")) == {"a": [1.0, 2.0], "b": [3.0]}


def test_what_several_pages_ask_is_computed_once_for_a_scope_whoever_asks_again():
    rows = replace(COMPANY)
    here, later = (asked("store=S1", rows=rows) for _ in range(2))
    assert here.memo is not later.memo
    assert calls(lambda: [period_of(here), period_of(later)]) == 1
    others = [
        before(here), replace(here, filters=Filters()), replace(here, marts=NOTHING), replace(here, currency="USD"),
        replace(here, as_of=here.from_on),
    ]  # fmt: skip
    assert calls(lambda: [period_of(context) for context in (here, *others)]) == 5


def test_of_what_a_scope_keeps_the_oldest_is_forgotten_first():
    here = asked("", rows=replace(COMPANY))
    many = [before(here)]
    while len(many) < 40:
        many.append(before(many[-1]))
    assert calls(lambda: [period_of(context) for context in many]) == 40
    assert calls(lambda: period_of(many[-1])) == 0
    assert calls(lambda: period_of(many[0])) == 1


def test_nothing_that_is_kept_for_one_scope_serves_another_with_the_same_rows():
    """An owner and a presenter may be asked of the same rows, and base, agreements and places of each are other ones."""
    owner = asked()
    guest = replace(owner, scope=Scope("presenter", "guest"))
    for function in (period_of, days_of, stores_of):
        CALLS.clear()
        for context in (owner, guest, owner, guest):
            function(context)
        assert [context.scope.role for context in CALLS] == ["owner", "presenter"], function
