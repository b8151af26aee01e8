"""Where a person stands in each tutorial, and what that has earned (DESIGN section 6)."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from client_sdk.contracts.constraints import AtLeast, AtMost
from client_sdk.contracts.hlc import HybridTime
from client_sdk.contracts.limits import Id
from client_sdk.contracts.wire import Wire, wire

__all__ = [
    "Position",
    "Progress",
    "Resume",
    "TutorialProgress",
    "later",
]

#: Place of a step among the steps that the device shows, from 0.
Position = Annotated[int, AtLeast(0), AtMost(10_000)]


@wire(frozen=True, kw_only=True)
class Resume(Wire):
    """Where to go on: the last write of any device, by its clock.

    Also the body of ``PUT /api/tutorial/progress/{tutorialId}``, with the device's time.

    ``finished`` says that the run is over, at its last step or because the user has
    closed it for good; then there is nothing to go on with.
    """

    #: The step to go on with.
    step_id: Id
    #: Its place among the steps that the device shows, from 0.
    position: Position
    #: The run to go on with.
    run_id: UUID | None = None
    #: Whether there is nothing to go on with.
    finished: bool = False
    #: When it was written; the latest of all devices wins.
    clock: HybridTime


def later(one: Resume, other: Resume) -> Resume:
    """Return the last write of two, the same one whichever comes first.

    The server's query ``put_register`` decides in the same order.
    """
    return max(one, other, key=_order)


def _order(resume: Resume) -> tuple[object, ...]:
    # What two writes with one clock differ in decides between them, so that even a
    # device that breaks the rules leaves the same state in any order.
    run = resume.run_id
    return (
        resume.clock,
        resume.finished,
        resume.position,
        resume.step_id,
        run is not None,
        run.int if run else 0,
    )


@wire(frozen=True, kw_only=True)
class TutorialProgress(Wire):
    """One tutorial's: steps completed ever, the furthest one reached, where to go on.

    ``completed`` says that every step of an arm that the person saw is completed, but for those
    that a condition, a branch or a missing target may leave out, and for a survey.
    ``etag`` is quoted, what ``If-Match`` of a PUT takes; it covers all other fields.
    """

    #: The tutorial, as its author named it.
    tutorial_id: Id
    #: Every step ever completed, in any version.
    completed_steps: tuple[Id, ...]
    #: Whether every step of an arm that the person saw is completed, but for optional ones.
    completed: bool
    #: The step furthest along that was ever reached.
    furthest_step: Id
    #: Its place, from 0.
    furthest_position: Position
    #: Points earned in this tutorial.
    xp: Annotated[int, AtLeast(0)]
    #: Quoted, for `If-Match` of a PUT; it covers all other fields.
    etag: str
    #: Where to go on, if anywhere.
    resume: Resume | None = None
    #: Steps completed in the run of `resume`, on any device; missing where it names none.
    run_steps: tuple[Id, ...] | None = None


@wire(frozen=True, kw_only=True)
class Progress(Wire):
    """Answer of ``GET /api/tutorial/progress``.

    ``total_xp`` is of all tutorials, also where only one is asked for.
    """

    #: Points earned in all tutorials, also where only one is asked for.
    total_xp: Annotated[int, AtLeast(0)]
    #: The tutorials in which the person has done anything.
    tutorials: tuple[TutorialProgress, ...]
