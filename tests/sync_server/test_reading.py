"""A tutorial's file is read whole, and every fault in it is told with its place."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import example, given, strategies as st

from client_sdk.contracts.changes import Insert, Move, Omit, Replace
from client_sdk.contracts.tutorial import Placement, Step
from sync_server.tutorials.definition import ExperimentStatus
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.source import ImportFaults
from tests.sync_server.conftest import PLAIN, TOUR

FAULTY = Path(__file__).with_name("faulty.yaml")
FAULTY_STEPS = Path(__file__).with_name("faulty_steps.yaml")


def read(text):
    return read_tutorial(text, file="t.yaml")[0]


def faults(text):
    with pytest.raises(ImportFaults) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def experiment(*variants, status="running"):
    lines = "".join(f"      - {variant}\n" for variant in variants)
    return (
        PLAIN + f"experiments:\n  - id: e\n    status: {status}\n    variants:\n{lines}"
    )


def test_everything_that_can_be_written_is_read():
    tutorial = read(
        """
id: tour
name: A tour
steps:
  - id: a
    title: A
    body: |
      Two
      lines
    cta: Go
    target: button
    screen: home
    placement: left
  - {id: b, title: "12"}
survey:
  question: How likely?
  lowLabel: No
personas:
  ai-power:
    - replace: a
      with: {target: null, placement: center}
    - omit: b
experiments:
  - id: e
    name: An experiment
    variants:
      - {id: v, weight: 40, name: First}
      - id: w
        weight: 60
        changes:
          - insert: {id: c, title: 2026-01-31}
            before: a
          - move: b
            after: c
"""
    )

    assert tutorial.steps == (
        Step(
            id="a",
            title="A",
            body="Two\nlines\n",
            cta="Go",
            target="button",
            screen="home",
            placement=Placement.LEFT,
        ),
        Step(id="b", title="12"),
    )
    assert tutorial.survey is not None
    assert tutorial.survey.low_label == "No"
    assert tutorial.personas == {
        "ai-power": (
            Replace(
                step_id="a", fields={"target": None, "placement": Placement.CENTER}
            ),
            Omit(step_id="b"),
        )
    }
    (one,) = tutorial.experiments
    assert (one.id, one.name, one.status) == (
        "e",
        "An experiment",
        ExperimentStatus.DRAFT,
    )
    assert one.variants[0].name == "First"
    assert one.variants[1].changes == (
        Insert(step=Step(id="c", title="2026-01-31"), anchor_id="a", after=False),
        Move(step_id="b", anchor_id="c", after=True),
    )


def test_the_demo_tutorial_is_good():
    text = resources.files("sync_server.demo").joinpath("welcome-tour.yaml").read_text()

    tutorial = read(text)

    assert tutorial.id == "welcome-tour"
    assert len(tutorial.steps) >= 7
    assert len({step.screen for step in tutorial.steps}) >= 2
    assert [len(e.variants) for e in tutorial.experiments] == [2]


def test_all_faults_of_a_file_are_told_at_once_in_order():
    with pytest.raises(ImportFaults) as caught:
        read_tutorial(FAULTY.read_text("utf-8"), file="faulty.yaml")

    assert str(caught.value).splitlines() == [
        "faulty.yaml:2:1: name: the length must be at least 1, not ''",
        "faulty.yaml:3:1: colour: unknown key; "
        "known: experiments, id, name, personas, rules, steps, survey, xp",
        "faulty.yaml:7:5: steps[0].placment: unknown key; did you mean placement?",
        "faulty.yaml:8:5: steps[1].id: the step id 'welcome' is taken on line 5",
        "faulty.yaml:9:5: steps[1].title: a string is needed, not 12; put it in quotes",
        "faulty.yaml:10:5: steps[1].placement: 'botom' is not one of "
        "auto, top, bottom, left, right, start, end, center",
        "faulty.yaml:11:5: steps[2].title: the field is missing",
        "faulty.yaml:12:5: steps[3]: keys are needed here: "
        "id, title, body, cta, target, screen, placement, xp, kind, extraTargets, "
        "image, imageText, icon, texts, theme, spotlightPadding, spotlightRadius, "
        "tapThrough, advanceOn, before, after, showOn, branches, onMissingTarget, "
        "targetWaitMs",
        "faulty.yaml:13:1: survey.question: the field is missing",
        "faulty.yaml:14:3: survey.questoin: unknown key; did you mean question?",
        "faulty.yaml:17:7: personas.newbie[0].replace: "
        "no step 'welcom'; did you mean welcome?",
        "faulty.yaml:18:14: personas.newbie[0].with.titel: "
        "unknown key; did you mean title?",
        "faulty.yaml:20:7: personas.newbie[1].after: unknown key; known: omit",
        "faulty.yaml:21:7: personas.newbie[2]: "
        "say where: either after or before a step",
        "faulty.yaml:21:16: personas.newbie[2].insert.id: the step id 'third' is taken",
        "faulty.yaml:24:7: personas.newbie[3]: "
        "a change is exactly one of replace, omit, insert, move",
        "faulty.yaml:27:5: experiments[0].status: 'runing' is not one of "
        "draft, running, completed",
        "faulty.yaml:30:10: experiments[0].variants[1].id: the variant id 'a' is taken "
        "on line 29; variant ids are unique over all experiments",
        "faulty.yaml:31:17: experiments[0].variants[2].weight: "
        "the number must be at least 1, not 0",
        "faulty.yaml:34:5: experiments[1].variants: the weights add up to 90 (50 + 40); "
        "they must add up to exactly 100",
        "faulty.yaml:38:5: experiments[2].status: at most one experiment may run on a "
        "tutorial; the first one stands on line 32",
        "faulty.yaml:39:5: experiments[2].variants: "
        "a list is needed, one item starting with - a line",
        "faulty.yaml:40:1: name: the key stands here twice; first on line 2",
    ]


def test_all_faults_of_steps_are_told_at_once_in_order():
    with pytest.raises(ImportFaults) as caught:
        read_tutorial(FAULTY_STEPS.read_text("utf-8"), file="faulty_steps.yaml")

    assert str(caught.value).splitlines() == [
        "faulty_steps.yaml:6:5: steps[0].extraTargets: these stand beside a "
        "target; say target, too",
        "faulty_steps.yaml:7:5: steps[0].tapThrough: there is nothing to tap; "
        "say target, too",
        "faulty_steps.yaml:8:5: steps[0].advanceOn: there is nothing to tap; "
        "say target, too",
        "faulty_steps.yaml:11:5: steps[1].kind: a hotspot stands on a target; "
        "say target, too",
        "faulty_steps.yaml:13:29: steps[1].branches[0].to: no step 'beacn'; "
        "did you mean beacon?",
        "faulty_steps.yaml:14:29: steps[1].branches[1].to: the step 'beacon' "
        "cannot go on with itself",
        "faulty_steps.yaml:17:5: steps[2].kind: a step of kind wait shows no "
        "button; say what completes it, as advanceOn: {kind: event, name: "
        "project-created}",
        "faulty_steps.yaml:21:5: steps[3].advanceOn: a step of kind wait "
        "shows no button; say what completes it, as advanceOn: {kind: event, "
        "name: project-created}",
        "faulty_steps.yaml:24:5: steps[4].advanceOn: say which event of the "
        "app, by its name: {name: ...}",
        "faulty_steps.yaml:28:28: steps[5].advanceOn.name: tap needs no name; "
        "that belongs to condition and event",
        "faulty_steps.yaml:31:5: steps[6].kind: 'tooltipp' is not one of "
        "tooltip, modal, banner, hotspot, survey, wait",
        "faulty_steps.yaml:32:5: steps[6].tapThrough: true or false is "
        "needed, not 'yes'",
        "faulty_steps.yaml:33:5: steps[6].onMissingTarget: 'stop' is not one "
        "of wait, skip, center, pause, end",
        "faulty_steps.yaml:34:5: steps[6].targetWaitMs: the number must be at "
        "most 600000, not 600001",
        "faulty_steps.yaml:35:5: steps[6].spotlightPadding: the number must "
        "be at least 0, not -1",
        "faulty_steps.yaml:36:5: steps[6].extraTargets: the length must be at "
        "least 1, not []",
        "faulty_steps.yaml:37:5: steps[6].advanceOn: an object is needed, not 'tap'",
        "faulty_steps.yaml:38:26: steps[6].before.timeout: unknown key; did "
        "you mean timeoutMs?",
        "faulty_steps.yaml:40:9: steps[6].branches[0].to: the field is missing",
        "faulty_steps.yaml:41:43: steps[6].branches[1].too: unknown key; did "
        "you mean to?",
        "faulty_steps.yaml:42:5: steps[6].after.name: the field is missing",
        "faulty_steps.yaml:44:24: steps[6].texts[0].titel: unknown key; did "
        "you mean title?",
        "faulty_steps.yaml:45:10: steps[6].texts[1].language: a string is "
        "needed, not 7; put it in quotes",
        "faulty_steps.yaml:45:23: steps[6].texts[1].title: a string is "
        "needed, not 8; put it in quotes",
        "faulty_steps.yaml:50:10: steps[7].texts[1].language: 'pt-br' has its "
        "words on line 49",
        "faulty_steps.yaml:51:10: steps[7].texts[2].language: 'pt_PT' is no "
        "language tag; write it as de, pt-BR or zh-Hant",
        "faulty_steps.yaml:52:9: steps[7].texts[3]: say title, body or cta in "
        "this language",
        "faulty_steps.yaml:55:5: steps[8].kind: the tutorial has no survey; "
        "say what to ask",
        "faulty_steps.yaml:58:5: steps[9].kind: the survey is asked once; the "
        "step on line 53 does so",
        "faulty_steps.yaml:64:9: personas.newbie[0].with.advanceOn: say which "
        "condition of the app, by its name: {name: ...}",
        "faulty_steps.yaml:65:9: personas.newbie[0].with.after.name: the "
        "field is missing",
        "faulty_steps.yaml:65:17: personas.newbie[0].with.after.nam: unknown "
        "key; did you mean name?",
    ]


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        pytest.param(
            "",
            "t.yaml:1:1: the file is empty; a tutorial needs id, name and steps",
            id="empty",
        ),
        pytest.param(
            "# nothing\n",
            "t.yaml:1:1: the file is empty; a tutorial needs id, name and steps",
            id="comment",
        ),
        pytest.param(
            "id: a\nsteps: [\n",
            "t.yaml:3:1: not YAML: expected the node content, but found '<stream end>'",
            id="unclosed",
        ),
        pytest.param(
            "id: a\n\tname: b\n",
            "t.yaml:2:1: not YAML: found character '\\t' that cannot start any token",
            id="tab",
        ),
        pytest.param(
            "id: a\n---\nid: b\n",
            "t.yaml:2:1: not YAML: but found another document",
            id="two-documents",
        ),
        pytest.param(
            "just text",
            "t.yaml:1:1: keys are needed here: "
            "id, name, steps, survey, personas, experiments, xp, rules",
            id="text",
        ),
        pytest.param(
            PLAIN + "? [a, b]\n: c\n",
            "t.yaml:6:3: a key must be plain text",
            id="key",
        ),
        pytest.param(
            PLAIN + "survey: Why?\n",
            "t.yaml:6:1: survey: keys are needed here: "
            "question, lowLabel, highLabel, commentLabel, thanks, texts",
            id="survey",
        ),
        pytest.param(
            PLAIN + "personas: [newbie]\n",
            "t.yaml:6:1: personas: names are needed here, each with its changes",
            id="personas",
        ),
        pytest.param(
            PLAIN + "personas:\n  newbie:\n    - replace: only\n",
            "t.yaml:8:7: personas.newbie[0].with: "
            "say what to replace, as with: {title: New title}",
            id="replace-nothing",
        ),
        pytest.param(
            PLAIN + "personas:\n  newbie:\n    - {move: only, after: none}\n",
            "t.yaml:8:20: personas.newbie[0].after: no step 'none'; known: only",
            id="move-nowhere",
        ),
        pytest.param(
            "a: &a [*a]",
            "t.yaml:1:1: a[0]: the aliases (*name) go in circles or too far",
            id="circle",
        ),
        pytest.param(
            PLAIN + "personas:\n  newbie:\n    - omit: only\n",
            "t.yaml:7:3: personas.newbie: persona 'newbie': no step is left",
            id="nothing-left",
        ),
    ],
)
def test_one_fault_is_told_with_its_place(text, fault):
    assert faults(text) == [fault]


def test_aliases_cannot_fill_the_memory():
    bomb = "a0: &a0 [x]\n" + "".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12)
    )

    assert "too far" in faults(bomb)[0]


def test_weights_that_do_not_fit_tell_their_sum():
    (fault,) = faults(
        experiment("{id: a, weight: 33}", "{id: b, weight: 33}", "{id: c, weight: 33}")
    )

    assert "the weights add up to 99 (33 + 33 + 33)" in fault


def test_a_variant_and_a_persona_may_not_insert_the_same_step():
    text = TOUR + "  - id: x\n    variants: [{id: x1, weight: 100}]\n"
    clash = text.replace(
        "    - replace: invite\n      with: {title: Bring your team}",
        "    - insert: {id: tip, title: Other}\n      after: invite",
    )

    (fault,) = faults(clash)

    assert "variant 'tour_short' and persona 'team-manager'" in fault
    assert "both have a step 'tip'" in fault


def test_a_step_that_a_change_inserts_can_be_named_by_the_next():
    text = experiment(
        "{id: a, weight: 50}",
        "{id: b, weight: 50, changes: [{insert: {id: x, title: X}, after: only},"
        " {replace: x, with: {title: Y}}]}",
    )

    assert len(read(text).experiments[0].variants[1].changes) == 2


@example("id: !!python/object:os.system x")
@example("id: {1: 2")
@example("steps:\n  - [a")
@given(st.text(alphabet="abid:- \n[]{}&*!'\"#|>%@`,?~0\t\\\x00é😀", max_size=80))
def test_no_text_breaks_the_reader(text):
    with pytest.raises(ImportFaults) as caught:
        read(text)
    assert caught.value.faults


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "id",
                    "name",
                    "steps",
                    "title",
                    "survey",
                    "personas",
                    "experiments",
                    "variants",
                    "weight",
                    "changes",
                    "replace",
                    "with",
                    "insert",
                    "after",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@given(JSON)
def test_no_shape_breaks_the_reader(data):
    """Valid YAML of any shape gets faults, never an exception of another kind."""
    with pytest.raises(ImportFaults):
        read(json.dumps(data))
