"""Statuses of a step (specification 2.2, DESIGN section 4)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["StepStatus"]


class StepStatus(StrEnum):
    """What became of a step.  The last three go beyond the specification."""

    #: It was shown.
    STARTED = "started"
    #: The user did what it asks for.
    COMPLETED = "completed"
    #: The user went past it.
    SKIPPED = "skipped"
    #: The user closed the tutorial on it.
    DISMISSED = "dismissed"
    #: It could not be shown: its widget was not there.
    TARGET_MISSING = "target_missing"
