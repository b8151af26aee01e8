"""A tour as a user takes it, and what the server has of it."""

from client_sdk import TutorialClient, TutorialSession
from client_sdk.testing import FakeServer


def to_the_survey(client: TutorialClient) -> TutorialSession:
    """Take the tour from its first step to its survey."""
    session = client.tutorial("welcome-tour")
    session.start()
    while session.next():
        pass
    return session


def arrived(server: FakeServer) -> list[tuple[str, str]]:
    """Return step and status of what the server holds, in order of arrival."""
    return [(ping["stepId"], ping["status"]) for ping in server.pings]
