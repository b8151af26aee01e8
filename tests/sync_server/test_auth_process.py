"""A server with an identity provider, as `docs/auth.md` tells to run it."""

from __future__ import annotations

import base64
import re
import socket
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.key_server import SigningKey, running_key_server
from tests.support.server_process import running_server

CONFIG = "/api/tutorial/config?tutorialId=welcome-tour"
USER = "0197a3c4-5c2e-7b60-9a51-3f1d2c4b5a69"
GUIDE = Path(__file__).parents[2] / "docs" / "auth.md"


@pytest.fixture
def environ(database_url: str) -> dict[str, str]:
    return {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": "s" * 32,
        "KAZI_COMMENT_KEY": base64.b64encode(b"k" * 32).decode(),
    }


def claims(**changes: Any) -> dict[str, Any]:
    return {
        "iss": "https://id.example.org/",
        "aud": "kazi-app",
        "sub": USER,
        "exp": int(time.time()) + 3600,
        **changes,
    }


def exports(heading: str) -> dict[str, str]:
    """Return the variables that a section of the guide sets."""
    section = GUIDE.read_text("utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return {
        name: value.strip("'")
        for name, value in re.findall(r"export (KAZI_\w+)=(.+)", section)
    }


def get(server, token):
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.get(server.url + CONFIG, headers=headers)


def test_a_provider_is_connected_as_the_guide_says(environ, tmp_path):
    key, new = SigningKey("RS256", "2026-01"), SigningKey("ES256", "2026-02")
    with running_key_server() as provider:
        provider.publish(key, new)
        given = exports("Connect an identity provider")
        given["KAZI_IDENTITY_JWKS_URL"] = provider.url
        with running_server(
            *("--demo", "--workers", "2"),
            environ={**environ, **given},
            log=tmp_path / "log",
        ) as server:
            tokens = [each.sign(claims()) for each in (key, new)]
            for token in tokens * 5:
                assert get(server, token).status_code == 200
            refused = get(server, key.sign(claims(aud="other")))
            output = server.output()

    assert refused.json()["detail"] == "The token's audience (aud) is not this server."
    # each worker asks once
    assert len(provider.asked) <= 2
    for token in tokens:
        assert not any(part in output for part in token.split("."))


def test_supabase_is_connected_as_the_guide_says(environ, tmp_path):
    """Its command line runs a project on this machine, with a port of its own."""
    key = SigningKey("ES256", "current")
    with running_key_server() as project:
        project.publish(key)
        given = exports("Supabase, step by step")
        assert given.keys() == {"KAZI_SUPABASE_URL", "KAZI_IDENTITY_SECRET"}
        url = given["KAZI_SUPABASE_URL"] = project.url.removesuffix("/jwks.json")
        given["KAZI_IDENTITY_SECRET"] = "the legacy JWT secret" * 2
        with running_server(
            "--demo", environ={**environ, **given}, log=tmp_path / "log"
        ) as server:
            token = key.sign(
                claims(iss=f"{url}/auth/v1", aud="authenticated", role="authenticated")
            )

            assert get(server, token).status_code == 200
            assert project.asked == ["/auth/v1/.well-known/jwks.json"]


def test_two_authorization_headers_are_refused(environ, tmp_path):
    """Whichever one a proxy checked, it need not be the one that counts here."""
    with running_server("--demo", environ=environ, log=tmp_path / "log") as server:
        secret = base64.urlsafe_b64encode(b"s" * 32).rstrip(b"=").decode()
        token = httpx.post(
            f"{server.url}/api/tutorial/anonymous", json={"secret": secret}
        ).json()["token"]
        assert get(server, token).status_code == 200
        header = f"Authorization: Bearer {token}\r\n"

        with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
            connection.sendall(
                f"GET {CONFIG} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                f"{header}{header}\r\n".encode()
            )
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))

    assert answer.startswith(b"HTTP/1.1 401")
    assert b'"code": "token_invalid"' in answer
    assert token.encode() not in answer
