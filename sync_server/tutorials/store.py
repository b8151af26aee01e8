"""Tutorials, versions and experiments in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.types.json import Jsonb

from client_sdk.contracts.changes import Change
from client_sdk.contracts.codec import decode, encode
from client_sdk.contracts.tutorial import Rules, Step, SurveyPrompt
from sync_server.db.queries import load_queries
from sync_server.tutorials.definition import (
    Allocation,
    Experiment,
    ExperimentStatus,
    Tutorial,
    Variant,
    change_from_json,
    change_to_json,
    step_ids,
)

__all__ = ["KnownSteps", "Poll", "PublishedVersion", "TutorialStore"]

#: More users than this in one poll count as everybody.
MAX_CHANGED_USERS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVersion:
    """The version of a tutorial that users get."""

    tutorial_id: str
    version: int
    steps: tuple[Step, ...]
    survey: SurveyPrompt | None
    personas: Mapping[str, tuple[Change, ...]]
    xp: int
    rules: Rules | None


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSteps:
    """What a device may have seen of a tutorial: every version, by its number."""

    versions: Mapping[int, PublishedVersion]
    step_ids: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """How the database stands.

    ``database_snapshot`` is PostgreSQL's text of the transactions that this poll saw;
    ``changed_users`` is None where everybody may have changed.
    """

    content_version: int
    database_snapshot: str
    changed_users: frozenset[UUID] | None


class TutorialStore:
    """Reads and writes through the connection that it is given: the caller's transaction."""

    def __init__(self) -> None:
        self._queries = load_queries("sync_server.tutorials")

    def content_version(self, connection: Connection[Any]) -> int:
        """Return the number that grows with every change of what config answers."""
        return int(self._queries.content_version(connection))

    def poll(self, connection: Connection[Any], seen: str | None) -> Poll:
        """Return what changed in transactions that the poll ``seen`` did not see.

        Without one only the numbers are told, and no users.
        """
        row = self._queries.changes_since(
            connection, seen=seen, most_users=MAX_CHANGED_USERS
        )
        return Poll(
            content_version=int(row[0]),
            database_snapshot=str(row[1]),
            changed_users=None if row[2] else frozenset(row[3]),
        )

    def published(self, connection: Connection[Any]) -> list[PublishedVersion]:
        """Return the newest published version of every tutorial."""
        rows = self._queries.published_tutorials(connection)
        return [_version(row) for row in rows]

    def known_steps(self, connection: Connection[Any]) -> dict[str, KnownSteps]:
        """Return versions and steps ever published, by tutorial; variants not included."""
        rows = self._queries.ever_published(connection)
        known = {}
        for tutorial_id, group in groupby(rows, key=lambda row: str(row[0])):
            versions = [_version(row) for row in group]
            known[tutorial_id] = KnownSteps(
                versions={v.version: v for v in versions},
                step_ids=frozenset().union(
                    *(step_ids(v.steps, *v.personas.values()) for v in versions)
                ),
            )
        return known

    def experiments(self, connection: Connection[Any]) -> dict[str, list[Experiment]]:
        """Return all experiments by tutorial."""
        rows = self._queries.experiments(connection)
        return {
            tutorial_id: _experiments(group)
            for tutorial_id, group in groupby(rows, key=lambda row: str(row[0]))
        }

    def experiments_of(
        self, connection: Connection[Any], tutorial_id: str
    ) -> list[Experiment]:
        """Return the experiments on one tutorial."""
        rows = self._queries.experiments_of(connection, tutorial_id=tutorial_id)
        return _experiments(rows)

    def owners_of_variants(
        self, connection: Connection[Any], variant_ids: Sequence[str]
    ) -> dict[str, str]:
        """Return the experiment of each of these variants that exists."""
        rows = self._queries.owners_of_variants(
            connection, variant_ids=list(variant_ids)
        )
        return dict(rows)

    def owners_of_experiments(
        self, connection: Connection[Any], experiment_ids: Sequence[str]
    ) -> dict[str, str]:
        """Return the tutorial of each of these experiments that exists."""
        rows = self._queries.owners_of_experiments(
            connection, experiment_ids=list(experiment_ids)
        )
        return dict(rows)

    def lock_imports(self, connection: Connection[Any]) -> None:
        """Wait for other imports, until the end of the transaction."""
        self._queries.lock_imports(connection)

    def newest(
        self, connection: Connection[Any], tutorial_id: str
    ) -> tuple[str, PublishedVersion] | None:
        """Return name and newest published version of a tutorial, if there is one."""
        row = self._queries.newest_version(connection, tutorial_id=tutorial_id)
        return row and (str(row[0]), _version((tutorial_id, *row[1:])))

    def publish(self, connection: Connection[Any], tutorial: Tutorial) -> int:
        """Publish the content as the next version and return its number."""
        number = 1 + int(
            self._queries.highest_version_number(connection, tutorial_id=tutorial.id)
        )
        self._queries.publish_version(
            connection,
            tutorial_id=tutorial.id,
            version=number,
            steps=Jsonb(encode(tutorial.steps)),
            survey=Jsonb(encode(tutorial.survey)) if tutorial.survey else None,
            personas=Jsonb(_personas_to_json(tutorial.personas)),
            xp=tutorial.xp,
            rules=Jsonb(encode(tutorial.rules)) if tutorial.rules else None,
        )
        return number

    def save_name(self, connection: Connection[Any], tutorial: Tutorial) -> None:
        """Create the tutorial, or give it its name."""
        self._queries.save_tutorial(
            connection, tutorial_id=tutorial.id, name=tutorial.name
        )

    def save_experiment(
        self, connection: Connection[Any], tutorial_id: str, experiment: Experiment
    ) -> None:
        """Create or change an experiment, variants included."""
        self.save_status(connection, tutorial_id, experiment)
        self._queries.delete_variants(connection, experiment_id=experiment.id)
        for position, variant in enumerate(experiment.variants):
            self._queries.add_variant(
                connection,
                variant_id=variant.id,
                experiment_id=experiment.id,
                name=variant.name,
                weight=variant.weight,
                position=position,
                changes=Jsonb([change_to_json(change) for change in variant.changes]),
            )

    def save_status(
        self, connection: Connection[Any], tutorial_id: str, experiment: Experiment
    ) -> None:
        """Create or change an experiment but for its variants."""
        self._queries.save_experiment(
            connection,
            experiment_id=experiment.id,
            tutorial_id=tutorial_id,
            name=experiment.name,
            status=experiment.status.value,
        )


def _version(row: Sequence[Any]) -> PublishedVersion:
    tutorial_id, number, steps, survey, personas, xp, rules = row
    return PublishedVersion(
        tutorial_id=tutorial_id,
        version=number,
        steps=tuple(decode(Step, step) for step in steps),
        survey=decode(SurveyPrompt, survey) if survey else None,
        personas={name: _changes(changes) for name, changes in personas.items()},
        xp=xp,
        rules=decode(Rules, rules) if rules else None,
    )


def _experiments(rows: Iterable[Sequence[Any]]) -> list[Experiment]:
    return [
        _experiment(head, [row[8:] for row in group])
        for head, group in groupby(rows, key=lambda row: row[1:8])
    ]


def _experiment(head: Sequence[Any], variants: Iterable[Sequence[Any]]) -> Experiment:
    experiment_id, name, status, algorithm, salt, epoch, coverage = head
    return Experiment(
        id=experiment_id,
        name=name,
        status=ExperimentStatus(status),
        variants=tuple(
            Variant(id=id_, name=name, weight=weight, changes=_changes(changes))
            for id_, name, weight, changes in variants
        ),
        allocation=Allocation(
            algorithm=algorithm, salt=salt, epoch=epoch, coverage=coverage
        ),
    )


def _changes(data: Iterable[Mapping[str, Any]]) -> tuple[Change, ...]:
    return tuple(change_from_json(change) for change in data)


def _personas_to_json(personas: Mapping[str, tuple[Change, ...]]) -> dict[str, Any]:
    return {
        name: [change_to_json(change) for change in changes]
        for name, changes in personas.items()
    }
