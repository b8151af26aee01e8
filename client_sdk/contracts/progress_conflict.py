"""What the server answers where another device has written progress in between."""

from __future__ import annotations

from client_sdk.contracts.problem import Problem
from client_sdk.contracts.progress import TutorialProgress
from client_sdk.contracts.wire import wire

__all__ = ["ProgressConflict"]


@wire(frozen=True, kw_only=True)
class ProgressConflict(Problem):
    """Answer 412: the problem, and what is there now, if anything is."""

    #: What is there now, if anything is.
    current: TutorialProgress | None = None
