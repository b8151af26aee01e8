"""What must hold within one step.  Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator

from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from client_sdk.contracts.step import Step, StepKind, StepText
from sync_server.tutorials.source import Source
from sync_server.validation import Location

__all__ = ["check_fields", "check_step", "contradictions"]

#: Language, script, region and variants of BCP 47 (RFC 5646), without its extensions.
_LANGUAGE = re.compile(
    r"[a-z]{2,3}(-[a-z]{4})?(-([a-z]{2}|[0-9]{3}))?(-([a-z0-9]{5,8}|[0-9][a-z0-9]{3}))*",
    re.IGNORECASE | re.ASCII,
)
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
    first: dict[str, Location] = {}
    for index, text in enumerate(step.texts or ()):
        _check_text((*place, "texts", index), text, first, source)


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


def _check_text(
    place: Location, text: StepText, first: dict[str, Location], source: Source
) -> None:
    if not _LANGUAGE.fullmatch(text.language):
        source.fault(
            (*place, "language"),
            f"{text.language!r} is no language tag; write it as de, pt-BR or zh-Hant",
        )
    # tags are alike in any case (RFC 5646, section 2.1.1)
    name = text.language.lower()
    if name in first:
        source.fault(
            (*place, "language"),
            f"{text.language!r} has its words on line {source.line(first[name])}",
        )
    first.setdefault(name, place)
    if text.title is None and text.body is None and text.cta is None:
        source.fault(place, "say title, body or cta in this language")
