"""Mistakes of the host app: told in development, counted in production."""

from collections.abc import Callable

import pytest

from client_sdk import ClientConfig, TutorialClient, UsageError
from tests.client_sdk.conftest import OpenClient

Call = Callable[[TutorialClient], object]

MISTAKES: list[tuple[str, Call, str]] = [
    (
        "unknown-status",
        lambda c: c.ping("t", "s", "strated"),
        "one of started, completed, skipped, dismissed, target_missing",
    ),
    ("empty-id", lambda c: c.ping("", "s", "started"), "tutorial_id has 0 characters"),
    (
        "long-id",
        lambda c: c.ping("t", "s" * 201, "started"),
        "step_id has 201 characters",
    ),
    ("not-text", lambda c: c.ping(7, "s", "started"), "tutorial_id is a int"),  # type: ignore[arg-type]
    ("nul", lambda c: c.ping("t\0", "s", "started"), "control character"),
    ("negative", lambda c: c.ping("t", "s", "started", -1), "duration_ms is -1"),
    ("float", lambda c: c.ping("t", "s", "started", 1.5), "duration_ms is a float"),  # type: ignore[arg-type]
    ("truth", lambda c: c.ping("t", "s", "started", True), "duration_ms is a bool"),
    ("score", lambda c: c.submit_survey("t", nps=11), "nps is 11; it must be 0 to 10"),
    (
        "long-comment",
        lambda c: c.submit_survey("t", nps=1, comment="x" * 4001),
        "comment has 4001 characters",
    ),
    (
        "half-emoji",
        lambda c: c.submit_survey("t", nps=1, comment="\ud83d"),
        "surrogate",
    ),
    ("no-comment", lambda c: c.submit_survey("t", nps=1, comment=None), "comment is a"),  # type: ignore[arg-type]
    ("tutorial", lambda c: c.tutorial(""), "tutorial_id has 0 characters"),
]

each_mistake = pytest.mark.parametrize(
    ("mistake", "message"), [pytest.param(m, t, id=i) for i, m, t in MISTAKES]
)


@each_mistake
def test_a_mistake_is_told_in_development(
    open_client: OpenClient, mistake: Call, message: str
):
    client = open_client(config=ClientConfig(strict=True))

    with pytest.raises(UsageError, match=message):
        mistake(client)


@each_mistake
def test_a_mistake_is_counted_and_harmless_in_production(
    open_client: OpenClient,
    mistake: Call,
    message: str,
    caplog: pytest.LogCaptureFixture,
):
    client = open_client()

    mistake(client)

    assert client.status().misuses == 1
    assert client.status().queued == 0
    assert message in caplog.text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("batch_size", 0),
        ("batch_size", 501),
        ("flush_at", 0),
        ("backoff_max_seconds", -1),
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(field: str, value: int):
    with pytest.raises(UsageError, match=f"{field} is {value}"):
        ClientConfig(strict=True, **{field: value})  # type: ignore[arg-type]
