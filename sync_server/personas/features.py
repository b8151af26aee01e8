"""The 32 numbers that describe a user.  Pure.

Migration 0014 computes them, in this order.  A window ends with the last day on which the
user did anything, and no feature looks at the clock: a holiday changes nobody, and a
refit sees the same at noon and at midnight.  Days are those of UTC.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = [
    "FEATURES",
    "HEAVY_AI_CALLS",
    "LONG_WINDOW_DAYS",
    "NEVER_HOURS",
    "WINDOW_DAYS",
    "Feature",
]

#: Days for which habits are looked at, and for which what happens seldom is.
WINDOW_DAYS = 28
LONG_WINDOW_DAYS = 90
#: Hours to a first value that took longer than four weeks, or never came.
NEVER_HOURS = 24 * WINDOW_DAYS
#: AI calls on one day from which it counts as heavy (specification 5.2).
HEAVY_AI_CALLS = 30


@dataclass(frozen=True, slots=True)
class Feature:
    """One number of a user; ``window_days`` is None where all that ever happened counts."""

    name: str
    unit: str
    window_days: int | None
    reason: str


FEATURES: tuple[Feature, ...] = (
    # beginning
    Feature(
        "time_to_first_value_hours",
        "hours",
        None,
        "who finds no use for the product is new to it (specification 5.2)",
    ),
    Feature(
        "tenure_days", "days", None, "tells a new user from one who uses it rarely"
    ),
    # rhythm
    Feature("active_days", "days", 28, "how much of a habit the product is"),
    Feature("active_weeks", "weeks", 28, "tells a habit from one busy week"),
    Feature("active_days_last_week", "days", 7, "a habit that begins or ends"),
    Feature("weekend_share", "share", 28, "freelancers work when teams do not"),
    Feature(
        "events_per_active_day",
        "events a day",
        28,
        "few events mark a newcomer (specification 5.2)",
    ),
    Feature("events_peak_day", "events a day", 28, "tells bursts from steady use"),
    Feature("recent_events_share", "share", 28, "use that grows or fades"),
    # artificial intelligence
    Feature(
        "ai_calls_per_active_day",
        "calls a day",
        28,
        "high AI usage, 30 calls a day (specification 5.2)",
    ),
    Feature("ai_calls_peak_day", "calls a day", 28, "what the user asks of it at most"),
    Feature("ai_active_days", "days", 28, "tells AI as a habit from one trial"),
    Feature(
        "ai_heavy_days", "days", 28, "days of 30 calls or more (specification 5.2)"
    ),
    Feature("ai_share_of_events", "share", 28, "how much of the use is AI"),
    # own work
    Feature("solo_projects", "projects", 90, "who works alone (specification 5.2)"),
    Feature("tasks_completed", "tasks", 90, "tells doing from managing"),
    Feature("invoices_sent", "invoices", 90, "who works for clients"),
    Feature("exports_made", "exports", 90, "work that leaves the product"),
    # team
    Feature("shared_projects", "projects", 90, "who works with others"),
    Feature(
        "shared_project_share", "share", 90, "alone or together, whatever the number"
    ),
    Feature("largest_project_members", "members", 90, "the size of the team"),
    Feature("invites_sent", "invites", 90, "invites more than 3 (specification 5.2)"),
    Feature("invites_accepted", "invites", 90, "a team that came to be"),
    Feature("pm_feature_uses", "uses", 90, "uses PM features (specification 5.2)"),
    Feature("pm_active_days", "days", 28, "tells managing as a habit from one look"),
    Feature("messages_sent", "messages", 90, "talks with others in the product"),
    # tutorials
    Feature("steps_started", "steps", 90, "how much guidance was seen"),
    Feature("steps_completed", "steps", 90, "how much guidance was followed"),
    Feature("step_completion_share", "share", 90, "wants to be guided, or not"),
    Feature("steps_skipped", "steps", 90, "knows it already"),
    Feature("steps_dismissed", "steps", 90, "does not want it now"),
    Feature("seconds_per_step", "seconds", 90, "reads, or clicks through"),
)
