"""The variables of a server on a database that is there."""

from __future__ import annotations

import base64
import os
import secrets

__all__ = ["server_environ"]


def server_environ(database_url: str, **variables: str) -> dict[str, str]:
    """Return them, with keys drawn for this server and the variables given."""
    return {
        "KAZI_DATABASE_URL": database_url,
        "KAZI_JWT_SECRET": secrets.token_urlsafe(48),
        "KAZI_COMMENT_KEY": base64.b64encode(os.urandom(32)).decode(),
        **variables,
    }
