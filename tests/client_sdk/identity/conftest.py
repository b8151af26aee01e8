"""A client before anybody has signed in."""

import pytest

from client_sdk import TutorialClient
from tests.client_sdk.conftest import OpenClient


@pytest.fixture
def signed_out(open_client: OpenClient) -> TutorialClient:
    """A client without accounts, as an app opens it before a log-in."""
    return open_client()
