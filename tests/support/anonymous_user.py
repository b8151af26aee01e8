"""An anonymous user of a server that runs."""

from __future__ import annotations

import os
from typing import NamedTuple
from uuid import UUID

import httpx

from client_sdk.contracts import routes
from client_sdk.contracts.identity import encode_secret

__all__ = ["AnonymousUser", "sign_up"]


class AnonymousUser(NamedTuple):
    """Whom a device's secret made, and what proves it."""

    user_id: UUID
    token: str

    @property
    def headers(self) -> dict[str, str]:
        """The header that a request of theirs bears."""
        return {"Authorization": f"Bearer {self.token}"}


def sign_up(url: str) -> AnonymousUser:
    """Return somebody new on the server at an address."""
    secret = {"secret": encode_secret(os.urandom(32))}
    answer = httpx.post(f"{url}{routes.ANONYMOUS}", json=secret)
    body = answer.raise_for_status().json()
    return AnonymousUser(user_id=UUID(body["userId"]), token=body["token"])
