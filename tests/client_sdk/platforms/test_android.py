"""What Android is asked, with Java's classes played by Python's."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import pytest

from client_sdk._status import FlushResult
from client_sdk.platforms import Metered, Network, detect_platform
from client_sdk.platforms.android import AndroidPlatform
from client_sdk.platforms.android._device import ACTIONS
from client_sdk.platforms.android.service import CLOSE_SECONDS, deliver
from client_sdk.platforms.android.work import (
    cancel_background_sync,
    schedule_background_sync,
)
from client_sdk.platforms.desktop import DesktopPlatform

SERVICE = {"PYTHON_SERVICE_ARGUMENT": ""}


class Device:
    """A device: an ``autoclass`` for it, and all its managers in one."""

    def __init__(self) -> None:
        self.is_connected = True
        self.is_metered = False
        self.percent = 80
        self.is_charging = False
        self.saves_power = False
        self.scheduled: list[tuple[Any, ...]] = []
        self.cancelled = 0
        self.has_worker = True
        self.owner = ""
        self.mActivity = self.mService = self

    def autoclass(self, name: str) -> Any:
        if name in (
            "org.kivy.android.PythonActivity",
            "org.kivy.android.PythonService",
        ):
            self.owner = name
            return self
        if name == "org.kazi.tutorial.KaziSyncWorker" and self.has_worker:
            return self
        raise RuntimeError(f"JVM exception: ClassNotFoundException {name}")

    def getApplicationContext(self) -> Device:  # noqa: N802 - Java's
        return self

    def getPackageName(self) -> str:  # noqa: N802
        return "org.example.app"

    def getSystemService(self, name: str) -> Device:  # noqa: N802
        assert name in ("connectivity", "power", "batterymanager")
        return self

    def getActiveNetwork(self) -> object | None:  # noqa: N802
        return self if self.is_connected else None

    def isActiveNetworkMetered(self) -> bool:  # noqa: N802
        return self.is_metered

    def isPowerSaveMode(self) -> bool:  # noqa: N802
        return self.saves_power

    def getIntProperty(self, number: int) -> int:  # noqa: N802
        assert number == 4  # BATTERY_PROPERTY_CAPACITY
        return self.percent

    def isCharging(self) -> bool:  # noqa: N802
        return self.is_charging

    def schedule(self, *arguments: Any) -> None:
        self.scheduled.append(arguments)

    def cancel(self, context: Any) -> None:
        assert context is self
        self.cancelled += 1


class Toolchain:
    """python-for-android's ``android`` package."""

    def __init__(self, *, has_activity_callbacks: bool = True) -> None:
        self.receivers: list[Callable[..., None]] = []
        self.activities: list[Callable[..., None]] = []
        self._has_activity_callbacks = has_activity_callbacks

    def start_receiver(
        self, on_receive: Callable[..., None], actions: tuple[str, ...]
    ) -> Callable[[], None]:
        assert actions == ACTIONS
        self.receivers.append(on_receive)
        return lambda: self.receivers.remove(on_receive)

    def watch_activity(self, on_change: Callable[..., None]) -> Callable[[], None]:
        if not self._has_activity_callbacks:
            raise AttributeError("register_activity_lifecycle_callbacks")
        self.activities.append(on_change)
        return lambda: self.activities.remove(on_change)


@pytest.fixture
def device() -> Device:
    return Device()


@pytest.fixture
def toolchain() -> Toolchain:
    return Toolchain()


@pytest.fixture
def platform(device: Device, toolchain: Toolchain) -> AndroidPlatform:
    return AndroidPlatform(autoclass=device.autoclass, toolchain=toolchain, environ={})


def test_the_active_network_is_named_by_its_cost(device, platform):
    assert platform.network() is Network.UNMETERED
    device.is_metered = True
    assert platform.network() is Network.METERED
    device.is_connected = False
    assert platform.network() is Network.NONE


@pytest.mark.parametrize(
    ("percent", "is_charging", "saves_power", "is_low"),
    [
        (15, False, False, True),
        (1, False, False, True),
        (16, False, False, False),
        (15, True, False, False),
        (0, False, False, False),
        (-(2**31), False, False, False),
        (90, False, True, True),
        (90, True, True, True),
    ],
    ids=[
        "fifteen",
        "one",
        "sixteen",
        "charging",
        "untold-before-android-9",
        "untold",
        "power-save",
        "power-save-at-the-plug",
    ],
)
def test_a_battery_is_low(device, platform, percent, is_charging, saves_power, is_low):
    device.percent = percent
    device.is_charging = is_charging
    device.saves_power = saves_power

    assert platform.is_battery_low() is is_low


def test_the_app_asks_through_its_activity_and_a_service_through_itself(device):
    AndroidPlatform(autoclass=device.autoclass, environ={})
    assert device.owner == "org.kivy.android.PythonActivity"
    AndroidPlatform(autoclass=device.autoclass, environ=SERVICE)
    assert device.owner == "org.kivy.android.PythonService"


def test_network_pause_and_resume_are_told_until_it_is_ended(platform, toolchain):
    told: list[str] = []
    stop = platform.listen(lambda: told.append("change"))

    toolchain.receivers[0]("context", "intent")
    toolchain.activities[0]("activity")
    assert told == ["change", "change"]

    stop()
    stop()
    assert toolchain.receivers == toolchain.activities == []


def test_a_service_has_no_activity_to_watch(device, toolchain):
    platform = AndroidPlatform(
        autoclass=device.autoclass, toolchain=toolchain, environ=SERVICE
    )
    platform.listen(lambda: None)

    assert len(toolchain.receivers) == 1
    assert toolchain.activities == []


def test_what_cannot_be_watched_is_left_out(device, caplog):
    old = Toolchain(has_activity_callbacks=False)
    platform = AndroidPlatform(autoclass=device.autoclass, toolchain=old, environ={})
    with caplog.at_level(logging.ERROR):
        stop = platform.listen(lambda: None)

    assert len(old.receivers) == 1
    assert "cannot be watched" in caplog.text
    stop()
    assert old.receivers == []


def test_a_listener_that_raises_does_not_end_in_java(platform, toolchain, caplog):
    def raising() -> None:
        raise ValueError("the app's fault")

    platform.listen(raising)
    with caplog.at_level(logging.ERROR):
        toolchain.receivers[0]("context", "intent")

    assert "the app's fault" in caplog.text


def test_an_app_built_without_the_toolchain_can_still_be_asked(device, caplog):
    """Outside a device there is no ``android`` package either."""
    platform = AndroidPlatform(autoclass=device.autoclass, environ={})
    with caplog.at_level(logging.ERROR):
        platform.listen(lambda: None)()

    assert "No module named 'android'" in caplog.text
    platform.stay_awake()()


@pytest.mark.parametrize(
    ("environ", "system"), [({"ANDROID_ARGUMENT": "/data"}, "linux"), ({}, "android")]
)
def test_android_is_recognised(environ: dict[str, str], system: str, caplog):
    """Here it has no pyjnius, and the app must start all the same."""
    with caplog.at_level(logging.ERROR):
        platform = detect_platform(environ=environ, system=system)

    assert isinstance(platform, DesktopPlatform)
    assert "No module named 'jnius'" in caplog.text


def test_a_background_sync_is_scheduled_for_the_generated_service(device):
    assert schedule_background_sync(autoclass=device.autoclass, environ={})

    service = "org.example.app.ServiceKazisync"
    assert device.scheduled == [(device, service, 15, False)]


def test_less_than_15_minutes_are_15_minutes(device):
    schedule_background_sync(
        "mySync",
        interval_minutes=5,
        metered=Metered.NEVER,
        autoclass=device.autoclass,
        environ={},
    )

    # python-for-android capitalises as Jinja does: the rest becomes lower case
    service = "org.example.app.ServiceMysync"
    assert device.scheduled == [(device, service, 15, True)]


def test_a_background_sync_is_cancelled(device):
    assert cancel_background_sync(autoclass=device.autoclass, environ={})
    assert device.cancelled == 1


def test_an_app_built_without_the_worker_runs_without_it(device, caplog):
    device.has_worker = False
    with caplog.at_level(logging.ERROR):
        assert not schedule_background_sync(autoclass=device.autoclass, environ={})
        assert not cancel_background_sync(autoclass=device.autoclass, environ={})

    assert len(caplog.records) == 2
    assert "ClassNotFoundException" in caplog.text


class Client:
    """A client that notes what was done with it."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.calls: list[tuple[str, float]] = []
        self._fault = fault

    def flush(self, *, timeout_seconds: float) -> FlushResult:
        self.calls.append(("flush", timeout_seconds))
        if self._fault:
            raise self._fault
        return FlushResult(delivered=3, remaining=0, error=None)

    def close(self, *, timeout_seconds: float) -> None:
        self.calls.append(("close", timeout_seconds))


def test_a_service_delivers_within_its_time_and_closes():
    client = Client()

    result = deliver(lambda: client, timeout_seconds=20)

    assert result == FlushResult(delivered=3, remaining=0, error=None)
    assert client.calls == [("flush", 20), ("close", CLOSE_SECONDS)]


def test_a_service_that_fails_closes_and_does_not_crash(caplog):
    client = Client(fault=RuntimeError("ours"))
    with caplog.at_level(logging.ERROR):
        assert deliver(lambda: client) is None

    assert client.calls[-1] == ("close", CLOSE_SECONDS)
    assert "ours" in caplog.text


def test_a_client_that_cannot_be_opened_does_not_crash_the_service(caplog):
    def fail() -> Client:
        raise OSError("no such folder")

    with caplog.at_level(logging.ERROR):
        assert deliver(fail) is None

    assert "no such folder" in caplog.text
