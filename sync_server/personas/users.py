"""What a refit asks of its users, wherever they are kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from sync_server.personas.gathered import Gathered
from sync_server.personas.model import Model
from sync_server.personas.scaling import Scaling

__all__ = ["Tick", "Users"]

#: Is told how many users were done so far.
Tick = Callable[[int], None]


class Users(Gathered, Protocol):
    """The users of a run, wherever they are kept."""

    def read(self, tick: Tick) -> None:
        """Read them, and tell how many so far."""

    def write(
        self,
        model: Model | None,
        scaling: Scaling,
        *,
        version: int,
        at: datetime,
        tick: Tick,
    ) -> None:
        """Add their personas to those that are to be served, and tell how many so far."""

    def close(self) -> None:
        """Let them go."""
