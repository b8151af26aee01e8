"""The device's codec: golden cases, round trips, and hostile input."""

import contextlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from client_sdk.contracts.anonymous import AnonymousRequest
from client_sdk.contracts.codec import (
    DecodeError,
    decode,
    encode,
    format_timestamp,
    parse_timestamp,
)
from client_sdk.contracts.identity import encode_secret, is_secret, user_id_of_secret
from client_sdk.contracts.ping import BatchReceipt, PingBatch, StepPing
from client_sdk.contracts.problem import Problem
from client_sdk.contracts.status import StepStatus
from client_sdk.contracts.survey import SurveySubmission
from client_sdk.contracts.tutorial import Placement, Step, TutorialConfig
from tests.contracts.wire_cases import wire_cases

TYPES = (
    AnonymousRequest,
    BatchReceipt,
    PingBatch,
    Problem,
    StepPing,
    SurveySubmission,
    TutorialConfig,
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(("type_", "case"), wire_cases("valid"))
def test_a_valid_case_survives_a_round_trip(type_: type, case: dict[str, Any]):
    value: object = decode(type_, case["json"])

    assert encode(value) == case.get("canonical", case["json"])


@pytest.mark.parametrize(("type_", "case"), wire_cases("invalid"))
def test_an_invalid_case_is_refused_at_its_place(type_: type, case: dict[str, Any]):
    with pytest.raises(DecodeError) as caught:
        decode(type_, case["json"])

    assert caught.value.pointer == case["pointer"]


ids = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=200)
moments = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
).map(lambda one: one.replace(microsecond=one.microsecond // 1000 * 1000))
pings = st.builds(
    StepPing,
    tutorial_id=ids,
    step_id=ids,
    status=st.sampled_from(StepStatus),
    duration_ms=st.integers(0, 2**31 - 1),
    event_id=st.none() | st.uuids(),
    occurred_at=st.none() | moments,
    variant=st.none() | ids,
    persona=st.none() | ids,
    device_id=st.none() | st.uuids(),
    seq=st.none() | st.integers(1, 2**63 - 1),
    run_id=st.none() | st.uuids(),
    tutorial_version=st.none() | st.integers(1, 2**31 - 1),
)


@given(pings)
def test_any_ping_survives_the_wire(ping: StepPing):
    assert decode(StepPing, json.loads(json.dumps(encode(ping)))) == ping


@given(st.sampled_from(TYPES), JSON)
def test_any_json_is_decoded_or_refused(type_: type, value: Any):
    with contextlib.suppress(DecodeError):
        assert isinstance(decode(type_, value), type_)


def test_a_placement_of_a_newer_server_becomes_the_default():
    step = decode(Step, {"id": "a", "title": "A", "placement": "orbit"})

    assert step.placement is Placement.AUTO


def test_a_field_of_a_newer_server_is_ignored():
    assert decode(Step, {"id": "a", "title": "A", "video": {"url": "x"}}).id == "a"


@given(moments)
def test_a_time_survives_the_wire(moment: datetime):
    assert parse_timestamp(format_timestamp(moment)) == moment


def test_a_time_is_written_in_utc_with_milliseconds():
    moment = datetime(2026, 1, 31, 9, 30, 0, 123456, UTC) - timedelta(hours=1)

    assert format_timestamp(moment) == "2026-01-31T08:30:00.123Z"


@given(st.binary(min_size=32, max_size=32))
def test_a_secret_gives_one_canonical_uuid(raw: bytes):
    secret = encode_secret(raw)
    user_id = user_id_of_secret(secret)

    assert is_secret(secret)
    assert user_id == user_id_of_secret(secret)
    assert user_id.version == 8
    assert UUID(str(user_id)) == user_id


@given(st.text())
def test_any_text_is_a_secret_or_refused(text: str):
    if is_secret(text):
        assert len(text) == 43
    else:
        with pytest.raises(ValueError, match=r"secret|base64url"):
            user_id_of_secret(text + "!")
