"""All published tutorials at one moment, and what each user gets to see of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from client_sdk.contracts.changes import Change, apply_changes
from client_sdk.contracts.tutorial import CONTROL, DEFAULT_PERSONA, TutorialConfig
from sync_server.tutorials.arms import Arms
from sync_server.tutorials.definition import Experiment, Variant
from sync_server.tutorials.known_users import KnownUser, KnownUsers
from sync_server.tutorials.planning import plan_of
from sync_server.tutorials.rendering import NO_TIME, RenderedConfig, render_config
from sync_server.tutorials.store import KnownSteps, PublishedVersion

__all__ = ["PublishedTutorial", "Snapshot"]

#: Rendered answers that one worker keeps: one per tutorial, variant and persona.
_MAX_RENDERED = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedTutorial:
    """A tutorial that users get, and what pings about it may name.

    ``variants`` are those of all its experiments, over or running.
    """

    content: PublishedVersion
    running: Experiment | None
    variants: Mapping[str, Variant]
    known: KnownSteps
    arms: Arms


class Snapshot:
    """The tutorials at one content version.

    ``experiments`` are all that have variants, by id, also on tutorials that nobody gets.
    What is known of users outlives the snapshot.
    """

    def __init__(
        self,
        *,
        content_version: int,
        tutorials: Mapping[str, PublishedTutorial],
        experiments: Mapping[str, Experiment],
        users: KnownUsers,
    ) -> None:
        self.content_version = content_version
        self.tutorials = tutorials
        self.experiments = experiments
        self._users = users
        self._render = lru_cache(_MAX_RENDERED)(self._render_config)

    def user(self, user_id: UUID, *experiments: Experiment) -> KnownUser:
        """Return persona and variants of a user; who has no variant is assigned for good."""
        return self._users.get(user_id, experiments)

    def has_variant(self, user_id: UUID, experiment_id: str) -> bool:
        """Tell whether the user is remembered to have a variant; asks no database."""
        known = self._users.peek(user_id)
        return known is not None and experiment_id in known.variants

    def config(
        self, tutorial: PublishedTutorial, user_id: UUID | None
    ) -> RenderedConfig:
        """Return what the user sees.

        A user on whom nothing is known yet is assigned for good.  Nobody (None) gets the
        first variant and the default persona, and nothing is stored.
        """
        tutorial_id = tutorial.content.tutorial_id
        running = tutorial.running
        if user_id is None:
            return self._render(tutorial_id, _first_variant(tutorial), DEFAULT_PERSONA)
        if running is None:
            persona = self._users.get(user_id).persona
            return self._render(tutorial_id, CONTROL, persona)
        known = self._users.get(user_id, (running,))
        return self._render(tutorial_id, known.variants[running.id], known.persona)

    def _render_config(
        self, tutorial_id: str, variant_id: str, persona: str
    ) -> RenderedConfig:
        tutorial = self.tutorials[tutorial_id]
        content = tutorial.content
        changes = _changes(tutorial, variant_id, persona)
        steps = apply_changes(content.steps, changes)
        return render_config(
            TutorialConfig(
                tutorial_id=tutorial_id,
                version=content.version,
                persona=persona,
                variant=variant_id,
                steps=steps,
                survey=content.survey,
                xp=content.xp,
                rules=content.rules,
                experiment=plan_of(tutorial.running, content, persona, shown=steps)
                if tutorial.running
                else None,
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
