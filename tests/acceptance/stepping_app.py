"""An app that steps through the tour for ever, until somebody kills it.

Run as ``python stepping_app.py BASE_URL STORAGE_DIR``.  After every move that returned it
prints how many events it has queued in this life: what it has said is promised.
"""

import sys
from dataclasses import replace

from client_sdk import SessionStatus, TutorialClient, TutorialSession
from tests.support.app_config import EAGER

#: A killed app's lease on the file runs out after a few of these.
CONFIG = replace(EAGER, request_timeout_seconds=1)


def move(session: TutorialSession) -> int:
    """Make one move and return how many events it queued."""
    # A kill between the last step and the survey leaves the survey open.
    session.decline_survey()
    if session.status is not SessionStatus.RUNNING:
        return 1 if session.start(restart=True) else 0
    if session.next() is not None:
        return 2
    return 1


def main(base_url: str, storage_dir: str) -> None:
    """Step until killed."""
    client = TutorialClient(base_url, storage_dir=storage_dir, config=CONFIG)
    session = client.tutorial("welcome-tour")
    session.start()
    promised = 0
    while True:
        promised += move(session)
        print("event", promised, flush=True)  # noqa: T201 - what the parent reads


if __name__ == "__main__":
    main(*sys.argv[1:])
