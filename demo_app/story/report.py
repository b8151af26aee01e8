"""What the story found: as JSON for programs, as a page of text for people."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

__all__ = ["FILE_NAME", "Report", "summary", "write_report"]

FILE_NAME = "report.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The counts, all of them from the device's file and from PostgreSQL."""

    #: Step events that the device wrote, by its own running number.
    events_shown: int
    #: Events and answers that waited on the device when the network came back.
    queued_offline: int
    #: Different step events that PostgreSQL holds.
    delivered: int
    lost: int
    #: Held twice, or one run's step told twice under different ids.
    duplicated: int
    #: The step that stood on the screen after the app's restart, and the one that its
    #: file held; None where the survey was open.
    resumed_at_step: str | None
    expected_at_step: str | None
    #: Whether PostgreSQL holds the one answer, with the score given and no plain text.
    survey_delivered: bool
    survey_rows: int
    #: Events that the server refused for good.
    set_aside: int
    #: What a person saw, in order, and what PostgreSQL says was completed.
    steps_seen: tuple[str, ...]
    steps_completed: tuple[str, ...]
    #: The stop at which the app was killed: a card, the survey, or its answer.
    killed_at: int
    was_offline_at_kill: bool
    variant: str
    persona: str
    seconds: float
    pictures: tuple[str, ...]
    #: What is wrong; empty if nothing is.
    faults: tuple[str, ...]

    @property
    def is_good(self) -> bool:
        """Tell whether every event arrived exactly once and nothing else is wrong."""
        return not self.faults


def write_report(report: Report, folder: Path) -> Path:
    """Write ``report.json`` and return its path."""
    path = folder / FILE_NAME
    path.write_text(json.dumps(asdict(report), indent=2) + "\n", encoding="utf-8")
    return path


def summary(report: Report, folder: Path) -> str:
    """Return the report as a page of text."""
    where = report.resumed_at_step or "the survey"
    lines = (
        "",
        "What happened",
        f"  {len(report.steps_seen)} cards were shown "
        f"(variant {report.variant}, persona {report.persona}).",
        f"  The app was killed at stop {report.killed_at}"
        f"{', offline,' if report.was_offline_at_kill else ''}"
        f" and came back at {where}.",
        f"  {report.queued_offline} events and answers waited on the device"
        " until the network came back.",
        "",
        "What PostgreSQL holds",
        f"  step events shown      {report.events_shown:>4}",
        f"  step events delivered  {report.delivered:>4}",
        f"  lost                   {report.lost:>4}",
        f"  doubled                {report.duplicated:>4}",
        f"  survey answers         {report.survey_rows:>4}",
        "",
        f"{len(report.pictures)} pictures and {FILE_NAME} are in {folder}"
        f" ({report.seconds:.0f} s).",
        *(f"FAULT: {fault}" for fault in report.faults),
        "Every event arrived exactly once." if report.is_good else "The story failed.",
    )
    return "\n".join(lines)
