"""What an event is to a persona, read off its name.  Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum

__all__ = ["NAMES", "Kind", "kind_of", "normalised"]


class Kind(StrEnum):
    """The kinds that are counted apart (migration 0014 has the same list)."""

    PROJECT_CREATED = "project_created"
    TASK_COMPLETED = "task_completed"
    INVOICE_SENT = "invoice_sent"
    EXPORT_MADE = "export_made"
    AI_CALL = "ai_call"
    INVITE_SENT = "invite_sent"
    INVITE_ACCEPTED = "invite_accepted"
    PM_FEATURE_USED = "pm_feature_used"
    MESSAGE_SENT = "message_sent"
    OTHER = "other"


#: Usual names of each kind, normalised; a kind's own name is one of them.
NAMES: Mapping[str, Kind] = {
    name: kind
    for kind, names in {
        Kind.PROJECT_CREATED: ("project_created", "project_started"),
        Kind.TASK_COMPLETED: ("task_completed", "task_done", "task_closed"),
        Kind.INVOICE_SENT: ("invoice_sent", "invoice_created", "quote_sent"),
        Kind.EXPORT_MADE: ("export_made", "file_exported", "report_exported"),
        Kind.AI_CALL: ("ai_call", "ai_used", "ai_prompt_sent", "assistant_used"),
        Kind.INVITE_SENT: ("invite_sent", "user_invited", "member_invited"),
        Kind.INVITE_ACCEPTED: ("invite_accepted", "member_joined"),
        Kind.PM_FEATURE_USED: (
            *("pm_feature_used", "board_opened", "timeline_opened", "task_assigned"),
            *("milestone_created", "workload_opened", "report_opened"),
        ),
        Kind.MESSAGE_SENT: ("message_sent", "comment_added", "comment_written"),
    }.items()
    for name in names
}


def normalised(name: str) -> str:
    """Return ``project_created`` for "Project Created", "projectCreated" and the like."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")


def kind_of(name: str, more: Mapping[str, Kind]) -> Kind:
    """Return the kind of an event; ``more`` has the product's own names, normalised."""
    key = normalised(name)
    return more.get(key) or NAMES.get(key, Kind.OTHER)
