"""All published tutorials at one moment, and what each user gets to see of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from client_sdk.contracts.tutorial import CONTROL, DEFAULT_PERSONA
from sync_server.tutorials.arms import Arms
from sync_server.tutorials.definition import Experiment, Variant
from sync_server.tutorials.known_users import KnownUser, KnownUsers
from sync_server.tutorials.planning import config_of
from sync_server.tutorials.rendering import RenderedConfig, render_config
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
        self._running = tuple(t.running for t in tutorials.values() if t.running)
        self._render = lru_cache(_MAX_RENDERED)(self._render_config)

    def user(self, user_id: UUID, *experiments: Experiment) -> KnownUser:
        """Return persona and variants of a user; who has no variant is assigned for good."""
        return self._users.get(user_id, experiments)

    def seen(self, user_id: UUID) -> KnownUser:
        """Return a user with the personas of all running experiments; assigns nobody."""
        return self._users.seen(user_id, self._running)

    def has_variant(self, user_id: UUID, experiment_id: str) -> bool:
        """Tell whether the user is remembered to have a variant; asks no database."""
        known = self._users.peek(user_id)
        return known is not None and experiment_id in known.variants

    def config(
        self, tutorial: PublishedTutorial, user_id: UUID | None
    ) -> RenderedConfig:
        """Return what the user sees.

        A user on whom nothing is known yet is assigned for good.  While the experiment
        runs it is shown with the persona of that day, so that content does not change in
        the middle.  Nobody (None) gets the first variant and the default persona, and
        nothing is stored.
        """
        tutorial_id = tutorial.content.tutorial_id
        running = tutorial.running
        if user_id is None:
            return self._render(tutorial_id, _first_variant(tutorial), DEFAULT_PERSONA)
        if running is None:
            persona = self._users.get(user_id).persona
            return self._render(tutorial_id, CONTROL, persona)
        known = self._users.get(user_id, (running,))
        persona = known.persona_under(running)
        return self._render(tutorial_id, known.variants[running.id], persona)

    def _render_config(
        self, tutorial_id: str, variant_id: str, persona: str
    ) -> RenderedConfig:
        tutorial = self.tutorials[tutorial_id]
        config = config_of(
            tutorial.content,
            tutorial.running,
            tutorial.variants.get(variant_id),
            persona,
        )
        # a stored variant whose row is gone is still what the user has
        return render_config(dataclasses.replace(config, variant=variant_id))


def _first_variant(tutorial: PublishedTutorial) -> str:
    return tutorial.running.variants[0].id if tutorial.running else CONTROL
