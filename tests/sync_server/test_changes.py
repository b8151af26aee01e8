"""Changes to single steps, tried with any steps and changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.behaviour import (
    AdvanceKind,
    AdvanceOn,
    Branch,
    Hook,
    MissingTarget,
)
from client_sdk.contracts.changes import (
    Change,
    Insert,
    Move,
    Omit,
    Replace,
    apply_changes,
)
from client_sdk.contracts.step import Placement, Step, StepKind, StepText
from sync_server.tutorials.definition import change_from_json, change_to_json

IDS = st.sampled_from("abcdef")
TEXTS = st.text("xyz ü", min_size=1, max_size=5)
TRANSLATIONS = st.lists(
    st.builds(
        StepText,
        language=st.sampled_from(["de", "pt-BR"]),
        title=st.none() | TEXTS,
        body=st.none() | TEXTS,
        cta=st.none() | TEXTS,
    ),
    min_size=1,
    max_size=2,
).map(tuple)
WORDS_AND_PLACE = {
    "title": TEXTS,
    "body": TEXTS,
    "texts": st.none() | TRANSLATIONS,
    "target": st.none() | TEXTS,
    "placement": st.sampled_from(Placement),
}
BEHAVIOUR = {
    "kind": st.none() | st.sampled_from(StepKind),
    "extra_targets": st.none() | st.lists(TEXTS, min_size=1, max_size=2).map(tuple),
    "tap_through": st.none() | st.booleans(),
    "advance_on": st.none()
    | st.builds(AdvanceOn, kind=st.sampled_from(AdvanceKind), name=st.none() | TEXTS),
    "before": st.none() | st.builds(Hook, name=TEXTS),
    "show_on": st.none() | TEXTS,
    "branches": st.none() | st.tuples(st.builds(Branch, condition=TEXTS, to=IDS)),
    "on_missing_target": st.none() | st.sampled_from(MissingTarget),
    "target_wait_ms": st.none() | st.integers(0, 600_000),
}
STEPS = st.builds(Step, id=IDS, **WORDS_AND_PLACE, **BEHAVIOUR)
FIELDS = st.fixed_dictionaries({}, optional={**WORDS_AND_PLACE, **BEHAVIOUR})
CHANGES = st.one_of(
    st.builds(Replace, step_id=IDS, fields=FIELDS),
    st.builds(Omit, step_id=IDS),
    st.builds(
        Insert,
        step=st.builds(Step, id=st.sampled_from("uvw"), title=TEXTS),
        anchor_id=IDS,
        after=st.booleans(),
    ),
    st.builds(Move, step_id=IDS, anchor_id=IDS, after=st.booleans()),
)
TUTORIALS = st.lists(STEPS, min_size=1, unique_by=lambda step: step.id)


def steps(ids):
    return [Step(id=each, title=each.upper()) for each in ids]


def ids(result):
    return "".join(step.id for step in result)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(Omit(step_id="b"), "acd", id="omit"),
        pytest.param(
            Insert(step=Step(id="x", title="X"), anchor_id="b", after=True),
            "abxcd",
            id="insert-after",
        ),
        pytest.param(
            Insert(step=Step(id="x", title="X"), anchor_id="a", after=False),
            "xabcd",
            id="insert-before-the-first",
        ),
        pytest.param(
            Move(step_id="a", anchor_id="c", after=True), "bcad", id="move-on"
        ),
        pytest.param(
            Move(step_id="d", anchor_id="b", after=False), "adbc", id="move-back"
        ),
        pytest.param(
            Move(step_id="b", anchor_id="b", after=True), "abcd", id="move-to-itself"
        ),
        pytest.param(Omit(step_id="nowhere"), "abcd", id="unknown"),
    ],
)
def test_a_change_does_what_it_says(change, expected):
    assert ids(apply_changes(steps("abcd"), [change])) == expected


def test_a_replacement_changes_only_its_fields():
    step = Step(id="a", title="A", body="long", target="button")

    (result,) = apply_changes(
        [step], [Replace(step_id="a", fields={"body": "short", "target": None})]
    )

    assert result == Step(id="a", title="A", body="short", target=None)


GERMAN = StepText(language="de", title="Einladen", body="Hol dein Team")
FRENCH = StepText(language="fr", title="Inviter")
INVITE = Step(id="a", title="Invite", body="Bring your team", texts=(GERMAN, FRENCH))


def test_new_words_take_the_translations_of_the_old_ones_with_them():
    """A German reader gets the new English title, and never the old one in German."""
    (result,) = apply_changes(
        [INVITE], [Replace(step_id="a", fields={"title": "Bring your team"})]
    )

    assert result.texts == (StepText(language="de", body="Hol dein Team"),)


def test_no_texts_are_left_where_nothing_is_translated_any_more():
    fields = {"title": "Bring your team", "body": "All of them"}

    (result,) = apply_changes([INVITE], [Replace(step_id="a", fields=fields)])

    assert result.texts is None


@pytest.mark.parametrize("texts", [None, (StepText(language="de", title="Neu"),)])
def test_new_words_may_bring_their_translations(texts):
    fields = {"title": "New", "texts": texts}

    (result,) = apply_changes([INVITE], [Replace(step_id="a", fields=fields)])

    assert (result.title, result.texts) == ("New", texts)


def test_what_is_no_word_leaves_the_translations_alone():
    (result,) = apply_changes([INVITE], [Replace(step_id="a", fields={"target": "x"})])

    assert result.texts == INVITE.texts


@given(TUTORIALS, st.lists(CHANGES), TEXTS, IDS)
def test_a_replaced_title_is_the_title_in_every_language(
    tutorial, changes, title, step_id
):
    last = Replace(step_id=step_id, fields={"title": title})
    shown = apply_changes(tutorial, [*changes, last])

    for step in shown:
        if step.id == step_id:
            assert step.title == title
            assert all(text.title is None for text in step.texts or ())


def test_a_step_can_be_put_beside_one_that_another_change_omits():
    tip = Step(id="tip", title="Tip")
    changes: list[Change] = [
        Omit(step_id="b"),
        Insert(step=tip, anchor_id="b", after=True),
    ]

    assert [step.id for step in apply_changes(steps("abc"), changes)] == [
        "a",
        "tip",
        "c",
    ]


@given(TUTORIALS, st.lists(CHANGES))
def test_every_list_of_changes_applies(tutorial, changes):
    """Nothing appears from nowhere, and nothing vanishes that nobody omits."""
    before = {step.id for step in tutorial}
    after = {step.id for step in apply_changes(tutorial, changes)}

    omitted = {c.step_id for c in changes if isinstance(c, Omit)}
    inserted = {c.step.id for c in changes if isinstance(c, Insert)}
    assert before - omitted <= after
    assert after <= (before | inserted)


@given(
    TUTORIALS,
    st.lists(st.builds(Move, step_id=IDS, anchor_id=IDS, after=st.booleans())),
)
def test_moving_keeps_every_step(tutorial, moves):
    moved = apply_changes(tutorial, moves)

    assert sorted(moved, key=lambda s: s.id) == sorted(tutorial, key=lambda s: s.id)


@given(TUTORIALS, IDS, IDS, st.booleans())
def test_a_moved_step_stands_beside_its_anchor(tutorial, step_id, anchor_id, after):
    present = {step.id for step in tutorial}
    result = ids(
        apply_changes(
            tutorial, [Move(step_id=step_id, anchor_id=anchor_id, after=after)]
        )
    )

    if {step_id, anchor_id} <= present and step_id != anchor_id:
        assert (anchor_id + step_id if after else step_id + anchor_id) in result
    else:
        assert result == ids(tutorial)


@given(TUTORIALS, st.lists(CHANGES))
def test_the_tutorial_itself_is_never_changed(tutorial, changes):
    copy = list(tutorial)

    apply_changes(tutorial, changes)

    assert tutorial == copy


@given(CHANGES.filter(lambda c: not isinstance(c, Replace) or c.fields))
def test_a_change_survives_its_column(change):
    assert change_from_json(json.loads(json.dumps(change_to_json(change)))) == change
