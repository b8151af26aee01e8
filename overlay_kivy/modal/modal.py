"""ModalCard: a large card in the middle, for what wants all attention."""

from __future__ import annotations

from pathlib import Path

from kivy.lang import Builder

from overlay_kivy.step_card import StepCard

__all__ = ["ModalCard"]

Builder.load_file(str(Path(__file__).with_suffix(".kv")))


class ModalCard(StepCard):
    """A step's card, wider, with a larger title and more room for a picture."""
