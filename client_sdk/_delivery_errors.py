"""Why a request did not do its work: the sync thread's errors.

DeliveryError
├── Transient         later may be better; carries the server's Retry-After
│   ├── Unreachable       nobody answered: offline costs no attempts
│   ├── DeviceTrouble     the device is in the way: its file, its user, its tokens
│   └── ServerFault       our server failed on this very request
└── Refused           will never be accepted as it is; carries code and detail
"""

from __future__ import annotations

from client_sdk._errors import SdkError

__all__ = [
    "DeliveryError",
    "DeviceTrouble",
    "Refused",
    "ServerFault",
    "Transient",
    "Unreachable",
]


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
