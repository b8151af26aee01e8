"""What a service asks of us on behalf of a person (DESIGN section 4)."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from client_sdk.contracts.wire import Wire, wire

__all__ = ["UserExport"]


@wire(frozen=True, kw_only=True)
class UserExport(Wire):
    """Everything that is held of a person.

    ``user_ids`` are all ids of the person, the account's first.  ``held`` has the rows of
    each kind, with the names of their columns; comments and other free text in clear.
    """

    user_id: UUID
    user_ids: tuple[UUID, ...]
    exported_at: datetime
    held: dict[str, tuple[dict[str, Any], ...]]
