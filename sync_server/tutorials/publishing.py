"""Publish a tutorial: what the file says, as far as what is stored allows it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from psycopg import Connection, Rollback

from sync_server.tutorials.definition import Experiment, ExperimentStatus, Tutorial
from sync_server.tutorials.rule_checks import check_requirements
from sync_server.tutorials.source import ImportFaults, Source
from sync_server.tutorials.store import PublishedVersion, TutorialStore
from sync_server.validation import Location

__all__ = ["Outcome", "publish"]

#: How an experiment may go on; a restart is a new experiment with a new id.
_NEXT = {
    ExperimentStatus.DRAFT: {ExperimentStatus.RUNNING, ExperimentStatus.COMPLETED},
    ExperimentStatus.RUNNING: {ExperimentStatus.COMPLETED},
    ExperimentStatus.COMPLETED: frozenset[ExperimentStatus](),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one thing in the file, for a person to read."""

    what: str
    became: str


def publish(
    connection: Connection[Any],
    store: TutorialStore,
    tutorial: Tutorial,
    source: Source,
    *,
    dry_run: bool = False,
) -> list[Outcome]:
    """Store the tutorial and its experiments in one transaction.

    The same content again publishes nothing.  ImportFaults if variants, experiments or
    their state do not fit what is stored; then nothing has changed.
    """
    outcomes: list[Outcome] = []
    with connection.transaction():
        store.lock_imports(connection)
        before = {e.id: e for e in store.experiments_of(connection, tutorial.id)}
        _check(connection, store, tutorial, before, source)
        if source.faults:
            raise ImportFaults(source.faults)
        outcomes.append(_publish_content(connection, store, tutorial))
        # a running experiment must end before another one starts
        for experiment in sorted(tutorial.experiments, key=_ending_first):
            became = _save(connection, store, tutorial.id, experiment, before)
            outcomes.append(Outcome(what=f"experiment {experiment.id}", became=became))
        if dry_run:
            raise Rollback
    return outcomes


def _publish_content(
    connection: Connection[Any], store: TutorialStore, tutorial: Tutorial
) -> Outcome:
    what = f"tutorial {tutorial.id}"
    newest = store.newest(connection, tutorial.id)
    if newest is None or newest[0] != tutorial.name:
        store.save_name(connection, tutorial)
    if newest is not None:
        name, version = newest
        if _content(version) == _content(tutorial):
            became = "unchanged" if name == tutorial.name else "renamed"
            return Outcome(what=what, became=f"{became} (version {version.version})")
    number = store.publish(connection, tutorial)
    return Outcome(what=what, became=f"published as version {number}")


def _content(content: PublishedVersion | Tutorial) -> tuple[object, ...]:
    """Return what makes a version another one."""
    return (
        content.steps,
        content.survey,
        dict(content.personas),
        content.xp,
        content.rules,
    )


def _save(
    connection: Connection[Any],
    store: TutorialStore,
    tutorial_id: str,
    experiment: Experiment,
    before: dict[str, Experiment],
) -> str:
    old = before.get(experiment.id)
    if old == experiment:
        return f"unchanged ({experiment.status.value})"
    if old is not None and old.variants == experiment.variants:
        store.save_status(connection, tutorial_id, experiment)
    else:
        store.save_experiment(connection, tutorial_id, experiment)
    if old is None:
        return f"created ({experiment.status.value})"
    if old.status != experiment.status:
        return f"{old.status.value} -> {experiment.status.value}"
    return f"changed ({experiment.status.value})"


def _check(
    connection: Connection[Any],
    store: TutorialStore,
    tutorial: Tutorial,
    before: dict[str, Experiment],
    source: Source,
) -> None:
    places = [(("experiments", i), e) for i, e in enumerate(tutorial.experiments)]
    owners = store.owners_of_experiments(connection, [e.id for _, e in places])
    variant_owners = store.owners_of_variants(
        connection, [v.id for _, e in places for v in e.variants]
    )
    for place, experiment in places:
        owner = owners.get(experiment.id, tutorial.id)
        if owner != tutorial.id:
            source.fault(
                (*place, "id"),
                f"the experiment {experiment.id!r} belongs to the tutorial {owner!r}",
            )
        _check_variant_owners(place, experiment, variant_owners, source)
        if experiment.id in before:
            _check_change(place, before[experiment.id], experiment, source)
    _check_running(tutorial, before.values(), source)
    if tutorial.rules is not None and tutorial.rules.requires:
        others = {
            content.tutorial_id: content.rules.requires if content.rules else ()
            for content in store.published(connection)
        }
        check_requirements(tutorial, others, source)


def _check_variant_owners(
    place: Location, experiment: Experiment, owners: dict[str, str], source: Source
) -> None:
    for index, variant in enumerate(experiment.variants):
        owner = owners.get(variant.id, experiment.id)
        if owner != experiment.id:
            source.fault(
                (*place, "variants", index, "id"),
                f"the variant id {variant.id!r} belongs to the experiment {owner!r}; "
                "variant ids are unique over all experiments",
            )


def _check_change(
    place: Location, old: Experiment, new: Experiment, source: Source
) -> None:
    if new.status != old.status and new.status not in _NEXT[old.status]:
        source.fault(
            (*place, "status"),
            f"the experiment is {old.status.value} and cannot become "
            f"{new.status.value}; start a new experiment with a new id",
        )
    if old.status is not ExperimentStatus.DRAFT and old.variants != new.variants:
        source.fault(
            (*place, "variants"),
            f"the experiment is {old.status.value}, so its variants are frozen and only "
            "its status may change; start a new experiment with a new id",
        )


def _check_running(
    tutorial: Tutorial, before: Iterable[Experiment], source: Source
) -> None:
    """Fault an experiment that would run beside one which the file does not mention."""
    mentioned = {experiment.id for experiment in tutorial.experiments}
    others = [
        experiment.id
        for experiment in before
        if experiment.status is ExperimentStatus.RUNNING
        and experiment.id not in mentioned
    ]
    for index, experiment in enumerate(tutorial.experiments):
        if others and experiment.status is ExperimentStatus.RUNNING:
            source.fault(
                ("experiments", index, "status"),
                f"the experiment {others[0]!r} runs on this tutorial already; "
                "complete it first",
            )


def _ending_first(experiment: Experiment) -> bool:
    return experiment.status is ExperimentStatus.RUNNING
