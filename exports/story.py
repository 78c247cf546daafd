"""A story from views to slides: its results computed together on one snapshot, and shown without it.

``told`` is what everybody reads a story with: the Story page, its speaker's page, and every export.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final, TypeAlias
from urllib.parse import urlencode

import polars as pl

from answers import all_addresses
from answers.answer import Answer
from answers.groups import sample
from answers.registry import ADDRESSES
from answers.stills import answer_of, body_of, can_be_shown, filters_in, full_query, still, still_context
from exports.story_found import Found, parsed
from exports.story_kinds import kind_of
from records import stories
from schema.days import span
from schema.errors import CatchlightError, StorageError, UsageError
from schema.language import LANGUAGES, language, say, speaking
from schema.phrases import percent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from charts.theme import Theme
    from exports.document import Native
    from exports.story_found import Picture
    from records.stories import Shown, Step, Story
    from schema.marts import Marts
    from schema.scope import Scope
    from schema.settings import DataMode
    from warehouse.api import Snapshot

    MartsFor: TypeAlias = Callable[[Scope], Marts]

_PLACES: Final = ("store_id", "name", "agent_id", "agent_name", "city", "lat", "lng", "closed_on", "is_datum_suspect")
_FACT: Final = re.compile(r"\{(\w+)\}")
_WORDED: Final = frozenset({"sentence"})
"""Columns of sentences: a result that has one is kept in every language."""
_DIGIT: Final = re.compile(r"\d")


@dataclass(frozen=True)
class Slide:
    """One picture of a step with all that stands around it; drawn from kept results alone.

    Attributes:
        step: the step it belongs to.
        number: 1, 2, 3 …; a step's second picture has the same number.
        is_reveal: whether it is the second picture.
        page: the page's name, such as ``Dwell``.
        caption: the sentence, its subject between stars.
        about: measure, unit, period.
        source: whose data, which days, how many, which snapshot.
        notes: for the speaker.
        facts: words that the step's caption and notes may name in braces, with what stands for them now.
        found: the results; ``found.main.table`` is the table behind the picture.
        problem: why there is no picture; empty when there is one.
    """

    step: Step
    number: int
    is_reveal: bool
    page: str
    caption: str
    about: str
    source: str
    notes: str
    found: Found | None
    facts: Mapping[str, str]
    problem: str = ""

    @property
    def plain_caption(self) -> str:
        """The sentence without its stars."""
        return self.caption.replace("*", "")

    def picture(self, theme: Theme) -> Picture | None:
        """The picture in a theme; None where there is none.

        Raises:
            ContractError: the kept results do not fit the picture any more.
        """
        if self.found is None:
            return None
        return kind_of(self._shown.kind).draw(self.found, theme)

    def native(self, theme: Theme) -> Native | None:
        """The picture as a chart that can be edited on a slide; None where there is none of that kind."""
        if self.found is None or self.problem:
            return None
        return kind_of(self._shown.kind).native(self.found, theme)

    @property
    def _shown(self) -> Shown:
        return self.step.reveal if self.is_reveal and self.step.reveal is not None else self.step.shown


def told(mode: DataMode, scope: Scope, story: Story) -> tuple[Slide, ...]:
    """A story's pictures in order; a step with a second one gives two. Nothing is computed anew.

    Args:
        mode: which data.
        scope: who reads; agents are refused.
        story: of ``records.stories``.

    Raises:
        RefusedError: an agent asks.
        StorageError: the database cannot be read.
    """
    kept = stories.results(mode, scope, story.digests)
    slides = []
    for number, step in enumerate(story.steps, 1):
        answered = [_answered(shown, kept) for shown in step.pictures]
        facts = {name: word for one in reversed(answered) for name, word in one.facts.items()}
        slides += [_slide(mode, story, step, number, one, facts) for one in answered]
    return tuple(slides)


def title_of(mode: DataMode, story: Story) -> str:
    """What a story is called: the demo's own is called so in every language, others as they were named."""
    return worded(mode, story.title)


def worded(mode: DataMode, words: str) -> str:
    """A story's own words as they are read: those of the demo's in the language of the moment."""
    return say(words) if mode == "demo" else words


def with_step(
    story: Story, step: Step, *, snapshot: Snapshot, marts_for: MartsFor, at: int | None = None
) -> tuple[Story, dict[str, str]]:
    """The story with one more step, computed on the story's own snapshot or, where it has none, on this one.

    Args:
        story: as it is.
        step: without results.
        snapshot: whose rows ``marts_for`` hands out. Where it is not the story's, all steps are computed anew.
        marts_for: its rows for a scope.
        at: before which step, counted from 0; None is the end.

    Returns:
        The story to keep, and the bodies of its results by digest.

    Raises:
        UsageError: what is asked for is nothing to be shown to a room, or is not understood.
    """
    place = len(story.steps) if at is None else at
    grown = replace(story, steps=(*story.steps[:place], step, *story.steps[place:]))
    if story.steps and not is_of(story, snapshot):
        return refreshed(grown, snapshot=snapshot, marts_for=marts_for)
    made, bodies = computed(step, snapshot=snapshot, marts_for=marts_for)
    for shown in made.pictures:
        main = answer_of(bodies[shown.results["main"]])
        if main.is_empty:
            why = say(main.notes[-1]) if main.notes else say("No group of ten and more is there.")
            msg = say("There is nothing to show a room here. {why}", why=why)
            raise UsageError(msg)
    steps = (*story.steps[:place], made, *story.steps[place:])
    return _pinned(replace(story, steps=steps), snapshot), bodies


def refreshed(story: Story, *, snapshot: Snapshot, marts_for: MartsFor) -> tuple[Story, dict[str, str]]:
    """All steps computed anew on one snapshot, together; a step that cannot be is left without its results.

    Steps whose days end where the story's data ended move on with the data, so that "the last 28 days" stay the last 28.
    """
    bodies: dict[str, str] = {}
    steps = []
    for step in story.steps:
        moved = _moved(step, story, snapshot)
        try:
            made, new = computed(moved, snapshot=snapshot, marts_for=marts_for)
        except CatchlightError:
            made, new = _emptied(step), {}
        steps.append(made)
        bodies |= new
    return _pinned(replace(story, steps=tuple(steps)), snapshot), bodies


def computed(step: Step, *, snapshot: Snapshot, marts_for: MartsFor) -> tuple[Step, dict[str, str]]:
    """One step with its results.

    Raises:
        UsageError: as for ``with_step``.
    """
    first, bodies = _computed(step.shown, step.eyes, snapshot, marts_for)
    if step.reveal is None:
        return replace(step, shown=first), bodies
    second, more = _computed(step.reveal, step.eyes, snapshot, marts_for)
    return replace(step, shown=first, reveal=second), bodies | more


def is_of(story: Story, snapshot: Snapshot | None) -> bool:
    """Whether the story was computed on this snapshot."""
    return snapshot is not None and (story.snapshot, story.stamp) == (
        snapshot.number,
        snapshot.published_at.isoformat(),
    )


def typed_numbers(story: Story) -> list[int]:
    """Numbers of the steps whose own words hold a digit outside braces: data that move on leave it behind."""
    words = {number: f"{step.caption} {step.reveal_caption}" for number, step in enumerate(story.steps, 1)}
    return [number for number, said in words.items() if _DIGIT.search(_FACT.sub("", said))]


def _computed(shown: Shown, eyes: str, snapshot: Snapshot, marts_for: MartsFor) -> tuple[Shown, dict[str, str]]:
    all_addresses()
    kind = kind_of(shown.kind)
    if kind.address and kind.address != shown.address:
        msg = say(
            "A picture of {address} is not drawn as {kind}.",
            address=repr(shown.address[:60]),
            kind=repr(shown.kind[:60]),
        )
        raise UsageError(msg)
    if not can_be_shown(shown.address):
        msg = say("{address} tells of single customers; it is not shown to a room.", address=shown.address[:60])
        raise UsageError(msg)
    asked = still_context(shown.query, shown.page, eyes, snapshot, marts_for)
    wanted = {"main": (shown.address, _listed(shown.options))}
    wanted |= {name: needed(shown.options) for name, needed in kind.needs.items()}
    with speaking("en"):
        answers = {name: still(address, asked, **options) for name, (address, options) in wanted.items()}
    for code in LANGUAGES if _WORDED & set(answers["main"].table.columns) else ():
        if code != "en":
            told_in = replace(asked, filters=replace(asked.filters, lang=code))
            with speaking(code):
                answers[f"main.{code}"] = still(*wanted["main"][:1], told_in, **wanted["main"][1])
    if kind.has_places or eyes:
        answers["places"] = _places(answers["main"], asked.marts.places)
    told_as = {name: body_of(answer) for name, answer in answers.items()}
    digests = {name: stories.digest_of(body) for name, body in told_as.items()}
    full = replace(shown, query=full_query(asked, shown.query), results=digests)
    return full, {digests[name]: body for name, body in told_as.items()}


def _listed(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as an address takes them: several values came back from JSON as a list."""
    return {name: tuple(value) if isinstance(value, list) else value for name, value in options.items()}


def _places(main: Answer, places: pl.DataFrame) -> Answer:
    """The stores as a result of their own: names and positions, which are nobody's personal data."""
    table = places.select(name for name in _PLACES if name in places.columns)
    table = table.with_columns(pl.lit(None).alias(name) for name in _PLACES if name not in table.columns)
    text = [name for name, kind in table.schema.items() if isinstance(kind, pl.Categorical | pl.Enum)]
    return Answer(
        "places", table.with_columns(pl.col(text).cast(pl.String)), "Stores.", table.height, "stores",
        main.from_on, main.to_on, main.snapshot,
    )  # fmt: skip


def _pinned(story: Story, snapshot: Snapshot) -> Story:
    stamp = snapshot.published_at.isoformat()
    return replace(story, snapshot=snapshot.number, stamp=stamp, as_of=snapshot.as_of.isoformat())


def _emptied(step: Step) -> Step:
    second = None if step.reveal is None else replace(step.reveal, results={})
    return replace(step, shown=replace(step.shown, results={}), reveal=second)


def _moved(step: Step, story: Story, snapshot: Snapshot) -> Step:
    pictures = [_newer(shown, story, snapshot) for shown in step.pictures]
    return replace(step, shown=pictures[0], reveal=pictures[1] if len(pictures) > 1 else None)


def _newer(shown: Shown, story: Story, snapshot: Snapshot) -> Shown:
    """The same length of days to the newest one, where the days were the newest when the step was made."""
    given = parsed(shown.query)
    if given.get("as_of") != [story.as_of] or not story.as_of:
        return shown
    later = snapshot.as_of - dt.date.fromisoformat(story.as_of)
    for name in ("from", "to", "as_of"):
        if name in given:
            given[name] = [(dt.date.fromisoformat(given[name][0]) + later).isoformat()]
    return replace(shown, query=urlencode([(name, value) for name, values in given.items() for value in values]))


@dataclass(frozen=True)
class _Answered:
    """One picture's results, read back, with what they say."""

    shown: Shown
    found: Found | None = None
    problem: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    says: str = ""
    about: str = ""


def _answered(shown: Shown, kept: Mapping[str, str]) -> _Answered:
    kind = kind_of(shown.kind)
    try:
        found, problem = _found(shown, kept)
        if found is None:
            return _Answered(shown, problem=problem)
        return _Answered(shown, found, "", kind.facts(found), kind.says(found), kind.about(found))
    except StorageError as error:
        return _Answered(shown, problem=str(error))
    except (CatchlightError, pl.exceptions.PolarsError, KeyError, TypeError):  # kept before a column was renamed
        return _Answered(shown, problem=say("The kept result does not fit this picture any more. Refresh the story."))


def _slide(mode: DataMode, story: Story, step: Step, number: int, one: _Answered, facts: Mapping[str, str]) -> Slide:
    is_reveal = one.shown is not step.shown
    words = worded(mode, step.reveal_caption if is_reveal else step.caption)
    return Slide(
        step=step,
        number=number,
        is_reveal=is_reveal,
        page=say(one.shown.page.capitalize()),
        caption=filled(words, {**facts, **one.facts}) or one.says or _named(one.shown),
        about=_about(one, step),
        source=_source(mode, story, one.found),
        notes=filled(worded(mode, step.notes), facts),
        facts=facts,
        found=one.found,
        problem=one.problem,
    )


def _named(shown: Shown) -> str:
    """What a step without a finding is called."""
    entry = ADDRESSES.get(shown.address)
    return say(entry.meaning).rstrip(".。") if entry else shown.address


def _found(shown: Shown, kept: Mapping[str, str]) -> tuple[Found | None, str]:
    if not shown.results:
        return None, say("This view cannot be computed on these data any more; change or delete the step.")
    if any(digest not in kept for digest in shown.results.values()):
        return None, say("The result of this step is gone. Refresh the story to compute it anew.")
    answers = {name: answer_of(kept[digest]) for name, digest in shown.results.items()}
    main, places = answers.pop("main"), answers.pop("places", None)
    main = answers.get(f"main.{language()}", main)
    if main.is_empty:
        return None, say(main.notes[-1]) if main.notes else say(
            "There is nothing to show here: no group of ten and more."
        )
    table = pl.DataFrame() if places is None else places.table
    return Found(main, answers, table, parsed(shown.query), shown.options), ""


def filled(words: str, facts: Mapping[str, str]) -> str:
    """Words with the facts that they name in braces; one that is not known stays as it was typed."""
    return _FACT.sub(lambda match: facts.get(match[1], match[0]), words)


def unknown_facts(words: Iterable[str], facts: Mapping[str, str]) -> list[str]:
    """Names in braces that stand for nothing here."""
    return sorted({name for text in words for name in _FACT.findall(text) if name not in facts})


def _about(one: _Answered, step: Step) -> str:
    narrowed = [value for _, value in filters_in(one.shown.query)]
    if one.found is not None and not one.found.places.is_empty():
        narrowed = [one.found.names.get(value, value) for value in narrowed]
    names = one.found.names if one.found is not None else {}
    seen = [say("as {agent} sees it", agent=names.get(step.eyes, step.eyes))] if step.eyes else []
    return " · ".join(part for part in (one.about, ", ".join(narrowed[:4]), *seen) if part)


def _source(mode: DataMode, story: Story, found: Found | None) -> str:
    if found is None:
        return ""
    main = found.main
    whose = say("Hazel & Wool demo") if mode == "demo" else say("Own data")
    known = "" if main.coverage is None else f" · {percent(main.coverage)} {say(main.coverage_label)}"
    many = f" · {sample(main)}" if main.n else ""
    return f"{whose} · {span(main.from_on, main.to_on)}{many}{known} · {say('snapshot {number}', number=str(story.snapshot))}"
