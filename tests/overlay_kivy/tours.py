"""Tutorials to show over the sample app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from client_sdk import Step, SurveyPrompt, TutorialConfig

TOUR = "welcome-tour"


def make_step(step_id: str, **fields: Any) -> Step:
    """Return a step whose title is its id, unless told otherwise."""
    return Step(id=step_id, **{"title": step_id, **fields})


def make_tour(
    *steps: Step, survey: SurveyPrompt | None = None, tutorial_id: str = TOUR
) -> TutorialConfig:
    """Return the content that the server answers with."""
    return TutorialConfig(
        tutorial_id=tutorial_id,
        version=1,
        persona="newbie",
        variant="v1_control",
        steps=steps,
        expires=datetime.now(UTC) + timedelta(hours=1),
        survey=survey,
    )
