"""Stories are versions: nothing is lost, a retry adds nothing, and only head office makes them."""

from dataclasses import replace

import pytest

from records import audit, database, stories
from records.stories import Shown, Step, Story
from schema.errors import RefusedError, UsageError
from schema.scope import LOCAL_OWNER, Scope

GUEST = Scope("presenter", "V-002")
AGENT = Scope("agent", "V-003", "A1")
BORROWED = Scope("presenter", "local", is_borrowed=True)
BODY = '{"n": 12}'
DIGEST = "eb00cde5da9a5ce3e2dc89a5ee5a8c3bf8e9ad6aa7d0a3a76f9b1ba9fba1c2a3"


def step(name: str, caption: str = "", notes: str = "") -> Step:
    shown = Shown("dwell", "from=2026-10-01&to=2026-10-31&as_of=2026-11-01", "table", "dwell/products", {"hours": [20]})
    return Step(name, replace(shown, results={"main": stories.digest_of(BODY)}), caption, notes)


def kept(story: Story, change: str = "changed") -> Story:
    return stories.keep("demo", LOCAL_OWNER, story, change=change, bodies={stories.digest_of(BODY): BODY})


def test_a_story_comes_back_as_it_was_kept(database_url):
    del database_url
    made = kept(
        Story("", "Autumn", (step("a", "*Wool* leads", "Say it\nslowly"),), 3, "2026-11-15T00:00:00", "2026-11-15")
    )
    assert (made.story_id, made.version, made.changed_by) == ("ST-001", 1, "local")
    found = stories.story("demo", GUEST, "ST-001")
    assert found == made
    assert found.steps[0].notes == "Say it\nslowly"
    assert found.steps[0].shown.options == {"hours": [20]}
    assert stories.results("demo", GUEST, found.digests) == {stories.digest_of(BODY): BODY}
    assert stories.stories("real", LOCAL_OWNER) == ()


def test_every_change_is_a_version_and_the_last_can_be_taken_back(database_url):
    del database_url
    first = kept(Story("", "Autumn", (step("a"), step("b"))))
    second = kept(replace(first, steps=first.steps[::-1]), "moved step 2")
    assert [one.step_id for one in second.steps] == ["b", "a"]
    back = stories.undo("demo", LOCAL_OWNER, "ST-001")
    assert [one.step_id for one in back.steps] == ["a", "b"]
    assert [one.version for one in stories.versions("demo", GUEST, "ST-001")] == [1, 2, 3]
    again = stories.undo("demo", LOCAL_OWNER, "ST-001")
    assert [one.step_id for one in again.steps] == ["b", "a"]


def test_two_windows_do_not_overwrite_each_other(sqlite_home):
    del sqlite_home
    first = kept(Story("", "Autumn", (step("a"),)))
    kept(replace(first, title="Winter"))
    with pytest.raises(
        UsageError, match=r"^The story 'Spring' was changed meanwhile in another window; look again, then change\.$"
    ):
        kept(replace(first, title="Spring"))
    assert stories.story("demo", LOCAL_OWNER, "ST-001").title == "Winter"


def test_keeping_the_same_again_adds_nothing(sqlite_home):
    del sqlite_home
    first = kept(Story("", "Autumn", (step("a"),)))
    assert kept(first) == first
    assert len(stories.versions("demo", LOCAL_OWNER, "ST-001")) == 1


def test_a_deleted_story_is_gone_and_its_number_is_not_given_again(sqlite_home):
    del sqlite_home
    first = kept(Story("", "Autumn", (step("a"),)))
    kept(replace(first, is_deleted=True))
    assert stories.stories("demo", GUEST) == ()
    with pytest.raises(UsageError, match=r"^There is no story 'ST-001' here; it may have been deleted\.$"):
        stories.story("demo", GUEST, "ST-001")
    assert kept(Story("", "Winter")).story_id == "ST-002"


@pytest.mark.parametrize("scope", [GUEST, AGENT, BORROWED])
def test_only_head_office_in_its_own_right_makes_stories(scope, sqlite_home):
    del sqlite_home
    with pytest.raises(RefusedError):
        stories.keep("demo", scope, Story("", "Autumn"), change="made")
    assert stories.stories("demo", LOCAL_OWNER) == ()


def test_an_agent_reads_no_story_and_no_result_even_by_its_digest(sqlite_home):
    del sqlite_home
    made = kept(Story("", "Autumn", (step("a"),)))
    for ask in (
        lambda: stories.stories("demo", AGENT),
        lambda: stories.story("demo", AGENT, "ST-001"),
        lambda: stories.versions("demo", AGENT, "ST-001"),
        lambda: stories.results("demo", AGENT, made.digests),
    ):
        with pytest.raises(RefusedError, match=r"^Stories are of the whole company: head office makes them, "):
            ask()


def test_making_and_presenting_are_on_the_log_without_a_word_of_the_story(sqlite_home):
    del sqlite_home
    made = kept(Story("", "Autumn", (step("a", "Ms Li bought"),)), "added dwell/products")
    stories.note_presented("demo", GUEST, made)
    lines = audit.entries(kinds=("story_change", "present"))
    assert lines["kind"].to_list() == ["story_change", "present"]
    assert lines["viewer"].to_list() == ["local", "V-002"]
    assert not [what for what in lines["what"] if "Li" in what or "Autumn" in what]


@pytest.mark.parametrize(
    ("story", "words"),
    [
        (Story("", " "), "A story needs a title."),
        (Story("", "A", tuple(step(str(n)) for n in range(101))), "The story has 101 steps; at most 100 are kept."),
        (Story("", "A", (step("a"), step("a"))), "Two steps of the story have the same id."),
        (Story("", "A", (step("a", "x" * 201),)), "The caption has 201 characters; at most 200 are kept."),
        (Story("", "A", (step("a", "in\u200bvisible"),)), "The caption holds a control or invisible character"),
        (Story("", "A", (step("a", "", "n" * 4_001),)), "The notes have 4,001 characters; at most 4,000 are kept."),
    ],
)
def test_what_cannot_be_kept_is_said_and_nothing_is_written(story, words, sqlite_home):
    del sqlite_home
    with pytest.raises(UsageError) as refusal:
        kept(story)
    assert str(refusal.value).startswith(words)
    assert stories.stories("demo", LOCAL_OWNER) == ()


def test_a_result_must_be_what_its_digest_says(sqlite_home):
    del sqlite_home
    with pytest.raises(UsageError, match=r"^A result of 9 characters does not fit on a slide"):
        stories.keep("demo", LOCAL_OWNER, Story("", "A"), change="made", bodies={DIGEST: BODY})


def test_a_reset_takes_the_stories_of_the_data_with_it(sqlite_home):
    del sqlite_home
    kept(Story("", "Autumn", (step("a"),)))
    database.forget("demo")
    assert stories.stories("demo", LOCAL_OWNER) == ()
