"""Bearer tokens: from the app's provider, or from the server for the device's secret."""

from __future__ import annotations

import base64
import json
import logging
from collections.abc import Callable
from typing import Protocol

from client_sdk._delivery_errors import DeviceTrouble
from client_sdk._errors import UsageError
from client_sdk._usage import check_id
from client_sdk.contracts.named_tuple import NamedTuple

__all__ = ["Token", "TokenProvider", "TokenSource", "TokenSupply", "ask", "no_tokens"]

logger = logging.getLogger(__name__)

#: Whose rows are no events in the file: the one that keeps the last number.
_NOBODY = "-"

#: Returns a valid bearer token.  Called on the sync thread only, and again after a 401.
TokenProvider = Callable[[], str]


class Token(NamedTuple):
    """A bearer token and the user whose it is; no text where nobody is to be named."""

    text: str
    user_id: str


class TokenSupply(Protocol):
    """What a request asks for its token."""

    def token(self) -> Token:
        """Return a token; Transient if there is none to be had."""

    def renew(self) -> Token:
        """Return a new token after the server refused the last one."""


class TokenSource:
    """The bearer token of one user in the sync under way; lives on the sync thread.

    A token is never stored with an event: it is put on when a request is sent.
    """

    def __init__(self, mint: Callable[[], Token]) -> None:
        self._mint = mint
        self._token: Token | None = None

    def forget(self) -> None:
        """Ask anew at the next request: the user may have logged in as another."""
        self._token = None

    def token(self) -> Token:
        """Return the token, minted where there is none; Transient if that fails."""
        if self._token is None:
            self._token = self._mint()
        return self._token

    def renew(self) -> Token:
        """Return a new token after the server refused the last one."""
        self._token = None
        return self.token()


def no_tokens(user_id: str) -> TokenSource:
    """Return what lets requests go without a token, as for who has opted out."""
    return TokenSource(lambda: Token("", user_id))


def ask(provider: TokenProvider) -> Token:
    """Return the app's token; DeviceTrouble if the provider raises or returns none."""
    try:
        text: object = provider()
    except BaseException as exc:  # also asyncio's CancelledError: the thread must live
        # By its type alone: the message of a failed log-in may hold what was typed.
        logger.error("the token provider raised %s; events wait", type(exc).__name__)
        raise DeviceTrouble(f"the token provider raised {type(exc).__name__}") from exc
    if not isinstance(text, str) or not text:
        raise DeviceTrouble("the token provider returned no token")
    if not text.isascii() or not text.isprintable() or " " in text:
        raise DeviceTrouble(
            "the token provider's token holds a blank, a line's end or no ASCII"
        )
    return Token(text, _subject_of(text))


def _subject_of(token: str) -> str:
    """Return the subject of a JWT, unverified: the server does that.

    DeviceTrouble if it is none: the app may provide a better one next time.
    """
    try:
        payload = token.split(".")[1]
        claims = json.loads(
            base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
        )
        subject = claims["sub"]
        if subject == _NOBODY:
            raise ValueError("it would be nobody")
        return check_id("sub", subject)
    except (
        IndexError,
        ValueError,
        KeyError,
        TypeError,
        RecursionError,
        UsageError,
    ) as exc:
        raise DeviceTrouble(
            "the token provider's token is no JWT with a subject"
        ) from exc
