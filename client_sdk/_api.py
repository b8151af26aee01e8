"""The sync server's routes, as calls that return values or raise DeliveryError."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NamedTuple, TypeVar
from urllib.parse import quote

from client_sdk._clock import Clock
from client_sdk._delivery_errors import (
    DeliveryError,
    DeviceTrouble,
    Refused,
    ServerFault,
    Transient,
)
from client_sdk._retry import parse_retry_after
from client_sdk._tokens import Token, TokenSupply
from client_sdk._transport import Request, Response, Transport
from client_sdk.contracts import routes
from client_sdk.contracts.anonymous import AnonymousRequest, AnonymousToken
from client_sdk.contracts.codec import DecodeError, decode, encode
from client_sdk.contracts.identify import IdentifyRequest
from client_sdk.contracts.launch import Launch
from client_sdk.contracts.limits import SURVEY_WINDOW_SECONDS
from client_sdk.contracts.ping import BatchReceipt
from client_sdk.contracts.problem import Problem, ProblemCode
from client_sdk.contracts.progress import (
    Progress,
    Resume,
    TutorialProgress,
)
from client_sdk.contracts.progress_conflict import ProgressConflict
from client_sdk.contracts.survey import SurveySubmission
from client_sdk.contracts.tutorial import TutorialConfig

__all__ = [
    "FetchedConfig",
    "FetchedLaunch",
    "FetchedProgress",
    "ProgressMoved",
    "TutorialApi",
    "mint_anonymous",
]

T = TypeVar("T")

#: Bodies from this size on are sent compressed; below it that saves no packet.
MIN_GZIP_BYTES = 1_000

_PROBLEM_TYPE = "application/problem+json"
#: Statuses that say the request is at fault, if the server itself says so.
_FINAL_STATUSES = frozenset({400, 409, 410, 413, 422})


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedConfig:
    """Answer to a config request; ``config`` is None where the known one still holds."""

    config: TutorialConfig | None
    body: str
    etag: str
    #: How long the content is fresh, by the server's own clock.
    fresh_seconds: float


class FetchedLaunch(NamedTuple):
    """Answer to a launch request."""

    launch: Launch
    #: How long the list is fresh, by the server's own clock.
    fresh_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedProgress:
    """Answer to a progress request; ``progress`` is None where the known one still holds."""

    progress: Progress | None
    etag: str
    #: The server's clock, in milliseconds since 1970; None where it did not say.
    served_ms: int | None


class ProgressMoved(DeliveryError):
    """A write was for another state than the server's; ``current`` is what is there."""

    def __init__(self, current: TutorialProgress | None, served_ms: int | None) -> None:
        super().__init__("the progress has changed since it was read")
        self.current = current
        self.served_ms = served_ms


class TutorialApi:
    """One user's calls; used on the sync thread only."""

    def __init__(
        self, *, transport: Transport, tokens: TokenSupply, device: str, clock: Clock
    ) -> None:
        self._transport = transport
        self._tokens = tokens
        self._device = device
        self._clock = clock
        self._user_id: str | None = None

    def authenticate(self) -> str:
        """Return the user whose data may travel until this is called again."""
        self._user_id = self._tokens.token().user_id
        return self._user_id

    @property
    def names_user(self) -> bool:
        """Tell whether answers are about the user: requests carry a token."""
        return bool(self._tokens.token().text)

    def fetch_config(self, tutorial_id: str, *, etag: str | None) -> FetchedConfig:
        """Fetch a tutorial unless the server still has the content of ``etag``."""
        headers = {"if-none-match": etag} if etag else {}
        request = Request(
            method="GET",
            path=routes.CONFIG,
            params={"tutorialId": tutorial_id},
            headers={routes.DEVICE_HEADER: self._device, **headers},
        )
        response = self._send(request)
        fresh_seconds = _fresh_seconds(response)
        if response.status == 304 and etag:
            return FetchedConfig(
                config=None, body="", etag=etag, fresh_seconds=fresh_seconds
            )
        config = _decoded(TutorialConfig, response)
        return FetchedConfig(
            config=config,
            body=response.body.decode(),
            etag=response.headers.get("etag", ""),
            fresh_seconds=fresh_seconds,
        )

    def fetch_launch(self) -> FetchedLaunch:
        """Fetch the list of what this user may start on this device now."""
        headers = {routes.DEVICE_HEADER: self._device}
        request = Request(method="GET", path=routes.LAUNCH, headers=headers)
        response = self._send(request)
        return FetchedLaunch(_decoded(Launch, response), _fresh_seconds(response))

    def send_pings(self, body: bytes) -> BatchReceipt:
        """Deliver a batch, encoded; the receipt says what became of each event."""
        return _decoded(BatchReceipt, self._send(_post_json(routes.STEPS, body)))

    def identify(self, anonymous_token: str) -> None:
        """Tell the server that an anonymous user has become this one."""
        self._send(
            _post(routes.IDENTIFY, IdentifyRequest(anonymous_token=anonymous_token))
        )

    def send_survey(self, submission: SurveySubmission) -> None:
        """Deliver one answer; Refused if it comes too early or does not fit."""
        response = self._send(_post(routes.SURVEY, submission))
        if response.status != 201:
            raise Transient(f"status {response.status} where 201 was due")

    def fetch_progress(self, *, etag: str | None) -> FetchedProgress:
        """Fetch where the user stands unless the server still has the answer of ``etag``."""
        headers = {"if-none-match": etag} if etag else {}
        response = self._send(Request("GET", routes.PROGRESS, headers=headers))
        is_known = response.status == 304 and etag is not None
        return FetchedProgress(
            progress=None if is_known else _decoded(Progress, response),
            etag=response.headers.get("etag", ""),
            served_ms=_served_ms(response),
        )

    def put_progress(
        self, tutorial_id: str, resume: Resume, *, etag: str | None
    ) -> TutorialProgress:
        """Say where to go on; return what holds for all devices then.

        ProgressMoved if something else is there than what ``etag`` names.
        """
        request = _json_request(
            "PUT", f"{routes.PROGRESS}/{quote(tutorial_id, safe='')}", resume
        )
        if etag is not None:
            request = request._replace(headers={**request.headers, "if-match": etag})
        response = self._exchange(request)
        if response.status == 412:
            conflict = _decoded(ProgressConflict, response)
            raise ProgressMoved(conflict.current, _served_ms(response))
        return _decoded(TutorialProgress, _checked(response, self._clock))

    def _send(self, request: Request) -> Response:
        return _checked(self._exchange(request), self._clock)

    def _exchange(self, request: Request) -> Response:
        """Return the server's answer, whatever it says, but to a token that it takes."""
        response = self._transport.send(self._authorised(request, self._tokens.token()))
        if response.status == 401:
            token = self._tokens.renew()
            response = self._transport.send(self._authorised(request, token))
        return response

    def _authorised(self, request: Request, token: Token) -> Request:
        if token.user_id != self._user_id:
            # The request holds what the other user did: it must not travel as this.
            raise DeviceTrouble("the account changed during the sync")
        if not token.text:
            return request
        headers = {**request.headers, "authorization": f"Bearer {token.text}"}
        return request._replace(headers=headers)


def mint_anonymous(transport: Transport, secret: str, clock: Clock) -> AnonymousToken:
    """Get a token for the device's secret; DeliveryError if the server does not say."""
    request = _post(routes.ANONYMOUS, AnonymousRequest(secret=secret))
    return _decoded(AnonymousToken, _checked(transport.send(request), clock))


def _post(path: str, value: object) -> Request:
    return _json_request("POST", path, value)


def _json_request(method: str, path: str, value: object) -> Request:
    body = json.dumps(encode(value), separators=(",", ":")).encode()
    return _post_json(path, body)._replace(method=method)


def _post_json(path: str, body: bytes) -> Request:
    headers = {"content-type": "application/json"}
    if len(body) >= MIN_GZIP_BYTES:
        headers["content-encoding"] = "gzip"
        # The lowest level: it is three times as fast and leaves a tenth more.
        body = gzip.compress(body, compresslevel=1, mtime=0)
    return Request(method="POST", path=path, headers=headers, body=body)


def _checked(response: Response, clock: Clock) -> Response:
    """Return a good response; Refused or Transient otherwise.

    Only our server's own word, a problem with its code, makes a refusal final.  An error
    page of a proxy or of a hotel's log-in page must never cost an event.
    """
    if response.status < 300 or response.status == 304:
        return response
    problem = _problem(response)
    now = _served_at(response) or datetime.fromtimestamp(clock.now_ms() / 1000, UTC)
    later = response.headers.get("retry-after")
    if problem is not None and _is_final(response.status, problem.code):
        wait = parse_retry_after(later, now=now, at_most=SURVEY_WINDOW_SECONDS)
        raise Refused(
            response.status, problem.code, problem.detail, retry_after_seconds=wait
        )
    if response.status == 413:
        raise Refused(
            413, ProblemCode.BODY_TOO_LARGE, "the request was too large", is_ours=False
        )
    retry_after = parse_retry_after(later, now=now)
    reason = f"HTTP {response.status}" + (f" {problem.code}" if problem else "")
    if problem is not None and problem.code == ProblemCode.INTERNAL_ERROR:
        raise ServerFault(reason, retry_after_seconds=retry_after)
    raise Transient(reason, retry_after_seconds=retry_after)


def _is_final(status: int, code: str) -> bool:
    if code.startswith("token_"):
        # The token is at fault, whatever the status: the next one may be better.
        return False
    return (
        status in _FINAL_STATUSES
        or code == ProblemCode.SURVEY_RATE_LIMITED
        or (status == 404 and code.startswith("unknown_"))
    )


def _problem(response: Response) -> Problem | None:
    if not response.headers.get("content-type", "").startswith(_PROBLEM_TYPE):
        return None
    try:
        return decode(Problem, json.loads(response.body))
    except (DecodeError, ValueError, RecursionError):
        return None


def _decoded(type_: type[T], response: Response) -> T:
    try:
        return decode(type_, json.loads(response.body))
    except (DecodeError, ValueError, RecursionError) as exc:
        # A page that is not ours, with a good status: somebody is in between.
        raise Transient(f"the answer is not a {type_.__name__}") from exc


def _fresh_seconds(response: Response) -> float:
    """Return Expires minus Date: the server's clock on both sides, never the device's."""
    expires, served = _date_header(response, "expires"), _served_at(response)
    if expires is None or served is None:
        return 0.0
    return max((expires - served).total_seconds(), 0.0)


def _served_ms(response: Response) -> int | None:
    served = _served_at(response)
    return None if served is None else int(served.timestamp() * 1000)


def _served_at(response: Response) -> datetime | None:
    return _date_header(response, "date")


def _date_header(response: Response, name: str) -> datetime | None:
    """Return an aware time from a header; None where it is missing or unreadable."""
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(response.headers[name])
    except (KeyError, ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
