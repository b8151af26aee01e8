"""The names of an app that tutorials use and that an app registers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from client_sdk.contracts.behaviour import AdvanceKind
from client_sdk.contracts.planning import render_arm
from client_sdk.contracts.step import Step
from client_sdk.contracts.tutorial import CONTROL, TutorialConfig

__all__ = ["NameKind", "Names", "Use", "uses_of"]


class NameKind(StrEnum):
    """What a name stands for in the app."""

    #: A widget: ``target`` and ``extraTargets``.
    TARGET = "target"
    #: ``showOn``, ``branches``, and what ``advanceOn`` waits for.
    CONDITION = "condition"
    #: What ``advanceOn`` waits for.
    EVENT = "event"
    #: ``before`` and ``after``.
    HOOK = "hook"

    @property
    def plural(self) -> str:
        """The word for several."""
        return f"{self.value}s"


class Use(NamedTuple):
    """A name that a step uses."""

    step_id: str
    kind: NameKind
    name: str


class Names:
    """What an app registers, by kind."""

    def __init__(self) -> None:
        self._names: dict[NameKind, set[str]] = {kind: set() for kind in NameKind}
        #: Where a name is made that reading the source does not tell, as ``file:line``.
        self.computed: list[str] = []

    def __len__(self) -> int:
        return sum(len(names) for names in self._names.values())

    def add(self, kind: NameKind, names: Iterable[str]) -> None:
        """Note names as registered; an empty one is none."""
        self._names[kind].update(name for name in names if name)

    def of(self, kind: NameKind) -> frozenset[str]:
        """Return the names of a kind."""
        return frozenset(self._names[kind])


def uses_of(config: TutorialConfig) -> list[Use]:
    """Return each name that any arm of a tutorial uses, once a step, in order.

    DecodeError if the running experiment holds a change that we do not know.
    """
    steps = list(config.steps)
    if config.experiment is not None:
        for variant in (CONTROL, *(each.id for each in config.experiment.variants)):
            steps += render_arm(config, variant).steps
    return list(dict.fromkeys(use for step in steps for use in _uses(step)))


def _uses(step: Step) -> Iterator[Use]:
    targets = (step.target, *(step.extra_targets or ()))
    yield from (Use(step.id, NameKind.TARGET, name) for name in targets if name)
    conditions = [step.show_on, *(each.condition for each in step.branches or ())]
    advance = step.advance_on
    if advance is not None and advance.kind is AdvanceKind.CONDITION:
        conditions.append(advance.name)
    yield from (Use(step.id, NameKind.CONDITION, name) for name in conditions if name)
    if advance is not None and advance.kind is AdvanceKind.EVENT and advance.name:
        yield Use(step.id, NameKind.EVENT, advance.name)
    for hook in (step.before, step.after):
        if hook is not None:
            yield Use(step.id, NameKind.HOOK, hook.name)
