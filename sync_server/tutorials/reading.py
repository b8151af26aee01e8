"""Read a tutorial from its YAML source, with every fault of the file at once.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Annotated, Any

from pydantic import TypeAdapter

from client_sdk.contracts.changes import Change, Insert, Move, Omit, Replace
from client_sdk.contracts.constraints import AtLeast, AtMost, Length
from client_sdk.contracts.limits import Id, Points, Text
from client_sdk.contracts.tutorial import Rules, Step
from client_sdk.contracts.wire import Wire, wire_name
from sync_server.tutorials.checks import check_tutorial
from sync_server.tutorials.definition import (
    Experiment,
    ExperimentStatus,
    Tutorial,
    Variant,
)
from sync_server.tutorials.shape import ShapeReader, suggestion
from sync_server.tutorials.source import ImportFaults, Source, parse_source
from sync_server.tutorials.step_reading import StepReader
from sync_server.tutorials.survey_reading import SurveyReader
from sync_server.validation import Location

__all__ = ["read_tutorial"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _TutorialHead(Wire):
    id: Id
    name: Annotated[Text, Length(1)]
    xp: Points = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class _ExperimentHead(Wire):
    id: Id
    name: Text | None = None
    status: ExperimentStatus = ExperimentStatus.DRAFT


@dataclass(frozen=True, slots=True, kw_only=True)
class _VariantHead(Wire):
    id: Id
    weight: Annotated[int, AtLeast(1), AtMost(100)]
    name: Text | None = None


_TUTORIAL_HEAD = TypeAdapter(_TutorialHead)
_EXPERIMENT_HEAD = TypeAdapter(_ExperimentHead)
_VARIANT_HEAD = TypeAdapter(_VariantHead)
_RULES = TypeAdapter(Rules)

_TUTORIAL_KEYS = tuple(wire_name(f.name) for f in fields(Tutorial))
_RULE_KEYS = tuple(wire_name(f.name) for f in fields(Rules))
_EXPERIMENT_KEYS = ("id", "name", "status", "variants")
_VARIANT_KEYS = ("id", "weight", "name", "changes")
#: What each kind of change needs besides the step that it is about.
_CHANGES = {
    "replace": ("with",),
    "omit": (),
    "insert": ("after", "before"),
    "move": ("after", "before"),
}


def read_tutorial(text: str, *, file: str) -> tuple[Tutorial, Source]:
    """Return the tutorial of a YAML file; ImportFaults with all that is wrong with it.

    The source says where things stand, for checks that need a database.
    """
    source = parse_source(text, file=file)
    tutorial = _Reader(source).tutorial()
    check_tutorial(tutorial, source)
    if source.faults:
        raise ImportFaults(source.faults)
    return tutorial, source


class _Reader(ShapeReader):
    """Turns plain data into a tutorial.

    What does not fit becomes a fault of the source and a stand-in in the tutorial, so
    that one wrong line hides no other.
    """

    def tutorial(self) -> Tutorial:
        data = self._mapping((), self._source.data, _TUTORIAL_KEYS)
        head = self._typed((), _TUTORIAL_HEAD, data)
        if data is None:
            raise ImportFaults(self._source.faults)
        steps = tuple(
            self._step(("steps", i), item)
            for i, item in enumerate(self._list(("steps",), data.get("steps")))
        )
        known = {step.id for step in steps}
        personas = self._optional_mapping(("personas",), data.get("personas"))
        return Tutorial(
            id=head.id if head else "",
            name=head.name if head else "",
            steps=steps,
            survey=SurveyReader(self._source).survey(data.get("survey")),
            personas={
                name: self._changes(("personas", name), changes, known)
                for name, changes in personas.items()
            },
            xp=head.xp if head else 0,
            rules=self._rules(data),
            experiments=tuple(
                self._experiment(("experiments", i), item, known)
                for i, item in enumerate(
                    self._optional_list(("experiments",), data.get("experiments"))
                )
            ),
        )

    def _rules(self, data: dict[str, Any]) -> Rules | None:
        if data.get("rules") is None:
            return None
        rules = self._mapping(("rules",), data["rules"], _RULE_KEYS)
        return self._typed(("rules",), _RULES, rules)

    def _step(self, location: Location, value: Any) -> Step:
        return StepReader(self._source).step(location, value)

    def _experiment(
        self, location: Location, value: Any, known: set[str]
    ) -> Experiment:
        data = self._mapping(location, value, _EXPERIMENT_KEYS)
        head = self._typed(location, _EXPERIMENT_HEAD, data)
        variants = (
            self._list((*location, "variants"), data.get("variants")) if data else []
        )
        return Experiment(
            id=head.id if head else _id(data),
            name=head.name if head else None,
            status=head.status if head else ExperimentStatus.DRAFT,
            variants=tuple(
                self._variant((*location, "variants", i), item, known)
                for i, item in enumerate(variants)
            ),
        )

    def _variant(self, location: Location, value: Any, known: set[str]) -> Variant:
        data = self._mapping(location, value, _VARIANT_KEYS)
        head = self._typed(location, _VARIANT_HEAD, data)
        changes = (data or {}).get("changes")
        return Variant(
            id=head.id if head else _id(data),
            # 0 is no weight that a file can have: the sum is not checked then
            weight=head.weight if head else 0,
            name=head.name if head else None,
            changes=self._changes((*location, "changes"), changes, known),
        )

    def _changes(
        self, location: Location, value: Any, known: set[str]
    ) -> tuple[Change, ...]:
        ids = set(known)
        items = self._optional_list(location, value)
        changes = [
            self._change((*location, i), item, ids) for i, item in enumerate(items)
        ]
        return tuple(change for change in changes if change is not None)

    def _change(self, location: Location, value: Any, ids: set[str]) -> Change | None:
        """Return a change; ``ids`` grows with what is inserted."""
        kinds = [kind for kind in _CHANGES if isinstance(value, dict) and kind in value]
        if len(kinds) != 1:
            self._source.fault(
                location, f"a change is exactly one of {', '.join(_CHANGES)}"
            )
            return None
        kind = kinds[0]
        self._mapping(location, value, (kind, *_CHANGES[kind]))
        if kind == "insert":
            return self._insert(location, value, ids)
        step_id = self._step_id((*location, kind), value[kind], ids)
        if kind == "replace":
            return self._replace(location, value, step_id)
        if kind == "omit":
            return None if step_id is None else Omit(step_id=step_id)
        anchor = self._anchor(location, value, ids)
        if step_id is None or anchor is None:
            return None
        return Move(step_id=step_id, anchor_id=anchor[0], after=anchor[1])

    def _replace(
        self, location: Location, value: dict[str, Any], step_id: str | None
    ) -> Change | None:
        place = (*location, "with")
        given = value.get("with")
        if not given:
            self._source.fault(
                place, "say what to replace, as with: {title: New title}"
            )
            return None
        fields = StepReader(self._source).fields(place, given)
        if fields is None or step_id is None:
            return None
        return Replace(step_id=step_id, fields=fields)

    def _insert(
        self, location: Location, value: dict[str, Any], ids: set[str]
    ) -> Change | None:
        step = self._step((*location, "insert"), value["insert"])
        anchor = self._anchor(location, value, ids)
        if step.id in ids:
            self._source.fault(
                (*location, "insert", "id"), f"the step id {step.id!r} is taken"
            )
        ids.add(step.id)
        if anchor is None:
            return None
        return Insert(step=step, anchor_id=anchor[0], after=anchor[1])

    def _anchor(
        self, location: Location, value: dict[str, Any], ids: set[str]
    ) -> tuple[str, bool] | None:
        sides = [side for side in ("after", "before") if side in value]
        if len(sides) != 1:
            self._source.fault(location, "say where: either after or before a step")
            return None
        step_id = self._step_id((*location, sides[0]), value[sides[0]], ids)
        return None if step_id is None else (step_id, sides[0] == "after")

    def _step_id(self, location: Location, value: Any, ids: set[str]) -> str | None:
        if isinstance(value, str) and value in ids:
            return value
        self._source.fault(location, f"no step {value!r}; {suggestion(value, ids)}")
        return None


def _id(data: dict[str, Any] | None) -> str:
    """Return the id of something that does not fit, for others that name it."""
    return str((data or {}).get("id", ""))
