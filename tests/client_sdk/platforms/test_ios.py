"""What iOS is asked, with its Objective-C runtime played by Python."""

from __future__ import annotations

import ctypes
import logging
from collections.abc import Callable
from typing import Any

import pytest

from client_sdk.platforms import Network, detect_platform
from client_sdk.platforms._objective_c import ObjectiveCSystem
from client_sdk.platforms.desktop import DesktopPlatform
from client_sdk.platforms.ios import BACKGROUND_SECONDS, IosPlatform, start_timer


class System:
    """iOS, with background tasks that must be ended once each."""

    def __init__(self) -> None:
        self.is_low = False
        self.refuses = False
        self.running: list[int] = []
        self._next = 1

    def is_low_power_mode(self) -> bool:
        return self.is_low

    def begin_background_task(self) -> int:
        if self.refuses:
            return 0
        self.running.append(self._next)
        self._next += 1
        return self.running[-1]

    def end_background_task(self, identifier: int) -> None:
        self.running.remove(identifier)  # ValueError for a second end


class Clock:
    """Timers that end when the test says."""

    def __init__(self) -> None:
        self.due: list[tuple[float, Callable[[], None]]] = []

    def start(self, seconds: float, function: Callable[[], None]) -> Callable[[], None]:
        entry = (seconds, function)
        self.due.append(entry)
        return lambda: self.due.remove(entry) if entry in self.due else None


@pytest.fixture
def system() -> System:
    return System()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def platform(system: System, clock: Clock) -> IosPlatform:
    return IosPlatform(system=system, timer=clock.start)


def test_time_in_the_background_is_given_back_when_the_work_is_done(
    platform, system, clock
):
    end = platform.stay_awake()
    assert system.running == [1]

    end()
    end()
    assert system.running == []
    assert clock.due == []


def test_time_in_the_background_is_given_back_before_ios_kills_the_app(
    platform, system, clock
):
    end = platform.stay_awake()
    ((seconds, expire),) = clock.due
    assert seconds == BACKGROUND_SECONDS < 30

    expire()
    assert system.running == []
    end()  # the work ends after all


def test_two_pauses_have_a_task_each(platform, system):
    first, second = platform.stay_awake(), platform.stay_awake()
    first()
    assert system.running == [2]
    second()
    assert system.running == []


def test_refused_time_costs_nothing(platform, system, clock):
    system.refuses = True

    platform.stay_awake()()

    assert clock.due == []


def test_ios_that_cannot_be_asked_costs_nothing(platform, system, caplog):
    system.begin_background_task = lambda: 1 // 0
    with caplog.at_level(logging.ERROR):
        platform.stay_awake()()

    assert "ZeroDivisionError" in caplog.text


def test_a_real_timer_can_be_cancelled():
    called: list[str] = []

    cancel = start_timer(3600, lambda: called.append("too late"))
    cancel()

    assert called == []


def test_low_power_mode_is_a_low_battery(platform, system):
    assert not platform.is_battery_low()
    system.is_low = True
    assert platform.is_battery_low()


def test_ios_does_not_tell_its_network(platform):
    assert platform.network() is Network.UNKNOWN
    platform.listen(lambda: pytest.fail("nobody would call this"))()


@pytest.mark.parametrize(
    ("environ", "system"), [({"KIVY_BUILD": "ios"}, "darwin"), ({}, "ios")]
)
def test_ios_is_recognised(environ: dict[str, str], system: str, caplog):
    """Here it has no Objective-C runtime, and the app must start all the same."""
    with caplog.at_level(logging.ERROR):
        platform = detect_platform(environ=environ, system=system)

    assert isinstance(platform, DesktopPlatform)
    assert "objc_getClass" in caplog.text


class Function:
    """A C function as ctypes shows it: it must be typed before it is called."""

    def __init__(self, call: Callable[..., Any]) -> None:
        self._call = call
        self.restype: Any = "untyped"
        self.argtypes: Any = "untyped"

    def __call__(self, *arguments: Any) -> Any:
        return self._call(self, *arguments)


class Runtime:
    """The Objective-C runtime: names are numbers, and messages are noted with types."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.messages: list[tuple[str, str, list[Any], Any]] = []
        self._answers = answers
        self._names = ["nil"]

    def __getitem__(self, name: str, /) -> Function:
        if name in ("objc_getClass", "sel_registerName"):
            return Function(lambda _, text: self._number(text.decode()))
        assert name == "objc_msgSend"
        return Function(self._send)

    def _number(self, name: str) -> int:
        self._names.append(name)
        return len(self._names) - 1

    def _send(
        self, function: Function, receiver: int, selector: int, *arguments: Any
    ) -> Any:
        assert function.argtypes == (
            ctypes.c_void_p,
            ctypes.c_void_p,
            *[type(one) for one in arguments],
        )
        name = self._names[selector]
        values = [one.value for one in arguments]
        self.messages.append((self._names[receiver], name, values, function.restype))
        answer = self._answers.get(name)
        return self._number(answer) if isinstance(answer, str) else answer


def test_messages_to_uikit_carry_the_types_of_their_methods():
    begin = "beginBackgroundTaskWithExpirationHandler:"
    runtime = Runtime({"sharedApplication": "the application", begin: 7})
    system = ObjectiveCSystem(runtime)

    assert system.begin_background_task() == 7
    system.end_background_task(7)

    nothing: list[Any] = []
    shared = ("UIApplication", "sharedApplication", nothing, ctypes.c_void_p)
    assert runtime.messages == [
        shared,
        ("the application", begin, [None], ctypes.c_ulong),
        shared,
        ("the application", "endBackgroundTask:", [7], None),
    ]


@pytest.mark.parametrize("is_low", [True, False])
def test_low_power_mode_is_read_from_the_process_info(is_low: bool):
    runtime = Runtime({"processInfo": "the info", "isLowPowerModeEnabled": is_low})

    assert ObjectiveCSystem(runtime).is_low_power_mode() is is_low
    assert runtime.messages[-1] == (
        "the info",
        "isLowPowerModeEnabled",
        [],
        ctypes.c_bool,
    )
