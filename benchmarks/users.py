"""A thousand users, each with a token of its own."""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from urllib.request import Request, urlopen

import jwt

from benchmarks.servers import JWT_SECRET

__all__ = ["USERS", "token", "write_tokens", "write_tokens_and_etags"]

USERS = 1_000


def write_tokens(file: Path) -> None:
    """Write a token a line."""
    file.write_text("".join(f"{token()}\n" for _ in range(USERS)))


def write_tokens_and_etags(file: Path, config_url: str) -> None:
    """Write a token and the ETag of that user's config a line."""
    with file.open("w") as lines:
        for _ in range(USERS):
            bearer = token()
            request = Request(config_url, headers={"Authorization": f"Bearer {bearer}"})
            with urlopen(request) as answer:
                lines.write(f"{bearer} {answer.headers['ETag']}\n")


def token() -> str:
    """Return a token of a new user."""
    claims = {
        "iss": "kazi-tutorial",
        "aud": "kazi-tutorial",
        "sub": str(uuid.uuid4()),
        "exp": int(time.time()) + 86_400,
        "role": "user",
    }
    return jwt.encode(claims, JWT_SECRET, algorithm="HS256")
