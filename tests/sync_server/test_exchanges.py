"""The server answers the golden requests with the golden answers, to the letter."""

from __future__ import annotations

import dataclasses
from datetime import timedelta
from uuid import UUID

from client_sdk.contracts.codec import parse_timestamp
from sync_server.app import create_app
from sync_server.auth.tokens import Role, TokenIssuer, TokenKey
from tests.contracts.wire_cases import CASES, load_case_file

#: Headers that belong to the answer; the others are the framework's.
_HEADERS = {
    "Allow",
    "Cache-Control",
    "Content-Type",
    "ETag",
    "Expires",
    "Retry-After",
    "Vary",
    "WWW-Authenticate",
}


def test_every_exchange_is_as_written(settings, pool, publish_yaml):
    golden = load_case_file("exchanges")
    publish_yaml((CASES / "tutorial.yaml").read_text("utf-8"))
    settings = dataclasses.replace(settings, jwt_secret=golden["jwtSecret"])
    now = parse_timestamp(golden["now"])
    client = create_app(settings, pool=pool, clock=lambda: now).test_client()
    issuer = TokenIssuer(TokenKey.of(settings), clock=lambda: now)

    for exchange in golden["exchanges"]:
        sent = exchange["request"]
        headers = {"X-Request-Id": golden["requestId"], **sent.get("headers", {})}
        if "user" in sent:
            token, _ = issuer.issue(
                user_id=UUID(sent["user"]),
                role=Role.USER,
                lifetime=timedelta(hours=1),
            )
            headers["Authorization"] = f"Bearer {token}"
        answer = client.open(
            sent["path"],
            method=sent["method"],
            headers=headers,
            json=sent.get("body"),
        )
        received = {
            "status": answer.status_code,
            "headers": {
                name: value
                for name, value in answer.headers
                if name in _HEADERS and (answer.data or name != "Content-Type")
            },
            **({"body": answer.json} if answer.data else {}),
        }
        assert received == exchange["response"], exchange["name"]
