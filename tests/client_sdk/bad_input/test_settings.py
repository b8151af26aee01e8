"""Wrong arguments and settings at the start of an app: told or replaced."""

from typing import Any

import pytest

from client_sdk import ClientConfig, Device, Durability, TutorialClient, UsageError
from tests.client_sdk.bad_input.wrong_calls import A_FRACTION, WRONG
from tests.client_sdk.conftest import QUIET

GOOD: dict[str, Any] = {
    "base_url": "https://tutorials.example.com",
    "token_provider": None,
    "device": Device.IOS,
    "transport": None,
    "clock": None,
    "before_send": None,
    "platform": None,
    "bundle": None,
    "config": QUIET,
}
WRONG_ARGUMENTS = [
    pytest.param(name, value, id=f"{name}-{i}")
    for name in [*GOOD, "storage_dir"]
    for i, value in enumerate(WRONG)
]


@pytest.mark.parametrize(("name", "value"), WRONG_ARGUMENTS)
def test_an_app_starts_with_a_wrong_argument(tmp_path, name: str, value: object):
    with TutorialClient(**{"storage_dir": tmp_path, **GOOD, name: value}) as client:
        client.ping("welcome-tour", "intro", "started")
        status = client.status()

    assert (status.misuses, status.queued_pings) == (1, 1)


@pytest.mark.parametrize(
    ("name", "value"), [one for one in WRONG_ARGUMENTS if one.values[0] != "config"]
)
def test_a_wrong_argument_of_the_client_is_an_error_in_development(
    tmp_path, name: str, value: object
):
    good = {"storage_dir": tmp_path, **GOOD, "config": ClientConfig(strict=True)}
    with pytest.raises(UsageError):
        TutorialClient(**{**good, name: value})


def test_a_clock_that_tells_no_time_is_told_or_replaced(tmp_path):
    class Sundial:
        def now_ms(self) -> float:
            return 1.5

        def monotonic_seconds(self) -> str:
            return "noon"

    sundial: Any = Sundial()
    url = "http://kazi.invalid"
    with TutorialClient(url, storage_dir=tmp_path, clock=sundial) as client:
        client.ping("welcome-tour", "intro", "started")
        assert client.status().misuses == 1
        assert client.status().queued_pings == 1
    with pytest.raises(UsageError, match="clock tells float and str"):
        TutorialClient(
            url, storage_dir=tmp_path, clock=sundial, config=ClientConfig(strict=True)
        )


WRONG_SETTINGS = [
    pytest.param(name, value, id=f"{name}-{i}")
    for name in ClientConfig.__dataclass_fields__
    for i, value in enumerate(WRONG)
    if name != "strict" and not (name.endswith("_seconds") and value is A_FRACTION)
]


@pytest.mark.parametrize(("name", "value"), WRONG_SETTINGS)
def test_a_wrong_setting_is_told_or_replaced_by_the_default(
    tmp_path, name: str, value: Any
):
    wrong: Any = {name: value}
    with pytest.raises(UsageError, match=f"{name} is "):
        ClientConfig(strict=True, **wrong)
    config = ClientConfig(**wrong)
    with TutorialClient(
        "http://kazi.invalid", storage_dir=tmp_path, config=config
    ) as c:
        assert c.status().misuses == 1
        assert getattr(c._core.config, name) == getattr(ClientConfig(), name)


@pytest.mark.parametrize("value", WRONG, ids=range(len(WRONG)))
def test_a_strictness_that_is_none_is_told(value: Any):
    with pytest.raises(UsageError, match="strict is a"):
        ClientConfig(strict=value)


def test_a_durability_may_be_named_in_text():
    config = ClientConfig(durability="power_loss")  # type: ignore[arg-type]

    assert config.durability is Durability.POWER_LOSS


@pytest.mark.parametrize(
    "url",
    [
        "https://ann:hush@127.0.0.1:9/kazi",
        "https://ann:hu/sh@127.0.0.1:9/kazi",
        "https://127.0.0.1:9/kazi?key=hush#hush",
    ],
)
def test_a_secret_in_the_address_is_left_out_and_told(
    tmp_path, caplog: pytest.LogCaptureFixture, url: str
):
    with TutorialClient(url, storage_dir=tmp_path, config=QUIET) as client:
        client.ping("welcome-tour", "team", "started")
        told = client.flush().error or ""
        assert "https://127.0.0.1:9/kazi: ConnectError" in told
        assert client.status().misuses == 1
    with pytest.raises(UsageError, match="left out") as caught:
        TutorialClient(url, storage_dir=tmp_path, config=ClientConfig(strict=True))

    assert "hush" not in caplog.text + str(caught.value) + told
