"""Whoever a token speaks for, as its claims say (specification section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from client_sdk.contracts.identity import is_canonical_uuid
from client_sdk.contracts.problem import ProblemCode
from sync_server.errors import ApiError

__all__ = ["Claims", "Principal", "Role", "UserPrincipal", "principal_of"]

#: What a verified token says, by name of the claim.
Claims = Mapping[str, Any]


class Role(StrEnum):
    """What a token is for.  A role that is none of ours counts as a user's."""

    USER = "user"
    #: Another service of the house; calls ``/_internal``.
    SERVICE = "service"
    #: A person who manages tutorials.
    ADMIN = "admin"


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Whoever a valid token speaks for.

    ``subject`` is the token's ``sub``, if it has one: the name of a service, say.
    """

    role: Role
    subject: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class UserPrincipal(Principal):
    """A user, with an account or without (anonymous)."""

    user_id: UUID
    is_anonymous: bool


def principal_of(claims: Claims) -> Principal:
    """Return whoever the claims of a verified token speak for.

    ApiError ``token_invalid``: 401, or 400 when a user's subject is a UUID in another
    spelling than the canonical one, which would be another user to the assignment
    function.
    """
    role, subject = _role(claims), claims.get("sub")
    if role is not Role.USER:
        name = subject if isinstance(subject, str) else None
        return Principal(role=role, subject=name)
    user_id = _user_id(claims)
    return UserPrincipal(
        role=role,
        subject=str(user_id),
        user_id=user_id,
        is_anonymous=claims.get("is_anonymous") is True,
    )


def _role(claims: Claims) -> Role:
    role = claims.get("role")
    return Role(role) if role in (Role.SERVICE, Role.ADMIN) else Role.USER


def _user_id(claims: Claims) -> UUID:
    subject = claims.get("sub")
    if not isinstance(subject, str) or not _is_uuid(subject):
        raise ApiError(
            ProblemCode.TOKEN_INVALID, "The token's subject (sub) is no UUID."
        )
    if not is_canonical_uuid(subject):
        raise ApiError(
            ProblemCode.TOKEN_INVALID,
            "The token's subject (sub) is a UUID, but not in its canonical spelling: "
            "lower case, with hyphens, without braces.",
            status=400,
        )
    return UUID(subject)


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
