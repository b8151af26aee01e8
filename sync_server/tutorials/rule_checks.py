"""What must hold within a tutorial's rules, and between those of all tutorials.  Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from client_sdk.contracts.tutorial import Device, Rules
from sync_server.tutorials.definition import Tutorial
from sync_server.tutorials.source import Source

__all__ = ["check_requirements", "check_rules"]

_PLACE = ("rules",)


def check_rules(tutorial: Tutorial, source: Source) -> None:
    """Add to the source's faults what in the rules contradicts itself."""
    rules = tutorial.rules
    if rules is None:
        return
    _check_names(rules, source)
    _check_window(rules, source)
    _check_repetition(rules, source)
    for index, required in enumerate(rules.requires):
        if required == tutorial.id:
            source.fault(
                (*_PLACE, "requires", index), "a tutorial cannot require itself"
            )


def check_requirements(
    tutorial: Tutorial, others: Mapping[str, Collection[str]], source: Source
) -> None:
    """Fault what requires an unknown tutorial, or in the end itself.

    ``others`` are all published tutorials, each with what it requires.
    """
    for index, required in enumerate(tutorial.rules.requires if tutorial.rules else ()):
        place = (*_PLACE, "requires", index)
        if required not in others:
            known = ", ".join(sorted(others.keys() - {tutorial.id})) or "none"
            source.fault(
                place,
                f"no tutorial {required!r} is published; import it first. "
                f"Published: {known}",
            )
        path = _path(required, tutorial.id, others)
        if path:
            way = " -> ".join([tutorial.id, *path])
            source.fault(place, f"none of these could ever start: {way}")


def _path(
    start: str, end: str, others: Mapping[str, Collection[str]]
) -> Sequence[str] | None:
    """Return a way along the requirements from start to end, if there is one."""
    ways: list[tuple[str, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop()
        if way[-1] == end:
            return way
        for each in sorted(set(others.get(way[-1], ())) - seen):
            seen.add(each)
            ways.append((*way, each))
    return None


def _check_names(rules: Rules, source: Source) -> None:
    for key, names in (("devices", rules.devices), ("personas", rules.personas)):
        if names is not None and not names:
            source.fault(
                (*_PLACE, key), f"nobody could start it; name {key}, or leave it out"
            )
    for index, device in enumerate(rules.devices or ()):
        if device not in set(Device):
            source.fault(
                (*_PLACE, "devices", index),
                f"{device!r} is not one of {', '.join(Device)}",
            )


def _check_window(rules: Rules, source: Source) -> None:
    if rules.starts_at is None or rules.ends_at is None:
        return
    if rules.ends_at <= rules.starts_at:
        line = source.line((*_PLACE, "startsAt"))
        source.fault(
            (*_PLACE, "endsAt"), f"it ends before it starts; startsAt is on line {line}"
        )


def _check_repetition(rules: Rules, source: Source) -> None:
    if rules.max_runs == 1 and rules.repeatable:
        source.fault(
            (*_PLACE, "maxRuns"), "one run only contradicts repeatable; leave one out"
        )
