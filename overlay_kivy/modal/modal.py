"""ModalCard: a large card in the middle, for what wants all attention."""

from __future__ import annotations

from kivy.lang import Builder

from overlay_kivy.step_card import StepCard

__all__ = ["ModalCard"]

Builder.load_string(
    """
#:import dp kivy.metrics.dp

<ModalCard>:
    natural_width: dp(self.theme.modal_width)
    title_size: self.theme.headline_size
    image_height: dp(self.theme.image_height) * 1.5
""",
    filename="overlay_kivy/modal/modal.kv",
)


class ModalCard(StepCard):
    """A step's card, wider, with a larger title and more room for a picture."""
