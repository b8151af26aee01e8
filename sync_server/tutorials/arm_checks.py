"""What must hold in everything that users will meet of a tutorial.  Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import product

from client_sdk.contracts.changes import Change, Insert, Omit, Replace, apply_changes
from client_sdk.contracts.step import Step, StepKind
from sync_server.tutorials.definition import Tutorial
from sync_server.tutorials.shape import suggestion
from sync_server.tutorials.source import Source
from sync_server.tutorials.step_checks import contradictions
from sync_server.validation import Location

__all__ = ["check_arms", "check_own_steps"]

#: Where a change stands, and the change.
_Placed = tuple[Location, Change]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """The changes of a variant or of a persona; of neither where it has no name."""

    place: Location
    name: str = ""
    changes: tuple[_Placed, ...] = ()


def check_own_steps(tutorial: Tutorial, source: Source) -> None:
    """Add to the source's faults what does not fit between the tutorial's own steps."""
    known = {step.id for step in tutorial.steps}
    for index, step in enumerate(tutorial.steps):
        for number, branch in enumerate(step.branches or ()):
            if branch.to not in known:
                source.fault(
                    ("steps", index, "branches", number, "to"),
                    f"no step {branch.to!r}; {suggestion(branch.to, known)}",
                )
    asking = [i for i, s in enumerate(tutorial.steps) if s.kind is StepKind.SURVEY]
    # one that cannot be read has its own faults
    has_survey = tutorial.survey is not None or bool(source.data.get("survey"))
    for index in asking[:1] if not has_survey else ():
        source.fault(
            ("steps", index, "kind"), "the tutorial has no survey; say what to ask"
        )
    for index in asking[1:]:
        line = source.line(("steps", asking[0]))
        source.fault(
            ("steps", index, "kind"),
            f"the survey is asked once; the step on line {line} does so",
        )


def check_arms(tutorial: Tutorial, source: Source) -> None:
    """Apply every variant together with every persona, as users will meet them."""
    told: set[tuple[Location, str]] = set()
    for ours, theirs in product(_variants(tutorial), _personas(tutorial)):
        who = " and ".join(name for name in (ours.name, theirs.name) if name)
        for place, detail in _faults(tutorial, ours, theirs):
            # a persona's fault is one, not one with every variant
            if (place, detail) not in told:
                source.fault(place, f"{who}: {detail}")
            told.add((place, detail))


def _variants(tutorial: Tutorial) -> list[_Part]:
    parts = [_Part(place=("steps",))]
    for i, experiment in enumerate(tutorial.experiments):
        for j, variant in enumerate(experiment.variants):
            place: Location = ("experiments", i, "variants", j)
            changes = _placed((*place, "changes"), variant.changes)
            name = f"variant {variant.id!r}"
            parts.append(_Part(place=place, name=name, changes=changes))
    return parts


def _personas(tutorial: Tutorial) -> list[_Part]:
    parts = [_Part(place=())]
    for persona, its_changes in tutorial.personas.items():
        place: Location = ("personas", persona)
        changes = _placed(place, its_changes)
        parts.append(_Part(place=place, name=f"persona {persona!r}", changes=changes))
    return parts


def _placed(place: Location, changes: Sequence[Change]) -> tuple[_Placed, ...]:
    return tuple(((*place, i), change) for i, change in enumerate(changes))


def _faults(
    tutorial: Tutorial, ours: _Part, theirs: _Part
) -> Iterator[tuple[Location, str]]:
    changes = (*ours.changes, *theirs.changes)
    steps = apply_changes(tutorial.steps, [change for _, change in changes])
    whole = theirs.place or ours.place
    if not steps:
        yield whole, "no step is left"
        return
    name, count = Counter(step.id for step in steps).most_common(1)[0]
    if count > 1:
        yield whole, f"both have a step {name!r}"
    own = set(tutorial.steps)
    ids = {step.id for step in steps}
    for step in steps:
        if step not in own:
            for _, detail in contradictions(step):
                yield _last(changes, {step.id}) or whole, f"step {step.id!r}: {detail}"
        for branch in step.branches or ():
            if branch.to not in ids:
                place = _last(changes, {step.id, branch.to}) or whole
                yield (
                    place,
                    f"step {step.id!r} goes on with {branch.to!r}, which is not there",
                )
    yield from _survey_faults(tutorial, steps, changes, whole)


def _survey_faults(
    tutorial: Tutorial,
    steps: Sequence[Step],
    changes: Sequence[_Placed],
    whole: Location,
) -> Iterator[tuple[Location, str]]:
    asking = {step.id for step in steps if step.kind is StepKind.SURVEY}
    place = _last(changes, asking) or whole
    if asking and tutorial.survey is None:
        yield place, "the tutorial has no survey; say what to ask"
    if len(asking) > 1:
        yield place, f"the survey is asked once, not in {', '.join(sorted(asking))}"


def _last(changes: Sequence[_Placed], step_ids: Collection[str]) -> Location | None:
    """Return where the last change to one of these steps stands."""
    found: Location | None = None
    for place, change in changes:
        match change:
            case Replace(step_id=step_id) | Omit(step_id=step_id):
                found = place if step_id in step_ids else found
            case Insert(step=step):
                found = place if step.id in step_ids else found
    return found
