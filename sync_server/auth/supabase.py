"""Supabase's legacy service key: a JWT that names the project, and no user.

Its claims are ``iss: supabase``, ``ref`` (the project), ``role: service_role``, ``iat`` and
``exp``; it has neither ``aud`` nor ``sub``, and is signed with the project's legacy secret.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from client_sdk.contracts.problem import ProblemCode
from sync_server.auth.principals import Claims, Principal, Role
from sync_server.errors import ApiError

__all__ = ["SUPABASE_ISSUER", "project_of", "service_of"]

#: ``iss`` of both legacy keys.
SUPABASE_ISSUER = "supabase"
_SERVICE_ROLE = "service_role"


def project_of(url: str) -> str:
    """Return the project's name: the first label of the URL's host."""
    return (urlsplit(url).hostname or "").partition(".")[0]


def service_of(claims: Claims, *, project: str) -> Principal:
    """Return the service that a legacy key of this project is; ApiError if it is none.

    The public key (``role: anon``) carries the same signature, and is nobody's token.
    """
    if claims.get("role") != _SERVICE_ROLE:
        raise ApiError(
            ProblemCode.TOKEN_INVALID,
            "A project's public key (role anon) is nobody's token: send the user's "
            "access token, or no token at all.",
        )
    if claims.get("ref") != project:
        raise ApiError(
            ProblemCode.TOKEN_INVALID,
            "The service key is of another project than this server's.",
        )
    return Principal(role=Role.SERVICE, subject=_SERVICE_ROLE)
