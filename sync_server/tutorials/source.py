"""A YAML file as plain data that knows the line and column of everything.  Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode

from sync_server.validation import Location

__all__ = ["Fault", "ImportFaults", "Source", "parse_source"]

_TAG = "tag:yaml.org,2002:"
#: Values that one file may hold; aliases can multiply a small one beyond any memory.
_MAX_VALUES = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with a file, and where; line and column count from 1."""

    file: str
    line: int
    column: int
    where: str
    detail: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}"
        return (
            f"{place}: {self.where}: {self.detail}"
            if self.where
            else f"{place}: {self.detail}"
        )


class ImportFaults(ValueError):
    """A file cannot be imported; its text has one line for each fault."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults, key=lambda fault: (fault.line, fault.column))
        super().__init__("\n".join(str(fault) for fault in self.faults))


class Source:
    """The data of a file, the place of each value, and the faults found so far."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data: Any = None
        self.faults: list[Fault] = []
        self._places: dict[Location, tuple[int, int]] = {}

    def put(self, location: Location, line: int, column: int) -> None:
        """Remember where a value stands; ``line`` and ``column`` count from 0."""
        self._places[location] = (line + 1, column + 1)

    def put_default(self, location: Location, line: int, column: int) -> None:
        """Remember where a value stands unless its key is known, which says more."""
        if location not in self._places:
            self.put(location, line, column)

    def line(self, location: Location) -> int:
        """Return the line of a value, or of the nearest thing around it."""
        return self._place(location)[0]

    def fault(self, location: Location, detail: str) -> None:
        """Note that something is wrong with a value, or with one that is missing."""
        self.fault_at(*self._place(location), location, detail)

    def fault_at(self, line: int, column: int, location: Location, detail: str) -> None:
        """Note that something is wrong at a place of its own, counted from 1."""
        self.faults.append(
            Fault(
                file=self.file,
                line=line,
                column=column,
                where=_text(location),
                detail=detail,
            )
        )

    def _place(self, location: Location) -> tuple[int, int]:
        while location and location not in self._places:
            location = location[:-1]
        return self._places.get(location, (1, 1))


def parse_source(text: str, *, file: str) -> Source:
    """Return the file's data; ImportFaults at once if it is not YAML 1.2.

    A key that is given twice is a fault of the source; the first one counts.
    """
    source = Source(file)
    try:
        node = YAML(typ="safe", pure=True).compose(text)
    except MarkedYAMLError as exc:
        mark = exc.problem_mark or exc.context_mark
        if mark is not None:
            source.put((), mark.line, mark.column)
        source.fault((), f"not YAML: {exc.problem or exc.context}")
    except YAMLError as exc:
        source.fault((), f"not YAML: {str(exc).splitlines()[0]}")
    else:
        if node is not None:
            source.data = _Builder(source).build(node, ())
    if source.data is None and not source.faults:
        source.fault((), "the file is empty; a tutorial needs id, name and steps")
    if source.data is None:
        raise ImportFaults(source.faults)
    return source


class _Builder:
    """Turns YAML's nodes into plain data and notes places and doubled keys."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._open: set[int] = set()
        self._count = 0

    def build(self, node: Node, location: Location) -> Any:
        self._count += 1
        if self._count > _MAX_VALUES or id(node) in self._open:
            self._source.fault(location, "the aliases (*name) go in circles or too far")
            raise ImportFaults(self._source.faults)
        self._source.put_default(location, node.start_mark.line, node.start_mark.column)
        if isinstance(node, ScalarNode):
            return _scalar(node)
        self._open.add(id(node))
        try:
            if isinstance(node, MappingNode):
                return self._mapping(node, location)
            return [
                self.build(item, (*location, index))
                for index, item in enumerate(node.value)
            ]
        finally:
            self._open.remove(id(node))

    def _mapping(self, node: MappingNode, location: Location) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            mark = key_node.start_mark
            if not isinstance(key_node, ScalarNode):
                self._source.fault_at(
                    mark.line + 1, mark.column + 1, location, "a key must be plain text"
                )
                continue
            place = (*location, key_node.value)
            if key_node.value in data:
                self._source.fault_at(
                    mark.line + 1,
                    mark.column + 1,
                    place,
                    f"the key stands here twice; first on line {self._source.line(place)}",
                )
                continue
            self._source.put(place, mark.line, mark.column)
            data[key_node.value] = self.build(value_node, place)
        return data


def _scalar(node: ScalarNode) -> Any:
    text: str = node.value
    match (node.tag or "").removeprefix(_TAG):
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text.replace("_", ""), 0)
        case "float":
            return float(text.replace("_", ""))
        case _:
            # a date too: authors mean the text
            return text


def _text(location: Location) -> str:
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return "".join(parts).removeprefix(".")
