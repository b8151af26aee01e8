"""Conditions: what the app knows about itself, asked by name."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable

from client_sdk import Step

__all__ = ["Condition", "Conditions"]

logger = logging.getLogger(__name__)

#: Tells whether something holds now; quick, and called on Kivy's thread.
Condition = Callable[[], object]


class Conditions(dict[str, Condition]):
    """The app's functions by name: ``conditions["has_team"] = lambda: bool(app.team)``.

    They are asked when a tour moves, never in between: nothing is polled.
    """

    def __init__(self, *args: object, **kwargs: Condition) -> None:
        super().__init__(*args, **kwargs)
        self._told: set[str] = set()

    def ask(self, name: str) -> bool | None:
        """Return whether a condition holds; None if it is unknown or raises.

        That is logged once, until the condition answers again.
        """
        function = self.get(name)
        try:
            if function is None:
                raise KeyError(name)
            answer = bool(function())
        except Exception:
            if name not in self._told:
                self._told.add(name)
                known = "unknown to the overlay" if function is None else "failing"
                logger.warning(
                    "condition %r is %s", name, known, exc_info=bool(function)
                )
            return None
        self._told.discard(name)
        return answer

    def left_out(self, steps: Iterable[Step]) -> list[str]:
        """Return the ids of the steps that are not for this user now.

        A condition that cannot be asked hides nothing: a step too many is better than
        one that nobody ever sees.
        """
        return [x.id for x in steps if x.show_on and self.ask(x.show_on) is False]

    def branch(self, step: Step) -> str | None:
        """Return the id of the step to go on with; None for the following one."""
        branches = step.branches or ()
        return next((x.to for x in branches if self.ask(x.condition)), None)
