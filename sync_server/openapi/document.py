"""The OpenAPI 3.1 document of an application, made of its routes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata, resources
from typing import Any

from flask import Flask

from client_sdk.contracts.wire import wire_name
from sync_server.api.operation import Operation, Tag, operation_of
from sync_server.openapi.comments import comments_of, prose
from sync_server.openapi.operations import (
    answer_types,
    operation_object,
    request_types,
)
from sync_server.openapi.problems import problem_examples
from sync_server.openapi.schemas import Schemas

__all__ = ["document_of"]

_ARGUMENT = re.compile(r"<(?:[^:<>]+:)?(\w+)>")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Route:
    """One method of one path."""

    path: str
    method: str
    name: str
    operation: Operation
    about: str


def document_of(app: Flask) -> dict[str, Any]:
    """Return the document; a route without an operation is left out (a test finds it)."""
    routes = sorted(_routes(app), key=_reading_order)
    schemas = Schemas(
        requests=[type_ for each in routes for type_ in request_types(each.operation)],
        answers=[type_ for each in routes for type_ in answer_types(each.operation)],
    )
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        paths.setdefault(route.path, {})[route.method] = operation_object(
            route.operation, schemas, name=route.name, about=route.about
        )
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/", "description": "This server"}],
        "tags": [
            {"name": tag.value, "description": comments_of(Tag)[tag.name]}
            for tag in Tag
        ],
        "paths": paths,
        "components": {
            "securitySchemes": _SECURITY_SCHEMES,
            "headers": _HEADERS,
            "schemas": dict(sorted(schemas.components.items())),
            "examples": problem_examples(),
        },
    }


def _routes(app: Flask) -> Iterator[_Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        operation = operation_of(view)
        if operation is None:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield _Route(
                path=_ARGUMENT.sub(lambda one: f"{{{wire_name(one[1])}}}", rule.rule),
                method=method.lower(),
                name=wire_name(rule.endpoint.rpartition(".")[2]),
                operation=operation,
                about=prose(view.__doc__),
            )


def _reading_order(route: _Route) -> tuple[int, str, str]:
    return list(Tag).index(route.operation.tag), route.path, route.method


def _info() -> dict[str, Any]:
    text = resources.files(__package__).joinpath("introduction.md").read_text("utf-8")
    return {
        "title": "KAZI tutorials",
        "version": metadata.version("kazi-tutorial"),
        "summary": "Tutorials for devices that are often offline, and what becomes of "
        "them.",
        "description": text.strip(),
        "license": {"name": "MIT", "identifier": "MIT"},
    }


_SECURITY_SCHEMES = {
    "userToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of a user: `role` is `user` (or missing), `sub` the "
        "user's id as a lower-case UUID. `POST /api/tutorial/anonymous` gives one to a "
        "device without an account.",
    },
    "serviceToken": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "A token of another service of the house: `role` is `service`.",
    },
}
_HEADERS = {
    "X-Request-Id": {
        "description": "Names this request in the server's log: the id that was sent "
        "under the same name if it is 1 to 64 of `A-Z a-z 0-9 . _ -`, else a new one.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9._-]{1,64}$"},
    },
    "Retry-After": {
        "description": "Seconds after which the same request may succeed.",
        "required": True,
        "schema": {"type": "integer", "minimum": 0},
    },
    "WWW-Authenticate": {
        "description": "The challenge of RFC 6750: the scheme `Bearer`, and "
        '`error="invalid_token"` where a token was sent.',
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer "},
    },
}
