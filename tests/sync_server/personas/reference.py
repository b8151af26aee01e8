"""The features of a person, computed from its events the slow and plain way."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sync_server.activity.kinds import Kind
from sync_server.personas.features import HEAVY_AI_CALLS, NEVER_HOURS

__all__ = ["Event", "features_of"]

FULL_DAY = 10_000
LONGEST_STEP_MS = 600_000
OF_VALUE = {
    Kind.PROJECT_CREATED,
    Kind.TASK_COMPLETED,
    Kind.INVOICE_SENT,
    Kind.EXPORT_MADE,
    Kind.AI_CALL,
}


@dataclass(frozen=True)
class Event:
    """Product activity of some kind, or a step event of some status."""

    user_id: UUID
    at: datetime
    what: str
    amount: int = 1
    members: int | None = None
    duration_ms: int | None = None

    @property
    def is_step(self) -> bool:
        return self.what not in set(Kind)

    @property
    def counters(self) -> dict[str, int]:
        if self.is_step:
            return {self.what: 1}
        shared = "shared" if (self.members or 1) > 1 else "solo"
        is_project = self.what == Kind.PROJECT_CREATED
        return {"events": self.amount, shared if is_project else self.what: self.amount}


def features_of(events: Sequence[Event]) -> dict[str, float]:
    last_day = max(event.at.date() for event in events)
    first_at = min(event.at for event in events)
    values = [e.at for e in events if e.what in OF_VALUE]
    hours = (min(values) - first_at).total_seconds() / 3600 if values else NEVER_HOURS
    long = [e for e in events if (last_day - e.at.date()).days < 90]
    days = _days(long)

    def total(name: str, within: int = 90) -> float:
        return sum(
            counters.get(name, 0)
            for day, counters in days.items()
            if (last_day - day).days < within
        )

    recent = {day: c for day, c in days.items() if (last_day - day).days < 28}
    calls = [counters.get(Kind.AI_CALL, 0) for counters in recent.values()]
    done = total("completed")
    answered = done + total("skipped") + total("dismissed")
    projects = total("solo") + total("shared")
    timed = [
        min(event.duration_ms, LONGEST_STEP_MS)
        for event in long
        if event.what == "completed" and event.duration_ms is not None
    ]
    return {
        "time_to_first_value_hours": min(hours, NEVER_HOURS),
        "tenure_days": min((last_day - first_at.date()).days, 365),
        "active_days": len(recent),
        "active_weeks": len({(last_day - day).days // 7 for day in recent}),
        "active_days_last_week": sum((last_day - day).days < 7 for day in recent),
        "weekend_share": sum(day.weekday() > 4 for day in recent) / len(recent),
        "events_per_active_day": total("events", 28) / len(recent),
        "events_peak_day": max(c.get("events", 0) for c in recent.values()),
        "recent_events_share": _share(total("events", 14), total("events", 28)),
        "ai_calls_per_active_day": sum(calls) / len(recent),
        "ai_calls_peak_day": max(calls),
        "ai_active_days": sum(call > 0 for call in calls),
        "ai_heavy_days": sum(call >= HEAVY_AI_CALLS for call in calls),
        "ai_share_of_events": _share(sum(calls), total("events", 28)),
        "solo_projects": total("solo"),
        "tasks_completed": total(Kind.TASK_COMPLETED),
        "invoices_sent": total(Kind.INVOICE_SENT),
        "exports_made": total(Kind.EXPORT_MADE),
        "shared_projects": total("shared"),
        "shared_project_share": _share(total("shared"), projects),
        "largest_project_members": max(
            (e.members or 0 for e in long if e.what == Kind.PROJECT_CREATED), default=0
        ),
        "invites_sent": total(Kind.INVITE_SENT),
        "invites_accepted": total(Kind.INVITE_ACCEPTED),
        "pm_feature_uses": total(Kind.PM_FEATURE_USED),
        "pm_active_days": sum(
            counters.get(Kind.PM_FEATURE_USED, 0) > 0 for counters in recent.values()
        ),
        "messages_sent": total(Kind.MESSAGE_SENT),
        "steps_started": total("started"),
        "steps_completed": done,
        "step_completion_share": _share(done, answered),
        "steps_skipped": total("skipped"),
        "steps_dismissed": total("dismissed"),
        "seconds_per_step": _share(sum(timed) / 1000, len(timed)),
    }


def _days(events: Sequence[Event]) -> dict[date, dict[str, int]]:
    """Return the counters of each day; those of each user id are full at 10,000."""
    by_user: dict[tuple[UUID, date], dict[str, int]] = defaultdict(dict)
    for event in events:
        counters = by_user[event.user_id, event.at.date()]
        for name, amount in event.counters.items():
            counters[name] = min(counters.get(name, 0) + amount, FULL_DAY)
    days: dict[date, dict[str, int]] = defaultdict(dict)
    for (_, day), counters in by_user.items():
        for name, amount in counters.items():
            days[day][name] = days[day].get(name, 0) + amount
    return days


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0
