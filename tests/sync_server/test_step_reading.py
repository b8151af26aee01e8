"""A step's kind, words, conditions and ways are read from YAML and reach the device whole."""

from __future__ import annotations

import json

import pytest

from client_sdk._bundle import Bundle, bundle_text
from client_sdk.contracts.behaviour import (
    AdvanceKind,
    AdvanceOn,
    Branch,
    Hook,
    MissingTarget,
)
from client_sdk.contracts.changes import Replace
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.planning import render_arm
from client_sdk.contracts.step import Placement, Step, StepKind, StepText
from client_sdk.contracts.tutorial import TutorialConfig
from sync_server.tutorials.planning import config_of
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.rendering import render_config
from sync_server.tutorials.source import ImportFaults
from sync_server.tutorials.store import PublishedVersion

CONFIG = "/api/tutorial/config?tutorialId=rich"

RICH = """
id: rich
name: Rich
steps:
  - id: everything
    title: Everything
    body: That a step can say
    cta: Go
    target: list
    screen: home
    placement: start
    xp: 5
    kind: hotspot
    extraTargets: [filter, sort]
    image: list.png
    imageText: A list with two entries
    icon: star.png
    texts:
      - {language: de, title: Alles, body: Was ein Schritt sagen kann, cta: Los}
      - {language: pt-BR, title: Tudo}
    theme: dark
    spotlightPadding: 0
    spotlightRadius: 12
    tapThrough: true
    advanceOn: {kind: event, name: list-opened}
    before: {name: load-list}
    after: {name: tidy-up, timeoutMs: 250}
    showOn: has-list
    branches:
      - {condition: is-expert, to: end}
      - {condition: is-lost, to: plain}
    onMissingTarget: skip
    targetWaitMs: 0
  - {id: plain, title: Plain}
  - {id: wait, title: Wait, kind: wait, advanceOn: {kind: condition, name: is-done}}
  - {id: ask, title: Ask, kind: survey}
  - {id: end, title: End, kind: banner, branches: [{condition: again, to: plain}]}
survey:
  question: How likely?
experiments:
  - id: rich-v1
    status: running
    variants:
      - {id: rich_control, weight: 50}
      - id: rich_other
        weight: 50
        changes:
          - replace: everything
            with: {tapThrough: null, before: {name: load-other}, title: Other}
          - insert: {id: tip, title: Tip, kind: modal, branches: [{condition: c, to: ask}]}
            after: plain
"""
EVERYTHING = Step(
    id="everything",
    title="Everything",
    body="That a step can say",
    cta="Go",
    target="list",
    screen="home",
    placement=Placement.START,
    xp=5,
    kind=StepKind.HOTSPOT,
    extra_targets=("filter", "sort"),
    image="list.png",
    image_text="A list with two entries",
    icon="star.png",
    texts=(
        StepText(
            language="de", title="Alles", body="Was ein Schritt sagen kann", cta="Los"
        ),
        StepText(language="pt-BR", title="Tudo"),
    ),
    theme="dark",
    spotlight_padding=0,
    spotlight_radius=12,
    tap_through=True,
    advance_on=AdvanceOn(kind=AdvanceKind.EVENT, name="list-opened"),
    before=Hook(name="load-list"),
    after=Hook(name="tidy-up", timeout_ms=250),
    show_on="has-list",
    branches=(
        Branch(condition="is-expert", to="end"),
        Branch(condition="is-lost", to="plain"),
    ),
    on_missing_target=MissingTarget.SKIP,
    target_wait_ms=0,
)

#: Two steps, a survey, and room for what a test adds.
TWO = """
id: two
name: Two
steps:
  - {id: one, title: One, target: list, advanceOn: {kind: tap}}
  - {id: two, title: Two, branches: [{condition: again, to: one}]}
"""
SURVEY = "survey: {question: Why?}\n"


def read(text):
    return read_tutorial(text, file="t.yaml")[0]


def faults(text):
    with pytest.raises(ImportFaults) as caught:
        read(text)
    return [str(fault) for fault in caught.value.faults]


def tag(text):
    """Return the ETag of what a tutorial's own steps are sent as, in version 1."""
    tutorial = read(text)
    content = PublishedVersion(
        tutorial_id=tutorial.id,
        version=1,
        steps=tutorial.steps,
        survey=tutorial.survey,
        personas=tutorial.personas,
        xp=tutorial.xp,
        rules=tutorial.rules,
    )
    return render_config(config_of(content, None, None, "newbie")).etag


def experiment(*changes):
    lines = "".join(f"          - {change}\n" for change in changes)
    return (
        "experiments:\n  - id: e\n    variants:\n      - id: v\n"
        f"        weight: 100\n        changes:\n{lines}"
    )


def persona(name, *changes):
    return f"  {name}:\n" + "".join(f"    - {change}\n" for change in changes)


class TestReading:
    def test_everything_that_a_step_can_say_is_read(self):
        tutorial = read(RICH)

        assert tutorial.steps[0] == EVERYTHING
        change = tutorial.experiments[0].variants[1].changes[0]
        assert change == Replace(
            step_id="everything",
            fields={
                "tap_through": None,
                "before": Hook(name="load-other"),
                "title": "Other",
            },
        )

    def test_a_way_back_and_a_circle_are_no_faults(self):
        text = TWO + "  - {id: three, title: 3, branches: [{condition: c, to: two}]}\n"

        assert len(read(text.replace("title: 3", "title: '3'")).steps) == 3

    @pytest.mark.parametrize(
        "language", ["de", "pt-BR", "PT-br", "zh-Hant", "zh-Hant-TW", "es-419", "gsw"]
    )
    def test_a_language_is_known_by_its_tag(self, language):
        text = f"  - {{id: x, title: X, texts: [{{language: {language}, body: B}}]}}\n"

        assert read(TWO + text).steps[-1].texts[0].language == language

    @pytest.mark.parametrize(
        "language", ["d", "german", "de_DE", "de-", "-de", "de-DEU-", "de DE", "dé"]
    )
    def test_a_language_without_a_tag_is_told(self, language):
        text = (
            f"  - {{id: x, title: X, texts: [{{language: '{language}', body: B}}]}}\n"
        )

        (fault,) = faults(TWO + text)

        assert f"{language!r} is no language tag; write it as de, pt-BR" in fault


class TestArms:
    """What holds for the tutorial's own steps holds in every arm."""

    @pytest.mark.parametrize(
        ("change", "fault"),
        [
            pytest.param(
                "{replace: one, with: {target: null}}",
                "variant 'v': step 'one': there is nothing to tap; say target, too",
                id="target-taken-away",
            ),
            pytest.param(
                "{replace: two, with: {kind: hotspot}}",
                "variant 'v': step 'two': a hotspot stands on a target; say target, too",
                id="hotspot",
            ),
            pytest.param(
                "{replace: two, with: {branches: [{condition: c, to: two}]}}",
                "variant 'v': step 'two': the step 'two' cannot go on with itself",
                id="itself",
            ),
            pytest.param(
                "{replace: two, with: {branches: [{condition: c, to: tow}]}}",
                "variant 'v': step 'two' goes on with 'tow', which is not there",
                id="nowhere",
            ),
            pytest.param(
                "{omit: one}",
                "variant 'v': step 'two' goes on with 'one', which is not there",
                id="omitted",
            ),
            pytest.param(
                "{insert: {id: ask, title: Ask, kind: survey}, after: one}",
                "variant 'v': the tutorial has no survey; say what to ask",
                id="no-survey",
            ),
        ],
    )
    def test_a_fault_stands_at_the_change_that_makes_it(self, change, fault):
        (found,) = faults(TWO + experiment("{replace: one, with: {xp: 1}}", change))

        assert found == f"t.yaml:14:13: experiments[0].variants[0].changes[1]: {fault}"

    def test_the_survey_is_asked_once_in_every_arm(self):
        asking = "  - {id: ask, title: Ask, kind: survey}\n"
        change = "{insert: {id: ask-again, title: Again, kind: survey}, after: one}"

        (fault,) = faults(TWO + asking + SURVEY + experiment(change))

        assert fault.endswith(
            "variant 'v': the survey is asked once, not in ask, ask-again"
        )

    def test_two_arms_may_ask_in_steps_of_their_own(self):
        change = "{insert: {id: %s, title: Ask, kind: survey}, after: one}"
        arms = (
            "experiments:\n  - id: e\n    variants:\n"
            f"      - {{id: v, weight: 50, changes: [{change % 'a'}]}}\n"
            f"      - {{id: w, weight: 50, changes: [{change % 'b'}]}}\n"
        )

        assert read(TWO + SURVEY + arms)

    def test_a_fault_of_a_persona_is_told_once_and_not_with_every_variant(self):
        text = TWO + "personas:\n" + persona("newbie", "{omit: one}")

        (fault,) = faults(text + experiment("{replace: one, with: {xp: 1}}"))

        assert fault == (
            "t.yaml:9:7: personas.newbie[0]: persona 'newbie': "
            "step 'two' goes on with 'one', which is not there"
        )

    def test_a_variant_and_a_persona_that_do_not_fit_together_are_told(self):
        change = "{insert: {id: tip, title: Tip}, after: one}"
        goes = "{replace: two, with: {branches: [{condition: c, to: tip}]}}"
        text = TWO + "personas:\n" + persona("newbie", "{omit: one}", goes)

        # with the variant the persona has a tip to go to; without it there is none
        (fault,) = faults(text + experiment(change))

        assert "persona 'newbie': step 'two' goes on with 'tip'" in fault


class TestTheWayToTheDevice:
    def test_config_carries_every_field_as_it_was_written(self, client, publish_yaml):
        publish_yaml(RICH)

        answer = client.get(CONFIG).json

        assert answer["steps"][0] == encode(EVERYTHING)
        received = decode(TutorialConfig, answer)
        assert received.steps == read(RICH).steps

    def test_the_other_arm_is_the_same_from_both_sides(self, client, publish_yaml):
        publish_yaml(RICH)

        received = decode(TutorialConfig, client.get(CONFIG).json)

        other = render_arm(received, "rich_other").steps
        assert [step.id for step in other][:3] == ["everything", "plain", "tip"]
        assert (other[0].tap_through, other[0].before) == (
            None,
            Hook(name="load-other"),
        )
        assert other[0].texts == (
            StepText(language="de", body="Was ein Schritt sagen kann", cta="Los"),
        )

    def test_the_same_content_again_is_no_new_version(self, publish_yaml):
        publish_yaml(RICH)

        outcomes = publish_yaml(RICH)

        assert outcomes[0].became == "unchanged (version 1)"

    @pytest.mark.parametrize(
        ("old", "new"),
        [
            ("name: tidy-up", "name: tidy"),
            ("[filter, sort]", "[sort, filter]"),
            ("to: end", "to: ask"),
            ("cta: Los", "cta: Weiter"),
            ("targetWaitMs: 0", "targetWaitMs: 1"),
            ("    tapThrough: true\n", ""),
        ],
    )
    def test_a_change_to_any_of_it_is_a_new_version_with_a_tag_of_its_own(
        self, publish_yaml, old, new
    ):
        content = RICH.partition("experiments:")[0]
        assert old in content
        publish_yaml(content)

        outcomes = publish_yaml(content.replace(old, new))

        assert outcomes[0].became == "published as version 2"
        assert tag(content) != tag(content.replace(old, new))

    def test_a_bundle_gives_the_device_every_field(
        self, client, clock, publish_yaml, tmp_path
    ):
        publish_yaml(RICH)
        answer = client.get(CONFIG)
        path = tmp_path / "bundle.json"
        text = bundle_text([(answer.headers["ETag"], answer.text)], made_at=clock.now)
        path.write_text(text, "utf-8")

        found = Bundle.load(path).config("rich")

        assert found is not None
        assert found.config.steps == read(RICH).steps


class TestOlderSides:
    def test_a_step_that_says_nothing_new_is_sent_as_ever(self, client, tour):
        (step,) = client.get("/api/tutorial/config?tutorialId=plain").json["steps"]

        assert step == {
            "id": "only",
            "title": "The only step",
            "body": "",
            "cta": "Next",
            "placement": "auto",
            "xp": 10,
        }

    def test_a_version_that_an_older_server_stored_is_read(
        self, client, publish_yaml, sql
    ):
        publish_yaml(RICH.partition("experiments:")[0])
        old = [{"id": "one", "title": "One", "target": "list"}]
        sql(
            "UPDATE tutorial_versions SET steps = %s WHERE tutorial_id = 'rich'",
            json.dumps(old),
        )

        (step,) = client.get(CONFIG).json["steps"]

        assert (step["id"], step["target"]) == ("one", "list")
        assert "kind" not in step

    def test_a_device_that_knows_less_reads_the_rest(self, client, publish_yaml):
        """What a newer server may say is left out by a device that does not know it."""
        publish_yaml(RICH)
        answer = client.get(CONFIG).json
        newer = {**answer["steps"][0], "kind": "hologram", "sparkle": {"size": 3}}

        received = decode(TutorialConfig, {**answer, "steps": [newer]})

        assert received.steps[0].kind is None
        assert received.steps[0].target == "list"

    def test_events_of_every_step_are_taken_as_before(self, client, user, publish_yaml):
        publish_yaml(RICH)
        answers = [
            client.post(
                "/api/tutorial/step",
                headers=user.headers,
                json={
                    "tutorialId": "rich",
                    "stepId": step,
                    "status": "completed",
                    "t": 10,
                },
            ).status_code
            for step in ("everything", "wait", "ask", "tip")
        ]

        assert answers == [204] * 4
