"""Lets requests into the application, or answers them 429 before they cost anything."""

from __future__ import annotations

from collections.abc import Callable, Set as AbstractSet
from typing import Any
from uuid import UUID

from flask import Flask, Response

from client_sdk.contracts.problem import ProblemCode
from sync_server.current import current_environ, current_request
from sync_server.errors import ApiError, problem_response
from sync_server.ratelimits.addresses import address_key, client_address
from sync_server.ratelimits.counting import WINDOW_SECONDS
from sync_server.ratelimits.limit import Refusal
from sync_server.ratelimits.limits import RateLimits

__all__ = ["MAX_URL_LENGTH", "Gate", "RateLimitedError"]

#: Longest path and query string together, in characters.  Some of them are remembered.
MAX_URL_LENGTH = 8_192
_WHAT = {
    "user": "requests of one user",
    "events": "events of one user",
    "address": "requests without a token from one address",
    "anonymous": "anonymous tokens for one address",
    "login": "refused tokens from one address",
}


class RateLimitedError(ApiError):
    """A request beyond a limit; the header fields are those of the IETF's draft
    draft-ietf-httpapi-ratelimit-headers-10."""

    def __init__(self, refusal: Refusal) -> None:
        limit, wait_seconds = refusal
        super().__init__(
            ProblemCode.RATE_LIMITED,
            f"More than {limit.per_minute} {_WHAT[limit.name]} in a minute; "
            f"go on in {wait_seconds} s.",
            retry_after_seconds=wait_seconds,
        )
        self.headers = {
            "RateLimit-Policy": f'"{limit.name}";q={limit.per_minute};w={WINDOW_SECONDS}',
            "RateLimit": f'"{limit.name}";r=0;t={wait_seconds}',
        }


class Gate:
    """Counts every request once: with a user's token by user, else by address.

    A service's requests are not counted.  ``remembered`` returns something for a token
    that was found to be good before, None for another.
    """

    def __init__(
        self,
        limits: RateLimits,
        *,
        proxy_hops: int,
        remembered: Callable[[str], object | None],
    ) -> None:
        self._limits = limits
        self._proxy_hops = proxy_hops
        self._remembered = remembered

    def admit_user(self, user_id: UUID) -> None:
        """Count a request of a user whose token is good; ApiError beyond the limit."""
        # a UUID hashes itself in Python, its number does not
        _require(self._limits.users.take(user_id.int))

    def admit_events(self, user_id: UUID, count: int) -> None:
        """Count the events of a user's batch; ApiError beyond the limit."""
        _require(self._limits.events.take(user_id.int, count))

    def install(
        self,
        app: Flask,
        *,
        guarded: AbstractSet[str],
        anonymous: str,
        unlimited: AbstractSet[str],
    ) -> None:
        """Stand in front of the application's routes, which are named by endpoint.

        ``guarded`` are those that check a token, ``anonymous`` the one that makes
        anonymous users, ``unlimited`` those of the machinery around the server.
        """
        limits = self._limits

        @app.before_request
        def let_in() -> None:
            request = current_request()
            environ, endpoint = request.environ, request.endpoint
            _require_short(environ)
            if endpoint in unlimited:
                return
            header = environ.get("HTTP_AUTHORIZATION")
            # a header that nobody checks must not buy a way around the limit; Flask
            # answers OPTIONS by itself, before any view
            if (
                header
                and endpoint in guarded
                and environ["REQUEST_METHOD"] != "OPTIONS"
            ):
                if limits.failed_logins.is_any_full:
                    self._stop_guessing(header)
                return
            address = self._address()
            _require(limits.addresses.take(address))
            if endpoint == anonymous:
                _require(limits.anonymous_tokens.take(address))

        app.register_error_handler(ApiError, self._answer)

    def _answer(self, error: ApiError) -> Response:
        if error.status == 401 and "HTTP_AUTHORIZATION" in current_environ():
            self._limits.failed_logins.take(self._address())
        return problem_response(error)

    def _stop_guessing(self, header: str) -> None:
        """ApiError if the address guesses tokens, unless this one was good before."""
        refusal = self._limits.failed_logins.look(self._address())
        token = header.partition(" ")[2].strip()
        if refusal and self._remembered(token) is None:
            raise RateLimitedError(refusal)

    def _address(self) -> str:
        return address_key(client_address(current_environ(), self._proxy_hops))


def _require(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise RateLimitedError(refusal)


def _require_short(environ: dict[str, Any]) -> None:
    length = len(environ["PATH_INFO"]) + len(environ.get("QUERY_STRING", ""))
    if length > MAX_URL_LENGTH:
        raise ApiError(
            ProblemCode.INVALID_REQUEST,
            f"The URL is longer than {MAX_URL_LENGTH} characters.",
            status=414,
        )
