from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest

from demo_app.story.archive import Answer
from demo_app.story.device_file import DeviceState
from demo_app.story.ledger import Event
from demo_app.story.plan import Plan
from demo_app.story.plot import COMMENT, SCORE, Plot
from demo_app.story.report import summary
from demo_app.story.verdict import judge

STEPS = ["welcome", "week"]
ANSWER = Answer(nps=SCORE, comment="v1:k1:sealed")
EMPTY = DeviceState(
    device_id=UUID(int=1),
    last_seq=4,
    waiting=(),
    waiting_surveys=0,
    set_aside=0,
    step_id="week",
    run_status="finished",
    variant="v1_control",
    persona="newbie",
)


def make_events() -> list[Event]:
    told = [(step, status) for step in STEPS for status in ("started", "completed")]
    return [
        Event(
            event_id=UUID(int=100 + seq),
            seq=seq,
            run_id=UUID(int=7),
            step_id=step,
            status=status,
        )
        for seq, (step, status) in enumerate(told, start=1)
    ]


def report_on(
    *, stored=None, answers=(ANSWER,), device=EMPTY, resumed="week", killed=True
):
    events = make_events() if stored is None else stored
    stage: Any = SimpleNamespace(
        archive=SimpleNamespace(events=lambda: events, answers=lambda: list(answers)),
        device=SimpleNamespace(seen={e.event_id: e for e in make_events()}),
    )
    plot = Plot(stage=stage, plan=Plan(kill_at=2), output=Path(), say=print)
    plot.steps_seen = list(STEPS)
    plot.is_killed = killed
    plot.resumed_at, plot.expected_at = resumed, "week"
    return judge(plot, device, seconds=1.0)


def test_story_in_which_everything_arrived_is_good():
    report = report_on()

    assert report.is_good, report.faults
    assert (report.events_shown, report.delivered) == (4, 4)
    assert "Every event arrived exactly once." in summary(report, Path("out"))


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        pytest.param({"stored": make_events()[:3]}, "lost=1", id="lost event"),
        pytest.param(
            {"stored": make_events() + make_events()[:1]},
            "duplicated=1",
            id="doubled event",
        ),
        pytest.param({"answers": ()}, "0 answers", id="no answer"),
        pytest.param({"answers": (ANSWER, ANSWER)}, "2 answers", id="two answers"),
        pytest.param(
            {"answers": (replace(ANSWER, nps=3),)}, "PostgreSQL holds 3", id="score"
        ),
        pytest.param(
            {"answers": (replace(ANSWER, comment=COMMENT),)},
            "not encrypted",
            id="plain comment",
        ),
        pytest.param({"resumed": "welcome"}, "resumed at welcome", id="wrong step"),
        pytest.param({"killed": False}, "never killed", id="no kill"),
        pytest.param(
            {"device": replace(EMPTY, set_aside=1)}, "refused 1", id="refused"
        ),
        pytest.param(
            {"device": replace(EMPTY, waiting_surveys=1)}, "1 still wait", id="waiting"
        ),
    ],
)
def test_whatever_is_wrong_makes_the_story_fail(changes, fault):
    report = report_on(**changes)

    assert not report.is_good
    assert any(fault in text for text in report.faults), report.faults
    assert f"FAULT: {report.faults[0]}" in summary(report, Path("out"))


def test_completed_step_that_nobody_saw_is_a_fault():
    events = make_events()
    events[3] = replace(events[3], step_id="sync")
    assert any("seen ['welcome', 'week']" in f for f in report_on(stored=events).faults)
