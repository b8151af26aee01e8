"""The accounts of an app: their tokens, and what the server got with each."""

import base64
import json

from client_sdk.contracts import routes
from client_sdk.testing import FakeServer


def token_of(user_id: str, serial: int = 0) -> str:
    """Return what looks like a JWT of an account."""
    payload = base64.urlsafe_b64encode(json.dumps({"sub": user_id}).encode())
    return f"header.{payload.rstrip(b'=').decode()}.{serial}"


def senders(server: FakeServer) -> dict[str, str]:
    """Return by step whose token brought it."""
    found = {}
    for request in server.requests_to(routes.STEPS):
        token = request.headers["authorization"].removeprefix("Bearer ")
        for ping in server.events_of(request):
            found[ping["stepId"]] = token
    return found
