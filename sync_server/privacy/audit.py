"""The audit log: who did what with personal data, itself without any."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from sync_server.db.queries import load_queries
from sync_server.settings import Settings, SettingsError

__all__ = ["COMMAND_LINE", "Action", "AuditLog", "AuditRecord"]

#: Who acts when nobody's token does.
COMMAND_LINE = "command line"
#: What the derived key is for (RFC 5869 section 3.2).
_KEY_PURPOSE = b"kazi-tutorial audit subject"
#: Longest actor that is noted, in characters.
_MAX_ACTOR_LENGTH = 200


class Action(StrEnum):
    """What was done."""

    EXPORT = "export"
    #: Comments and texts of all users, without their ids.
    EXPORT_SURVEYS = "export_surveys"
    ERASE = "erase"
    #: Two lines a run, so that also a run that was killed left one.
    BEGIN_ROTATION = "begin_rotation"
    END_ROTATION = "end_rotation"
    BEGIN_RETENTION = "begin_retention"
    END_RETENTION = "end_retention"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRecord:
    """One line of the log."""

    at: datetime
    action: str
    actor: str


class AuditLog:
    """The table ``audit_log``.

    A subject is an HMAC-SHA256 of a user id.  Its key is derived from the secret that
    signs tokens (HKDF, RFC 5869): who has the table alone cannot try user ids.  Lines that
    were written under an earlier secret cannot be found by a user id any more.
    """

    def __init__(self, secret: str) -> None:
        self._key = HKDF(
            algorithm=SHA256(), length=32, salt=None, info=_KEY_PURPOSE
        ).derive(secret.encode())
        self._queries = load_queries("sync_server.privacy")

    @classmethod
    def of(cls, settings: Settings) -> AuditLog:
        """Return the log for settings that have their secrets; SettingsError if not."""
        if not settings.jwt_secret:
            raise SettingsError("KAZI_JWT_SECRET: missing")
        return cls(settings.jwt_secret)

    def record(
        self,
        connection: Any,
        action: Action,
        *,
        actor: str,
        subjects: Iterable[UUID] | None = None,
        details: Mapping[str, object] | None = None,
    ) -> None:
        """Note what the transaction of ``connection`` does; one line for each subject.

        ``details`` must hold nothing personal: numbers and names of tables.
        """
        hashes = [None] if subjects is None else [self._hash_of(s) for s in subjects]
        self._queries.record(
            connection,
            action=action.value,
            actor=_storable(actor),
            subject_hashes=hashes,
            details=json.dumps(details or {}),
        )

    def records_of(self, connection: Any, user_id: UUID) -> list[AuditRecord]:
        """Return what was done with a user's data, first to last."""
        rows = self._queries.records_of(connection, subject_hash=self._hash_of(user_id))
        return [
            AuditRecord(at=at, action=action, actor=actor) for at, action, actor in rows
        ]

    def _hash_of(self, user_id: UUID) -> bytes:
        return hmac.digest(self._key, user_id.bytes, hashlib.sha256)


def _storable(actor: str) -> str:
    """Return a token's subject in a form that fits one line of the log."""
    printable = "".join(char if char.isprintable() else "?" for char in actor)
    return printable[:_MAX_ACTOR_LENGTH]
