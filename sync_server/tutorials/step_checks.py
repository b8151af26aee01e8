"""What must hold within one step.  Pure."""

from __future__ import annotations

from collections.abc import Iterator

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from client_sdk.contracts.step import Step, StepKind
from sync_server.tutorials.source import Source
from sync_server.tutorials.text_checks import check_texts
from sync_server.validation import Location

__all__ = ["check_fields", "check_step", "contradictions"]

#: What is waited for by a name that the app gave it.
_NAMED = frozenset({AdvanceKind.EVENT, AdvanceKind.CONDITION})


def check_step(place: Location, step: Step, source: Source) -> None:
    """Add to the source's faults what does not fit in a step that was written whole."""
    check_fields(place, step, source)
    for field, detail in contradictions(step):
        source.fault((*place, *field), detail)


def check_fields(place: Location, step: Step, source: Source) -> None:
    """Add to the source's faults what is wrong with a field, whatever the others say."""
    if step.advance_on is not None:
        _check_advance((*place, "advanceOn"), step.advance_on, source)
    check_texts(place, step.texts, source)


def contradictions(step: Step) -> Iterator[tuple[Location, str]]:
    """Yield the place in the step of each field that another field contradicts, and why."""
    if step.target is None:
        yield from _without_target(step)
    if step.kind is StepKind.WAIT:
        waits_for = step.advance_on or AdvanceOn()
        if waits_for.kind is AdvanceKind.BUTTON:
            key = "kind" if step.advance_on is None else "advanceOn"
            yield (
                (key,),
                "a step of kind wait shows no button; say what completes it, "
                "as advanceOn: {kind: event, name: project-created}",
            )
    for index, branch in enumerate(step.branches or ()):
        if branch.to == step.id:
            yield (
                ("branches", index, "to"),
                f"the step {step.id!r} cannot go on with itself",
            )


def _without_target(step: Step) -> Iterator[tuple[Location, str]]:
    if step.extra_targets is not None:
        yield ("extraTargets",), "these stand beside a target; say target, too"
    if step.kind is StepKind.HOTSPOT:
        yield ("kind",), "a hotspot stands on a target; say target, too"
    if step.tap_through:
        yield ("tapThrough",), "there is nothing to tap; say target, too"
    if step.advance_on is not None and step.advance_on.kind is AdvanceKind.TAP:
        yield ("advanceOn",), "there is nothing to tap; say target, too"


def _check_advance(place: Location, advance_on: AdvanceOn, source: Source) -> None:
    if advance_on.kind in _NAMED and advance_on.name is None:
        source.fault(
            place, f"say which {advance_on.kind} of the app, by its name: {{name: ...}}"
        )
    if advance_on.kind not in _NAMED and advance_on.name is not None:
        source.fault(
            (*place, "name"),
            f"{advance_on.kind} needs no name; that belongs to condition and event",
        )
