"""What is known of the steps that somebody completed in one tutorial."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sync_server.tutorials.arms import Seen
from sync_server.tutorials.snapshot import Snapshot

__all__ = ["Completion", "Rule", "due_awards"]


class Rule(StrEnum):
    """What an award is for."""

    STEP_COMPLETED = "step_completed"
    #: Every step of an arm that the person saw is completed; the step id is empty.
    TUTORIAL_COMPLETED = "tutorial_completed"


@dataclass(slots=True, kw_only=True)
class Completion:
    """Steps ever completed, the arms seen meanwhile, and what the whole has earned yet.

    ``awarded`` is None as long as the tutorial is not completed.
    """

    steps: set[str] = field(default_factory=set)
    seen: set[Seen] = field(default_factory=set)
    awarded: int | None = None


def due_awards(
    completions: Mapping[str, Completion], snapshot: Snapshot
) -> dict[str, int]:
    """Return the points of the tutorials that are complete and not paid, or not as much.

    A tutorial is complete when every required step is completed of an arm that one of the
    completing events saw: the version, variant and persona that it names.  More events
    can only complete more, so their order does not matter, and a later version never
    takes a completion away.
    """
    due = {}
    for tutorial_id, completion in completions.items():
        arms = snapshot.tutorials[tutorial_id].arms
        worth = arms.completed(completion.steps, completion.seen)
        paid = -1 if completion.awarded is None else completion.awarded
        if worth is not None and worth > paid:
            due[tutorial_id] = worth
    return due
