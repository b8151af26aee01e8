"""A tutorial for devices that have no server."""

from __future__ import annotations

from datetime import UTC, datetime

from benchmarks.events import STEPS
from client_sdk import Step, SurveyPrompt, TutorialConfig

__all__ = ["TOUR"]

#: As long as the demo tour.
TOUR = TutorialConfig(
    tutorial_id="welcome-tour",
    version=1,
    persona="newbie",
    variant="v1_control",
    steps=tuple(Step(id=one, title=one.title(), body="x" * 300) for one in STEPS),
    expires=datetime(2026, 12, 1, tzinfo=UTC),
    survey=SurveyPrompt(question="How likely?"),
)
