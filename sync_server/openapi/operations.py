"""One route as an OpenAPI operation object."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from client_sdk.contracts.problem import Problem
from sync_server.api.operation import Access, Answer, Operation, Parameter
from sync_server.openapi.problems import problem_codes, problem_response
from sync_server.openapi.schemas import Schemas

__all__ = ["answer_types", "operation_object", "request_types"]

#: Whoever may call: what stands in ``security``.
_SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    Access.OPEN: [],
    Access.OPTIONAL_USER: [{}, {"userToken": []}],
    Access.USER: [{"userToken": []}],
    Access.SERVICE: [{"serviceToken": []}],
}


def request_types(operation: Operation) -> list[Any]:
    """Return the types that a route reads."""
    types = [parameter.type for parameter in operation.parameters]
    return types if operation.body is None else [*types, operation.body]


def answer_types(operation: Operation) -> list[Any]:
    """Return the types that a route writes."""
    types = [answer.type for answer in operation.answers.values()]
    return [Problem, *(type_ for type_ in types if type_ is not None)]


def operation_object(
    operation: Operation, schemas: Schemas, *, name: str, about: str
) -> dict[str, Any]:
    """Return the operation; ``name`` is its id, ``about`` its longer text in Markdown."""
    described: dict[str, Any] = {
        "operationId": name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": about,
        "security": _SECURITY[operation.access],
    }
    if operation.parameters:
        described["parameters"] = [
            _parameter(each, schemas) for each in operation.parameters
        ]
    if operation.body is not None:
        described["requestBody"] = _request_body(operation, schemas)
    described["responses"] = _responses(operation, schemas)
    return described


def _parameter(parameter: Parameter, schemas: Schemas) -> dict[str, Any]:
    described = {
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.is_required or parameter.place == "path",
        "description": parameter.about,
        "schema": schemas.of_request(parameter.type),
    }
    if parameter.example is not None:
        described["example"] = parameter.example
    return described


def _request_body(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    content = {"schema": schemas.of_request(operation.body)}
    if operation.example is not None:
        content["example"] = operation.example
    return {"required": True, "content": {"application/json": content}}


def _responses(operation: Operation, schemas: Schemas) -> dict[str, Any]:
    has_path = any(each.place == "path" for each in operation.parameters)
    faults = problem_codes(operation, has_path_parameter=has_path)
    responses = {
        status: problem_response(status, codes) for status, codes in faults.items()
    }
    for status, answer in operation.answers.items():
        responses[status] = _answer(answer, schemas)
    return {str(status): responses[status] for status in sorted(responses)}


def _answer(answer: Answer, schemas: Schemas) -> dict[str, Any]:
    described: dict[str, Any] = {
        "description": answer.about,
        "headers": {
            "X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"},
            **_headers(answer.headers, are_required=True),
            **_headers(answer.optional_headers, are_required=False),
        },
    }
    content = _content(answer, schemas)
    return {**described, "content": content} if content else described


def _content(answer: Answer, schemas: Schemas) -> dict[str, Any]:
    if answer.type is not None:
        return {answer.content_type: {"schema": schemas.of_answer(answer.type)}}
    if answer.content_type != "application/json":
        return {answer.content_type: {"schema": {"type": "string"}}}
    return {}


def _headers(
    headers: Mapping[str, str], *, are_required: bool
) -> dict[str, dict[str, Any]]:
    return {
        name: {
            "description": about,
            "required": are_required,
            "schema": {"type": "integer" if name == "Retry-After" else "string"},
        }
        for name, about in headers.items()
    }
