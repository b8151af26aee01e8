"""JSON Schema of the contract's types, made by the library that validates with them."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from enum import Enum
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, JsonSchemaValue
from pydantic_core import core_schema

from client_sdk.contracts.wire import wire_name
from sync_server.openapi.comments import comments_of, prose

__all__ = ["REF_TEMPLATE", "Schemas"]

REF_TEMPLATE = "#/components/schemas/{model}"
_Key = tuple[str, JsonSchemaMode]


class Schemas:
    """The schemas of a set of types: requests as read, answers as written.

    ``components`` holds what is named, ready for ``#/components/schemas``.
    """

    def __init__(self, *, requests: Iterable[Any], answers: Iterable[Any]) -> None:
        modes: tuple[tuple[JsonSchemaMode, Iterable[Any]], ...] = (
            ("validation", requests),
            ("serialization", answers),
        )
        inputs = {
            (_key(type_), mode): TypeAdapter(type_)
            for mode, types in modes
            for type_ in types
        }
        found, definitions = TypeAdapter.json_schemas(
            [(key, mode, adapter) for (key, mode), adapter in inputs.items()],
            ref_template=REF_TEMPLATE,
            schema_generator=_ContractSchema,
        )
        self._found: dict[_Key, JsonSchemaValue] = found
        self.components: dict[str, JsonSchemaValue] = definitions.get("$defs", {})

    def of_request(self, type_: Any) -> JsonSchemaValue:
        """Return the schema of what the server reads."""
        return self._found[_key(type_), "validation"]

    def of_answer(self, type_: Any) -> JsonSchemaValue:
        """Return the schema of what the server writes."""
        return self._found[_key(type_), "serialization"]


def _key(type_: Any) -> str:
    # most are classes, some are Annotated or unions, which have no name of their own
    return repr(type_)


class _ContractSchema(GenerateJsonSchema):
    """pydantic's generator with the contract's rules and the code's own comments.

    In answers a field that is None is left out, and every other field is there
    (:func:`client_sdk.contracts.codec.encode`).
    """

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Titles that only repeat a field's name tell nothing."""
        return False

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        """Answers hold no null."""
        if self.mode == "serialization":
            return self.generate_inner(schema["schema"])
        return super().nullable_schema(schema)

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        """A default of null says no more than that the field is optional."""
        described = super().default_schema(schema)
        if "default" in described and described["default"] is None:
            del described["default"]
        return described

    def field_is_required(self, field: Any, total: bool) -> bool:
        """In answers, a field that has a value is always there."""
        inner = field["schema"]
        if self.mode == "serialization" and inner["type"] == "default":
            return inner.get("default", ...) is not None
        return super().field_is_required(field, total)

    def dataclass_schema(self, schema: core_schema.DataclassSchema) -> JsonSchemaValue:
        """Take the descriptions from docstring and comments."""
        described = super().dataclass_schema(schema)
        cls: Any = schema["cls"]
        names = [each.name for each in dataclasses.fields(cls)]
        described["description"] = prose(cls.__doc__, names)
        comments = comments_of(cls)
        for name in comments.keys() & names:
            described["properties"][wire_name(name)]["description"] = comments[name]
        return described

    def enum_schema(self, schema: core_schema.EnumSchema) -> JsonSchemaValue:
        """List what each member means, where the code says it."""
        described = super().enum_schema(schema)
        cls: type[Enum] = schema["cls"]
        comments = comments_of(cls)
        meanings = [
            f"- `{member.value}`: {comments[member.name]}"
            for member in cls
            if member.name in comments
        ]
        described["description"] = "\n".join(
            [prose(cls.__doc__), "", *meanings]
        ).strip()
        return described
