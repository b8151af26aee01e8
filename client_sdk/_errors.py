"""Errors of the SDK.

    SdkError
    ├── UsageError        the host app called us wrongly (raised only with strict=True)
    ├── StorageError      the device's file cannot be opened or written
    └── DeliveryError     a request did not do its work
        ├── Transient         later may be better; carries the server's Retry-After
        │   ├── Unreachable       nobody answered: offline costs no attempts
        │   ├── DeviceTrouble     the device is in the way: its file, its user, its tokens
        │   └── ServerFault       our server failed on this very request
        └── Refused           will never be accepted as it is; carries code and detail

None of them leaves a method that the host app calls on the UI thread, but UsageError.
"""

from __future__ import annotations

__all__ = [
    "DeliveryError",
    "Refused",
    "SdkError",
    "ServerFault",
    "StorageError",
    "Transient",
    "Unreachable",
    "UsageError",
]


class SdkError(Exception):
    """Root of the SDK's errors."""


class UsageError(SdkError, ValueError):
    """The host app called the SDK with something that cannot be right."""


class StorageError(SdkError):
    """The device's file cannot be opened or written."""


class DeliveryError(SdkError):
    """A request did not do its work."""


class Transient(DeliveryError):
    """The same request may succeed later."""

    def __init__(
        self, reason: str, *, retry_after_seconds: float | None = None
    ) -> None:
        super().__init__(reason)
        self.retry_after_seconds = retry_after_seconds


class Unreachable(Transient):
    """Nobody answered: no network, no server, or a time-out."""


class DeviceTrouble(Transient):
    """The device itself is in the way, and the server was not asked: its file, its user,
    its app's tokens, another process of the app.
    """


class ServerFault(Transient):
    """Our server answered with a fault of its own, which this request may have caused."""


class Refused(DeliveryError):
    """The request will never be accepted as it is.

    ``is_ours`` is false where a proxy said so, which may only speak of a batch's size.
    ``retry_after_seconds`` is until when another one like it would be refused, too.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        is_ours: bool = True,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{status} {code}: {detail}")
        self.is_ours = is_ours
        self.retry_after_seconds = retry_after_seconds
        self.status = status
        self.code = code
        self.detail = detail
