"""The server reads and writes the golden cases that the client reads and writes."""

from __future__ import annotations

import json

import pytest
from pydantic import TypeAdapter, ValidationError

from client_sdk.contracts.assignment import assign_variant
from client_sdk.contracts.codec import encode
from client_sdk.contracts.identity import user_id_of_secret
from sync_server.api.body import field_errors
from sync_server.tutorials.definition import Variant
from tests.contracts.wire_cases import load_case_file, wire_cases


@pytest.mark.parametrize(("type_", "case"), wire_cases("valid"))
def test_a_valid_case_is_read_and_written(type_, case):
    value = TypeAdapter(type_).validate_json(json.dumps(case["json"]))

    assert encode(value) == case.get("canonical", case["json"])


@pytest.mark.parametrize(("type_", "case"), wire_cases("invalid"))
def test_an_invalid_case_is_refused_at_its_place(type_, case):
    with pytest.raises(ValidationError) as caught:
        TypeAdapter(type_).validate_json(json.dumps(case["json"]))

    errors = field_errors(caught.value)
    assert [error.pointer for error in errors] == [case["pointer"]]
    assert errors[0].detail


def test_assignment_is_the_specifications():
    """Variants as xxhash-wasm and the specification's TypeScript give them."""
    data = load_case_file("assignment")
    users = [each["userId"] for each in data["hashes"]]

    for case in data["assignments"]:
        variants = [Variant(**variant) for variant in case["variants"]]
        assert [assign_variant(user, variants) for user in users] == case["variantOf"]


def test_a_secret_has_its_user_id():
    for case in load_case_file("anonymous")["valid"]:
        if "userId" in case:
            assert str(user_id_of_secret(case["json"]["secret"])) == case["userId"]
