"""pydantic's errors in words that say what would be right, without the value."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import ValidationError
from pydantic_core import ErrorDetails

__all__ = ["Location", "faults_of", "pointer_of"]

#: Keys and indices that lead to a value.
Location = tuple[int | str, ...]

_TYPES = {
    "missing": "the field is missing",
    "dataclass_type": "an object is needed",
    "tuple_type": "an array is needed",
    "string_type": "a string is needed",
    "int_type": "a whole number is needed",
    "int_from_float": "a whole number is needed",
    "int_parsing_size": "the number is too large",
    "bool_type": "true or false is needed",
    "datetime_type": "a time is needed, as 2026-01-31T08:30:00Z",
}


def faults_of(exc: ValidationError) -> Iterator[tuple[Location, str]]:
    """Yield the place of each fault and a sentence about it."""
    errors = exc.errors(include_url=False, include_input=False)
    places = [error["loc"] for error in errors]
    for error in errors:
        if not _is_echo(error, places):
            yield error["loc"], _sentence(error)


def pointer_of(location: Location) -> str:
    """Return a JSON pointer (RFC 6901)."""
    tokens = (str(part).replace("~", "~0").replace("/", "~1") for part in location)
    return "".join(f"/{token}" for token in tokens)


def _is_echo(error: ErrorDetails, places: Sequence[Location]) -> bool:
    """Tell whether an array is too short only because pydantic left bad items out."""
    place = error["loc"]
    return error["type"] == "too_short" and any(
        other[: len(place)] == place and len(other) > len(place) for other in places
    )


def _sentence(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _TYPES:
        return _TYPES[kind]
    match kind:
        case "value_error":
            return str(context["error"])
        case "enum":
            known = context["expected"].replace(" or ", ", ").replace("'", "")
            return f"the value is not one of {known}"
        case "string_too_short" | "too_short":
            return f"the length must be at least {context['min_length']}"
        case "string_too_long" | "too_long":
            return f"the length must be at most {context['max_length']}"
        case "greater_than_equal":
            return f"the number must be at least {context['ge']}"
        case "less_than_equal":
            return f"the number must be at most {context['le']}"
    return error["msg"][:1].lower() + error["msg"][1:]
