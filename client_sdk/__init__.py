"""Offline-first tutorials for Python apps: the headless client.

    client = TutorialClient("https://tutorials.example.com", storage_dir=app.user_data_dir)
    session = client.tutorial("welcome-tour")

Everything public is here; modules with a leading underscore are not.
"""

from typing import TYPE_CHECKING

from client_sdk._client import TutorialClient
from client_sdk._clock import Clock, SystemClock
from client_sdk._config import ClientConfig, Durability, Metered
from client_sdk._errors import SdkError, StorageError, UsageError
from client_sdk._events import ClientEvent, EventKind, Listener
from client_sdk._session import SessionStatus, TutorialSession
from client_sdk._status import ClientStatus, FlushResult
from client_sdk._storage import MEMORY
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import Answer
from client_sdk.contracts.tutorial import (
    Device,
    Placement,
    Step,
    SurveyPrompt,
    TutorialConfig,
)

if TYPE_CHECKING:
    from client_sdk._async_client import AsyncTutorialClient, EventStream
    from client_sdk._delivery_errors import Unreachable
    from client_sdk._explanation import Explanation
    from client_sdk._outgoing import BeforeSend, OutgoingPing, OutgoingSurvey
    from client_sdk._progress_view import ProgressView
    from client_sdk._set_aside import SetAsideEvent
    from client_sdk._tokens import TokenProvider
    from client_sdk._transport import HttpxTransport, Request, Response, Transport
else:
    #: What few apps use, or none before its first sync: a start does not pay for it.
    _LATE = {
        "AsyncTutorialClient": "_async_client",
        "EventStream": "_async_client",
        "BeforeSend": "_outgoing",
        "Explanation": "_explanation",
        "OutgoingPing": "_outgoing",
        "OutgoingSurvey": "_outgoing",
        "HttpxTransport": "_transport",
        "ProgressView": "_progress_view",
        "Request": "_transport",
        "Response": "_transport",
        "SetAsideEvent": "_set_aside",
        "TokenProvider": "_tokens",
        "Transport": "_transport",
        "Unreachable": "_delivery_errors",
    }

    def __getattr__(name: str) -> object:
        """Import a late name when it is first asked for."""
        if name not in _LATE:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from importlib import import_module

        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)


__all__ = [
    "Answer",
    "AsyncTutorialClient",
    "BeforeSend",
    "ClientConfig",
    "ClientEvent",
    "ClientStatus",
    "Clock",
    "Device",
    "Durability",
    "EventKind",
    "EventStream",
    "Explanation",
    "FlushResult",
    "HttpxTransport",
    "Listener",
    "MEMORY",
    "Metered",
    "OutgoingPing",
    "OutgoingSurvey",
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
