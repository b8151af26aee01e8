"""Which steps complete a tutorial, as the server pays for it and a device shows it.  Pure."""

from __future__ import annotations

from collections.abc import Sequence

from client_sdk.contracts.behaviour import MissingTarget
from client_sdk.contracts.step import Step, StepKind

__all__ = ["required_steps"]


def required_steps(steps: Sequence[Step]) -> frozenset[str]:
    """Return the ids of the steps that complete a tutorial: those that everybody meets.

    Not what a condition, a branch or a missing target may leave out, and no survey: it
    may be declined, and is not asked of everybody.  All steps, where nobody must meet
    any.
    """
    places = {step.id: place for place, step in enumerate(steps)}
    passed: set[str] = set()
    for place, step in enumerate(steps):
        for branch in step.branches or ():
            between = steps[place + 1 : places.get(branch.to, 0)]
            passed.update(each.id for each in between)
    met = (step.id for step in steps if not _may_be_left_out(step))
    return frozenset(met) - passed or frozenset(places)


def _may_be_left_out(step: Step) -> bool:
    return (
        step.show_on is not None
        or step.kind is StepKind.SURVEY
        or step.on_missing_target is MissingTarget.SKIP
    )
