"""The server's golden answers, read by the device: what it makes of each of them."""

import json
from typing import Any

import pytest

from client_sdk import Request, Response
from client_sdk._api import TutorialApi, mint_anonymous
from client_sdk._delivery_errors import Refused, Transient
from client_sdk._tokens import Token, TokenSource
from client_sdk.contracts import routes
from client_sdk.contracts.codec import decode
from client_sdk.contracts.identity import user_id_of_secret
from client_sdk.contracts.survey import SurveySubmission
from client_sdk.testing import FakeClock, FakeServer
from tests.contracts.wire_cases import load_case_file

GOLDEN = load_case_file("exchanges")
EXCHANGES = {one["name"]: one for one in GOLDEN["exchanges"]}


def answer_of(name: str) -> Response:
    """Return an exchange's answer as a transport hands it on."""
    golden = EXCHANGES[name]["response"]
    headers = {key.lower(): value for key, value in golden.get("headers", {}).items()}
    headers["date"] = "Sat, 31 Jan 2026 08:30:00 GMT"
    body = golden.get("body")
    content = b"" if body is None else json.dumps(body).encode()
    return Response(status=golden["status"], headers=headers, body=content)


def sent(name: str) -> Any:
    """Return the JSON body of an exchange's request."""
    return EXCHANGES[name]["request"]["body"]


class Line:
    """A transport that gives one answer and keeps what was asked."""

    def __init__(self, answer: Response) -> None:
        self.answer = answer
        self.asked: list[Request] = []

    def send(self, request: Request) -> Response:
        self.asked.append(request)
        return self.answer

    def close(self) -> None:
        """Do nothing."""


def api_to(line: Line) -> TutorialApi:
    tokens = TokenSource(lambda: Token("token", "somebody"))
    api = TutorialApi(
        transport=line, tokens=tokens, device="desktop", clock=FakeClock()
    )
    api.authenticate()
    return api


def test_a_config_is_fresh_as_long_as_the_server_says():
    fetched = api_to(Line(answer_of("config of a user"))).fetch_config("x", etag=None)

    assert fetched.config is not None
    assert fetched.config.tutorial_id == "golden-tour"
    assert fetched.etag == EXCHANGES["config of a user"]["response"]["headers"]["ETag"]
    assert fetched.fresh_seconds == 300


def test_a_config_that_the_device_has_is_fresh_again():
    exchange = EXCHANGES["config that the device has already"]
    line = Line(answer_of("config that the device has already"))
    etag = exchange["request"]["headers"]["If-None-Match"]

    fetched = api_to(line).fetch_config("golden-tour", etag=etag)

    assert line.asked[0].headers["if-none-match"] == etag
    assert (fetched.config, fetched.etag, fetched.fresh_seconds) == (None, etag, 300)


def test_a_token_belongs_to_the_user_that_the_device_derived():
    name = "a token for an anonymous user"
    secret = sent(name)["secret"]
    line = Line(answer_of(name))

    token = mint_anonymous(line, secret, FakeClock())

    assert token.user_id == str(user_id_of_secret(secret))
    assert json.loads(line.asked[0].body or b"") == sent(name)
    assert line.asked[0].path == routes.ANONYMOUS


def test_a_receipt_says_what_became_of_each_event():
    name = "a batch with something of everything"
    receipt = api_to(Line(answer_of(name))).send_pings(json.dumps(sent(name)).encode())

    golden = EXCHANGES[name]["response"]["body"]
    assert (receipt.accepted, receipt.duplicates) == (
        golden["accepted"],
        golden["duplicates"],
    )
    assert [one.code for one in receipt.rejected] == [
        one["code"] for one in golden["rejected"]
    ]


def test_a_stored_answer_is_accepted():
    name = "an answer to a survey"
    line = Line(answer_of(name))

    api_to(line).send_survey(decode(SurveySubmission, sent(name)))

    assert line.asked[0].path == EXCHANGES[name]["request"]["path"]


@pytest.mark.parametrize(
    "name",
    [
        "config of an unknown tutorial",
        "config for an unknown device",
        "a bad secret",
        "a ping of an unknown step",
        "a ping with two faults",
        "a batch without events",
        "a second answer within 30 days",
        "an answer without its score",
    ],
)
def test_a_refusal_is_final_and_carries_its_code(name: str):
    with pytest.raises(Refused) as caught:
        api_to(Line(answer_of(name))).fetch_config("x", etag=None)

    assert caught.value.code == EXCHANGES[name]["response"]["body"]["code"]


@pytest.mark.parametrize(
    "name", ["a ping without a token", "an unknown route", "a wrong method"]
)
def test_what_is_not_the_events_fault_may_be_tried_again(name: str):
    with pytest.raises(Transient, match=str(EXCHANGES[name]["response"]["status"])):
        api_to(Line(answer_of(name))).fetch_config("x", etag=None)


def test_the_fake_server_answers_like_the_real_one():
    """An app that tests with the fake meets the same statuses and fields."""
    name = "a token for an anonymous user"
    request = Request(
        method="POST", path=routes.ANONYMOUS, body=json.dumps(sent(name)).encode()
    )

    fake = FakeServer().send(request)
    real = answer_of(name)

    assert fake.status == real.status
    assert json.loads(fake.body).keys() == json.loads(real.body).keys()
