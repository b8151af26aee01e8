"""Identifiers in the query string, checked as those in a body are."""

from __future__ import annotations

from typing import get_args

from flask import request

from client_sdk.contracts.limits import Id
from client_sdk.contracts.problem import FieldError, ProblemCode
from sync_server.errors import ApiError

__all__ = ["invalid_parameter", "optional_id"]

_CONSTRAINTS = get_args(Id)[1:]


def optional_id(name: str) -> str | None:
    """Return an identifier, None if it is missing; ApiError if it cannot be one."""
    texts = request.args.getlist(name)
    if len(texts) > 1:
        raise invalid_parameter(name, "it stands there twice")
    for text in texts:
        for constraint in _CONSTRAINTS:
            fault = constraint.fault(text)
            if fault:
                raise invalid_parameter(name, fault)
    return texts[0] if texts else None


def invalid_parameter(name: str, fault: str) -> ApiError:
    """Return the error of a query parameter."""
    return ApiError(
        ProblemCode.INVALID_REQUEST,
        f"The query parameter {name}: {fault}.",
        errors=[FieldError(pointer=f"/{name}", detail=fault)],
    )
