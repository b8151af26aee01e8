"""Which tour the app shows when it starts, by what the SDK decides on the device."""

from __future__ import annotations

from pathlib import Path

from client_sdk import SessionStatus, TutorialClient

__all__ = ["SHIPPED", "WELCOME", "next_tour"]

WELCOME = "welcome-tour"
#: What ``kazi-sdk bundle`` wrote from the demo server: the first start needs no network.
SHIPPED = Path(__file__).with_name("tutorials.json")


def next_tour(client: TutorialClient) -> str | None:
    """Return the tutorial to show now; None where nothing is due.

    A survey that was left open comes first: its run is over for the rules, and not for
    the user.
    """
    if client.tutorial(WELCOME).status is SessionStatus.SURVEY:
        return WELCOME
    return next((item.tutorial_id for item in client.launch()), None)
