"""Pings of one tour: sent by a client, and what of them a server has."""

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer


def ping(client: TutorialClient, *step_ids: str) -> None:
    """Report steps by name."""
    for step_id in step_ids:
        client.ping("welcome-tour", step_id, "started")


def ping_all(client: TutorialClient, count: int) -> None:
    """Report so many steps: ``step-0``, ``step-1`` and so on."""
    ping(client, *(f"step-{number}" for number in range(count)))


def received(server: FakeServer) -> list[str]:
    """Return the steps whose pings have arrived, in their order."""
    return [one["stepId"] for one in server.pings]


def completed(server: FakeServer) -> list[str]:
    """Return the steps that were completed, in the order of arrival."""
    return [one["stepId"] for one in server.pings if one["status"] == "completed"]
