"""Changes to single steps, tried with any steps and changes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.changes import (
    Change,
    Insert,
    Move,
    Omit,
    Replace,
    apply_changes,
)
from client_sdk.contracts.tutorial import Placement, Step
from sync_server.tutorials.definition import change_from_json, change_to_json

IDS = st.sampled_from("abcdef")
TEXTS = st.text("xyz ü", min_size=1, max_size=5)
STEPS = st.builds(
    Step,
    id=IDS,
    title=TEXTS,
    body=TEXTS,
    target=st.none() | TEXTS,
    placement=st.sampled_from(Placement),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "title": TEXTS,
        "body": TEXTS,
        "target": st.none() | TEXTS,
        "placement": st.sampled_from(Placement),
    },
)
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
