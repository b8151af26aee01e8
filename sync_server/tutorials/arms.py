"""What each arm of each version of a tutorial shows, and what that is worth.  Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import NamedTuple

from client_sdk.contracts.changes import Change, apply_changes
from client_sdk.contracts.completion import required_steps
from sync_server.tutorials.definition import Variant
from sync_server.tutorials.store import PublishedVersion

__all__ = ["Arm", "Arms", "Seen"]


class Seen(NamedTuple):
    """What an event says of the arm that its user saw; None where it says nothing."""

    version: int | None
    variant: str | None
    persona: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """The steps that some users see, in order, each with its points.

    ``xp`` is for completing all that are ``required``.
    """

    points: dict[str, int]
    required: frozenset[str]
    xp: int

    def is_completed_by(self, steps: AbstractSet[str]) -> bool:
        """Tell whether all its required steps are among these."""
        return bool(self.required) and self.required <= steps

    def ending(self) -> Iterator[str]:
        """Yield its last required step, and those after it."""
        for step_id in reversed(self.points):
            yield step_id
            if step_id in self.required:
                return


class Arms:
    """The arms of one tutorial: every version, with every variant and every persona."""

    def __init__(
        self,
        versions: Mapping[int, PublishedVersion],
        variants: Mapping[str, Variant],
    ) -> None:
        self._versions = versions
        self._variants = variants
        self._newest = max(versions)
        self._arms: dict[tuple[int, str | None, str | None], Arm] = {}

    def arm(self, seen: Seen) -> Arm:
        """Return the arm that was seen.

        The newest version stands for one that is not told, the tutorial's own steps for a
        variant or persona that is not told or changes nothing.
        """
        number = self._newest if seen.version is None else seen.version
        version = self._versions[number]
        # the names in the key are few: what users make up is no name of ours
        variant = seen.variant if seen.variant in self._variants else None
        persona = seen.persona if seen.persona in version.personas else None
        key = (number, variant, persona)
        arm = self._arms.get(key)
        if arm is None:
            arm = self._arms[key] = self._make(version, variant, persona)
        return arm

    def points(self, step_id: str, seen: Seen) -> int:
        """Return what a step is worth in the arm that was seen.

        A step that is not in it is worth what the newest version that has it says.
        """
        points = self.arm(seen).points.get(step_id)
        return self._places[step_id][1] if points is None else points

    def position(self, step_id: str) -> int:
        """Return the step's place in the newest version that has it; 0 if none has."""
        return self._places.get(step_id, (0, 0))[0]

    def completed(self, steps: AbstractSet[str], seen: Iterable[Seen]) -> int | None:
        """Return what completing these steps earns; None if no arm seen is complete.

        The greatest wins where several are complete: that depends on the set of what was
        seen alone, and so not on the order in which it became known.
        """
        arms = (self.arm(each) for each in seen)
        return max((arm.xp for arm in arms if arm.is_completed_by(steps)), default=None)

    def is_last(self, step_id: str) -> bool:
        """Tell whether the step may be the last one that any arm needs."""
        return step_id in self._last

    def may_be_completed(self, steps: AbstractSet[str], awarded: int | None) -> bool:
        """Tell whether any arm, seen or not, is complete and worth more than awarded."""
        least = -1 if awarded is None else awarded
        return any(
            arm.xp > least and arm.is_completed_by(steps) for arm in self._distinct
        )

    @cached_property
    def _distinct(self) -> list[Arm]:
        arms = {(arm.required, arm.xp): arm for arm in self._all()}
        return list(arms.values())

    @cached_property
    def _last(self) -> frozenset[str]:
        return frozenset(step_id for arm in self._all() for step_id in arm.ending())

    @cached_property
    def _places(self) -> dict[str, tuple[int, int]]:
        """Position and points of every step, as the newest version that has it says."""
        places: dict[str, tuple[int, int]] = {}
        for arm in self._all():
            for position, (step_id, points) in enumerate(arm.points.items()):
                places.setdefault(step_id, (position, points))
        return places

    def _all(self) -> Iterator[Arm]:
        """Yield the newest version's first, and of each version its own steps first."""
        for number in sorted(self._versions, reverse=True):
            version = self._versions[number]
            variants, personas = [None, *self._variants], [None, *version.personas]
            for variant, persona in product(variants, personas):
                yield self._make(version, variant, persona)

    def _make(
        self, version: PublishedVersion, variant: str | None, persona: str | None
    ) -> Arm:
        changes: tuple[Change, ...] = ()
        if variant is not None:
            changes += self._variants[variant].changes
        if persona is not None:
            changes += tuple(version.personas[persona])
        steps = apply_changes(version.steps, changes)
        return Arm(
            points={step.id: step.xp for step in steps},
            required=required_steps(steps),
            xp=version.xp,
        )
