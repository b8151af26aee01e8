"""Statuses of a step (specification 2.2, DESIGN section 4)."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["StepStatus"]


class StepStatus(StrEnum):
    """What became of a step.  The last three go beyond the specification."""

    STARTED = "started"
    COMPLETED = "completed"
    SKIPPED = "skipped"
    DISMISSED = "dismissed"
    TARGET_MISSING = "target_missing"
