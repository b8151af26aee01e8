"""A thousand users, each with a token of its own."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from urllib.request import Request, urlopen

import jwt

from benchmarks.servers import JWT_SECRET

__all__ = ["USERS", "write_tokens", "write_tokens_and_etags"]

USERS = 1_000


def write_tokens(file: Path) -> None:
    """Write a token a line."""
    file.write_text("".join(f"{_token()}\n" for _ in range(USERS)))


def write_tokens_and_etags(file: Path, config_url: str) -> None:
    """Write a token and the ETag of that user's config a line."""
    with file.open("w") as lines:
        for _ in range(USERS):
            token = _token()
            request = Request(config_url, headers={"Authorization": f"Bearer {token}"})
            with urlopen(request) as answer:
                lines.write(f"{token} {answer.headers['ETag']}\n")


def _token() -> str:
    claims = {
        "iss": "kazi-tutorial",
        "aud": "kazi-tutorial",
        "sub": str(uuid.uuid4()),
        "exp": int(time.time()) + 86_400,
        "role": "user",
    }
    return jwt.encode(claims, JWT_SECRET, algorithm="HS256")
