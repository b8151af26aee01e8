"""Weighs what was seen against what the device and PostgreSQL hold."""

from __future__ import annotations

from collections.abc import Iterator

from demo_app.story.archive import Answer
from demo_app.story.device_file import DeviceState
from demo_app.story.ledger import Event, balance
from demo_app.story.plot import COMMENT, SCORE, SURVEY, Plot
from demo_app.story.report import Report

__all__ = ["judge"]


def judge(plot: Plot, device: DeviceState, *, seconds: float) -> Report:
    """Return the report on a story that was played to its end."""
    stored = plot.stage.archive.events()
    answers = plot.stage.archive.answers()
    counts = balance(
        last_seq=device.last_seq,
        seen_on_device=plot.stage.device.seen.values(),
        on_device=device.waiting,
        stored=stored,
    )
    faults = [
        *_faults(plot, device, stored),
        *_survey_faults(answers),
        *([] if counts.is_good else [f"the counts do not match: {counts}"]),
    ]
    return Report(
        events_shown=counts.shown,
        queued_offline=plot.queued_offline,
        delivered=counts.delivered,
        lost=counts.lost,
        duplicated=counts.duplicated + max(0, len(answers) - 1),
        resumed_at_step=None if plot.resumed_at == SURVEY else plot.resumed_at,
        expected_at_step=None if plot.expected_at == SURVEY else plot.expected_at,
        survey_delivered=not list(_survey_faults(answers)),
        survey_rows=len(answers),
        set_aside=device.set_aside,
        steps_seen=tuple(plot.steps_seen),
        steps_completed=_completed(stored),
        killed_at=plot.plan.kill_at,
        was_offline_at_kill=plot.was_offline_at_kill,
        variant=device.variant or "",
        persona=device.persona or "",
        seconds=round(seconds, 1),
        pictures=tuple(plot.pictures),
        faults=tuple(faults),
    )


def _faults(plot: Plot, device: DeviceState, stored: list[Event]) -> Iterator[str]:
    if plot.resumed_at != plot.expected_at:
        yield f"resumed at {plot.resumed_at}, the file said {plot.expected_at}"
    if not plot.is_killed:
        yield "the app was never killed"
    if device.set_aside:
        yield f"the server refused {device.set_aside} events for good"
    if device.queued:
        yield f"{device.queued} still wait on the device"
    for status in ("started", "completed"):
        told = [event.step_id for event in stored if event.status == status]
        if sorted(told) != sorted(plot.steps_seen):
            yield f"seen {plot.steps_seen}, {status} according to PostgreSQL {told}"


def _survey_faults(answers: list[Answer]) -> Iterator[str]:
    if len(answers) != 1:
        yield f"PostgreSQL holds {len(answers)} answers instead of 1"
    for answer in answers:
        if answer.nps != SCORE:
            yield f"the score was {SCORE}, PostgreSQL holds {answer.nps}"
        if not answer.comment or COMMENT in answer.comment:
            yield "the comment is not encrypted"


def _completed(stored: list[Event]) -> tuple[str, ...]:
    ordered = sorted(stored, key=lambda event: event.seq)
    return tuple(event.step_id for event in ordered if event.status == "completed")
