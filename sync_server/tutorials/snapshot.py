"""All published tutorials at one moment, and what each user gets to see of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from client_sdk.contracts.assignment import WeightedVariant
from client_sdk.contracts.tutorial import CONTROL, DEFAULT_PERSONA, TutorialConfig
from sync_server.tutorials.changes import Change, apply_changes
from sync_server.tutorials.definition import Experiment, Variant
from sync_server.tutorials.rendering import NO_TIME, RenderedConfig, render_config
from sync_server.tutorials.store import KnownSteps, PublishedVersion

__all__ = ["PublishedTutorial", "Snapshot", "UserLookups"]

#: Users whose variant or persona one worker keeps in memory, about 200 bytes each.
_MAX_USERS = 100_000
#: Rendered answers that one worker keeps: one per tutorial, variant and persona.
_MAX_RENDERED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class UserLookups:
    """How to learn a user's variant (of an experiment) and persona."""

    variant_of: Callable[[UUID, str, Sequence[WeightedVariant]], str]
    persona_of: Callable[[UUID], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTutorial:
    """A tutorial that users get, and what pings about it may name.

    ``variants`` are those of all its experiments, over or running.
    """

    content: PublishedVersion
    running: Experiment | None
    variants: Mapping[str, Variant]
    known: KnownSteps


class Snapshot:
    """The tutorials at one content version, and what was looked up since.

    The look-ups live and die with the snapshot: a new persona or experiment makes a new
    content version, so nothing in here is stale for longer than the snapshot.
    """

    def __init__(
        self,
        *,
        content_version: int,
        tutorials: Mapping[str, PublishedTutorial],
        lookups: UserLookups,
    ) -> None:
        self.content_version = content_version
        self.tutorials = tutorials
        self._lookups = lookups
        self._variant_of = lru_cache(_MAX_USERS)(self._look_up_variant)
        self._persona_of = lru_cache(_MAX_USERS)(lookups.persona_of)
        self._render = lru_cache(_MAX_RENDERED)(self._render_config)

    def config(
        self, tutorial: PublishedTutorial, user_id: UUID | None
    ) -> RenderedConfig:
        """Return what the user sees.

        A user on whom nothing is known yet is assigned for good.  Nobody (None) gets the
        first variant and the default persona, and nothing is stored.
        """
        tutorial_id = tutorial.content.tutorial_id
        if user_id is None:
            return self._render(tutorial_id, _first_variant(tutorial), DEFAULT_PERSONA)
        is_running = tutorial.running is not None
        return self._render(
            tutorial_id,
            self._variant_of(tutorial_id, user_id) if is_running else CONTROL,
            self._persona_of(user_id),
        )

    def _look_up_variant(self, tutorial_id: str, user_id: UUID) -> str:
        running = self.tutorials[tutorial_id].running
        if running is None:
            return CONTROL
        return self._lookups.variant_of(user_id, running.id, running.variants)

    def _render_config(
        self, tutorial_id: str, variant_id: str, persona: str
    ) -> RenderedConfig:
        tutorial = self.tutorials[tutorial_id]
        content = tutorial.content
        changes = _changes(tutorial, variant_id, persona)
        return render_config(
            TutorialConfig(
                tutorial_id=tutorial_id,
                version=content.version,
                persona=persona,
                variant=variant_id,
                steps=apply_changes(content.steps, changes),
                survey=content.survey,
                expires=NO_TIME,
            )
        )


def _first_variant(tutorial: PublishedTutorial) -> str:
    return tutorial.running.variants[0].id if tutorial.running else CONTROL


def _changes(
    tutorial: PublishedTutorial, variant_id: str, persona: str
) -> tuple[Change, ...]:
    variant = tutorial.variants.get(variant_id)
    of_variant = variant.changes if variant else ()
    return (*of_variant, *tutorial.content.personas.get(persona, ()))
