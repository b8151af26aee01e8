"""Looks at the window the way a person does: what is there, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kivy.core.window import Window

from demo_app.navigation import DESTINATIONS
from demo_app.probe import Box, Sight
from demo_app.shell import Shell
from demo_app.why_sheet import WhySheet
from overlay_kivy import TutorialOverlay
from overlay_kivy.survey.sheet import SurveySheet
from overlay_kivy.tooltip.tooltip import TooltipCard

__all__ = ["take_sight"]

_CONTROLS = (
    *("next", "back", "skip", "comment", "submit", "not-now"),
    *(f"nps-{score}" for score in range(11)),
)


def take_sight(shell: Shell, overlay: TutorialOverlay) -> Sight:
    """Return what is shown; to be called on the UI thread."""
    card = _find(TooltipCard)
    strip = shell.strip
    return Sight(
        screen=shell.screen,
        step=_step_id(card, overlay),
        title=card.title if card else None,
        survey=_survey(),
        strip={
            "reach": strip.reach,
            "synced": strip.synced,
            "queued": strip.queued,
            "sent": strip.sent,
            "variant": strip.variant,
            "persona": strip.persona,
        },
        why=_headline(),
        places={name: _box(widget) for name, widget in _touchable(shell, overlay)},
    )


def _step_id(card: TooltipCard | None, overlay: TutorialOverlay) -> str | None:
    """Return the step that the card shows; None while card and session disagree."""
    step = overlay.session.step if overlay.session else None
    if card is None or step is None or card.title != step.title:
        return None
    return step.id


def _survey() -> str:
    sheet = _find(SurveySheet)
    if sheet is None:
        return "closed"
    return "thanks" if sheet.is_thanking else "question"


def _headline() -> str | None:
    sheet = _find(WhySheet)
    return sheet.headline if sheet and sheet.is_settled else None


def _find(kind: type) -> Any:
    widgets = (
        widget for root in Window.children for widget in root.walk(restrict=True)
    )
    return next((widget for widget in widgets if isinstance(widget, kind)), None)


def _touchable(shell: Shell, overlay: TutorialOverlay) -> Iterator[tuple[str, Any]]:
    yield "strip", shell.strip
    for screen, _ in DESTINATIONS:
        yield f"tab-{screen}", shell.navigation.tab(screen)
    if shell.screen == "settings":
        yield "why", shell.ids.screens.current_screen.ids.why
    for name in _CONTROLS:
        control = overlay.control(name)
        if control is not None:
            yield name, control


def _box(widget: Any) -> Box:
    left, bottom = widget.to_window(*widget.pos)
    return Box(
        left=left,
        top=Window.height - bottom - widget.height,
        width=widget.width,
        height=widget.height,
    )
