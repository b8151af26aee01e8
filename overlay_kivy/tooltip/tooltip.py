"""TooltipCard: the card beside a step's target."""

from __future__ import annotations

from overlay_kivy.step_card import StepCard

__all__ = ["TooltipCard"]


class TooltipCard(StepCard):
    """A step's card with an arrow that points at the target."""
