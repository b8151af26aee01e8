"""Offline-first tutorials for Python apps: the headless client.

    client = TutorialClient("https://tutorials.example.com", storage_dir=app.user_data_dir)
    session = client.tutorial("welcome-tour")

Everything public is here; modules with a leading underscore are not.
"""

from client_sdk._client import TutorialClient
from client_sdk._clock import Clock, SystemClock
from client_sdk._config import ClientConfig, Durability, Metered
from client_sdk._errors import SdkError, StorageError, Unreachable, UsageError
from client_sdk._events import ClientEvent, EventKind
from client_sdk._progress_view import ProgressView
from client_sdk._session import SessionStatus, TutorialSession
from client_sdk._set_aside import SetAsideEvent
from client_sdk._status import ClientStatus, FlushResult
from client_sdk._tokens import TokenProvider
from client_sdk._transport import HttpxTransport, Request, Response, Transport
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import (
    Device,
    Placement,
    Step,
    SurveyPrompt,
    TutorialConfig,
)

__all__ = [
    "Answer",
    "ClientConfig",
    "ClientEvent",
    "ClientStatus",
    "Clock",
    "Device",
    "Durability",
    "EventKind",
    "FlushResult",
    "HttpxTransport",
    "Metered",
    "Placement",
    "ProgressView",
    "Request",
    "Response",
    "SdkError",
    "SessionStatus",
    "SetAsideEvent",
    "Step",
    "StepStatus",
    "StorageError",
    "SurveyPrompt",
    "SystemClock",
    "TokenProvider",
    "Transport",
    "TutorialClient",
    "TutorialConfig",
    "TutorialSession",
    "Unreachable",
    "UsageError",
]
