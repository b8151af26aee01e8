"""NpsQuestion: how likely a recommendation is, from 0 to 10."""

from __future__ import annotations

from typing import Any

from client_sdk.contracts.questions import score_range
from overlay_kivy.survey.scale import ScaleQuestion

__all__ = ["NpsQuestion"]


class NpsQuestion(ScaleQuestion):
    """Eleven numbers, in one line or in more."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scale.fill(self.question.id, *score_range(self.question))
