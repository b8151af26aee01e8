"""One person's progress, out of the registers and awards of all its user ids.  Pure.

Every merge is commutative, associative and idempotent: a maximum, a union, or the last
of a total order.  So what was delivered decides, and not in which order or how often.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from client_sdk.contracts.progress import Resume, later

__all__ = ["PositionOf", "Register", "Standing", "merge_registers", "standing"]

#: Returns the place of a step among those of its tutorial.
PositionOf = Callable[[str], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """Where to go on in one tutorial, and the furthest step that a device reported."""

    resume: Resume
    furthest_step: str
    furthest_position: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a person stands in one tutorial."""

    completed_steps: tuple[str, ...]
    is_completed: bool
    furthest_step: str
    furthest_position: int
    xp: int
    resume: Resume | None

    @property
    def is_finished(self) -> bool:
        """Tell whether the person is through: completed it, or ended the last run."""
        return self.is_completed or (self.resume is not None and self.resume.finished)

    @property
    def is_unfinished(self) -> bool:
        """Tell whether there is something to go on with.

        A device that reports no position has begun something once a step is completed.
        """
        if self.resume is not None:
            return not self.resume.finished
        return not self.is_completed


def merge_registers(one: Register, other: Register) -> Register:
    """Return what both say together."""
    furthest = max(one, other, key=lambda r: (r.furthest_position, r.furthest_step))
    return Register(
        resume=later(one.resume, other.resume),
        furthest_step=furthest.furthest_step,
        furthest_position=furthest.furthest_position,
    )


def standing(
    register: Register | None,
    step_points: Mapping[str, int],
    awarded: int | None,
    position_of: PositionOf,
) -> Standing:
    """Return where somebody stands who has a register, completed steps, or both.

    ``step_points`` are the completed steps with their points, ``awarded`` those for the
    whole tutorial, None as long as it is not completed.
    """
    places: Iterable[tuple[int, str]] = sorted((position_of(s), s) for s in step_points)
    completed = tuple(step_id for _, step_id in places)
    reached = [*places]
    if register is not None:
        reached.append((register.furthest_position, register.furthest_step))
    position, step_id = max(reached)
    return Standing(
        completed_steps=completed,
        is_completed=awarded is not None,
        furthest_step=step_id,
        furthest_position=position,
        xp=sum(step_points.values()) + (awarded or 0),
        resume=register.resume if register else None,
    )
