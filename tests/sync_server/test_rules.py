"""Rules and points in a tutorial's file: what is wrong is told with its place."""

from __future__ import annotations

import pytest

from client_sdk.contracts.tutorial import Device, Rules
from sync_server.tutorials.reading import read_tutorial
from sync_server.tutorials.source import ImportFaults

HEAD = "id: tour\nname: Tour\nsteps:\n  - {id: only, title: The only step}\n"


def faults(text):
    with pytest.raises(ImportFaults) as caught:
        read_tutorial(text, file="t.yaml")
    return [str(fault) for fault in caught.value.faults]


def test_rules_and_points_are_read():
    tutorial, _ = read_tutorial(
        HEAD.replace("title: The only step", "title: T, xp: 0")
        + "xp: 250\n"
        + "rules:\n"
        + "  priority: -3\n"
        + "  devices: [ios, desktop]\n"
        + "  startsAt: 2026-01-31T08:30:00Z\n"
        + "  requires: [other]\n"
        + "  repeatable: true\n"
        + "  maxRuns: 3\n",
        file="t.yaml",
    )

    assert (tutorial.xp, tutorial.steps[0].xp) == (250, 0)
    rules = tutorial.rules
    assert rules is not None
    assert rules.devices == (Device.IOS, Device.DESKTOP)
    assert (rules.priority, rules.requires, rules.max_runs) == (-3, ("other",), 3)


def test_without_rules_there_are_none():
    tutorial, _ = read_tutorial(HEAD, file="t.yaml")

    assert tutorial.rules is None
    assert (tutorial.xp, tutorial.steps[0].xp) == (0, 10)


def test_empty_rules_are_no_condition():
    tutorial, _ = read_tutorial(HEAD + "rules: {}\n", file="t.yaml")

    assert tutorial.rules == Rules()


@pytest.mark.parametrize(
    ("rules", "fault"),
    [
        pytest.param(
            "{prioritty: 3}",
            "t.yaml:5:9: rules.prioritty: unknown key; did you mean priority?",
            id="unknown-key",
        ),
        pytest.param(
            "often",
            "t.yaml:5:1: rules: keys are needed here: priority, devices, personas, "
            "startsAt, endsAt, requires, repeatable, maxRuns, cooldownSeconds",
            id="no-mapping",
        ),
        pytest.param(
            "{devices: [ios, toaster]}",
            "t.yaml:5:24: rules.devices[1]: 'toaster' is not one of "
            "web, ios, android, desktop",
            id="device",
        ),
        pytest.param(
            "{devices: []}",
            "t.yaml:5:9: rules.devices: nobody could start it; name devices, "
            "or leave it out",
            id="no-devices",
        ),
        pytest.param(
            "{personas: []}",
            "t.yaml:5:9: rules.personas: nobody could start it; name personas, "
            "or leave it out",
            id="no-personas",
        ),
        pytest.param(
            "{startsAt: 2026-01-31T08:30:00}",
            "t.yaml:5:9: rules.startsAt: the time needs a UTC offset, "
            "as in 2026-01-31T08:30:00Z, not '2026-01-31T08:30:00'",
            id="no-offset",
        ),
        pytest.param(
            "{startsAt: 2026-01-31T08:30:00Z, endsAt: 2026-01-31T09:30:00+01:00}",
            "t.yaml:5:41: rules.endsAt: it ends before it starts; "
            "startsAt is on line 5",
            id="ends-first",
        ),
        pytest.param(
            "{requires: [tour]}",
            "t.yaml:5:20: rules.requires[0]: a tutorial cannot require itself",
            id="itself",
        ),
        pytest.param(
            "{repeatable: true, maxRuns: 1}",
            "t.yaml:5:27: rules.maxRuns: one run only contradicts repeatable; "
            "leave one out",
            id="one-run-repeatable",
        ),
        pytest.param(
            "{maxRuns: 0}",
            "t.yaml:5:9: rules.maxRuns: the number must be at least 1, not 0",
            id="no-runs",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_told_with_its_place(rules, fault):
    assert faults(f"{HEAD}rules: {rules}\n") == [fault]


def test_points_have_bounds():
    text = HEAD.replace("title: The only step", "title: T, xp: 10001") + "xp: -1\n"

    assert faults(text) == [
        "t.yaml:4:26: steps[0].xp: the number must be at most 10000, not 10001",
        "t.yaml:5:1: xp: the number must be at least 0, not -1",
    ]


class TestBetweenTutorials:
    def publish(self, publish_yaml, tutorial_id, *required):
        names = ", ".join(required)
        return publish_yaml(
            HEAD.replace("id: tour", f"id: {tutorial_id}")
            + (f"rules: {{requires: [{names}]}}\n" if required else "")
        )

    def test_what_is_published_can_be_required(self, publish_yaml):
        self.publish(publish_yaml, "first")

        outcomes = self.publish(publish_yaml, "second", "first")

        assert outcomes[0].became == "published as version 1"

    def test_what_is_not_published_cannot_be_required(self, publish_yaml):
        self.publish(publish_yaml, "first")

        with pytest.raises(ImportFaults) as caught:
            self.publish(publish_yaml, "second", "furst")

        assert str(caught.value) == (
            "test.yaml:5:20: rules.requires[0]: no tutorial 'furst' is published; "
            "import it first. Published: first"
        )

    def test_a_circle_is_told_with_its_way(self, publish_yaml):
        self.publish(publish_yaml, "a")
        self.publish(publish_yaml, "b", "a")
        self.publish(publish_yaml, "c", "b")

        with pytest.raises(ImportFaults) as caught:
            self.publish(publish_yaml, "a", "c")

        assert str(caught.value) == (
            "test.yaml:5:20: rules.requires[0]: none of these could ever start: "
            "a -> c -> b -> a"
        )

    def test_two_ways_to_one_tutorial_are_no_circle(self, publish_yaml):
        self.publish(publish_yaml, "a")
        self.publish(publish_yaml, "b", "a")
        self.publish(publish_yaml, "c", "a")

        assert self.publish(publish_yaml, "d", "b", "c", "a")

    def test_other_rules_or_points_are_another_version(self, publish_yaml):
        publish_yaml(HEAD)

        for number, change in enumerate(
            ("xp: 5\n", "xp: 5\nrules: {}\n", "rules: {}\n"), start=2
        ):
            (outcome,) = publish_yaml(HEAD + change)
            assert outcome.became == f"published as version {number}"
            (again,) = publish_yaml(HEAD + change)
            assert again.became == f"unchanged (version {number})"
