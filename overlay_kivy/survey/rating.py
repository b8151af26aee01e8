"""RatingQuestion: a score from 1 to the question's scale."""

from __future__ import annotations

from typing import Any

from client_sdk.contracts.questions import score_range
from overlay_kivy.survey.scale import ScaleQuestion

__all__ = ["RatingQuestion"]

#: More than this many stars have to be counted: numbers say it better.
_MOST_STARS = 5


class RatingQuestion(ScaleQuestion):
    """Stars, or numbers where there are many."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        low, high = score_range(self.question)
        self.scale.fill(self.question.id, low, high, are_stars=high <= _MOST_STARS)
