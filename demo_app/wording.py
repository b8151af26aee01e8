"""Dates and counts as people say them."""

from __future__ import annotations

from datetime import date

__all__ = ["count", "days_ago", "due", "greeting", "listing"]


def count(number: int, noun: str) -> str:
    """Return ``1 task``, ``3 tasks``, ``no tasks``."""
    return f"{number or 'no'} {noun}{'' if number == 1 else 's'}"


def due(days_left: int) -> str:
    """Return when something is due, seen from today."""
    match days_left:
        case 0:
            return "Due today"
        case 1:
            return "Due tomorrow"
        case _ if days_left < 0:
            return f"{count(-days_left, 'day')} overdue"
        case _ if days_left < 14:
            return f"Due in {days_left} days"
        case _:
            return f"Due in {days_left // 7} weeks"


def days_ago(day: date, *, today: date) -> str:
    """Return ``today``, ``yesterday`` or ``5 days ago``."""
    days = (today - day).days
    if days <= 0:
        return "today"
    return "yesterday" if days == 1 else f"{days} days ago"


def greeting(hour: int) -> str:
    """Return the greeting for an hour of the day, 0 to 23."""
    if 5 <= hour < 12:
        return "Good morning"
    return "Good afternoon" if 12 <= hour < 18 else "Good evening"


def listing(items: list[str]) -> str:
    """Return ``a``, ``a and b`` or ``a, b and c``."""
    *head, last = items
    return f"{', '.join(head)} and {last}" if head else last
