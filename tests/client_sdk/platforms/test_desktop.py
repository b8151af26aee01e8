"""What a Linux machine says of its network and battery, from files as its kernel writes them."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from client_sdk.platforms import Network, detect_platform
from client_sdk.platforms._route_watch import RouteWatch
from client_sdk.platforms.desktop import DesktopPlatform

IPV4 = "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT\n"
LOCAL_NET = "wlan0\t0000A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0\n"
DEFAULT = "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0\n"
#: ``ip route add default via ... `` on an interface that is down.
DOWN = DEFAULT.replace("\t0003\t", "\t0002\t")
#: ``ip route add unreachable default``.
UNREACHABLE = "*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n"
#: Half of the internet: what some VPNs install, beside a default route.
HALF = DEFAULT.replace("\t00000000\t0\t0\t0\n", "\t00000080\t0\t0\t0\n")

ZERO = "0" * 32
GATEWAY = "fe800000000000000000000000000001"
IPV6_DEFAULT = (
    f"{ZERO} 00 {ZERO} 00 {GATEWAY} 00000400 00000001 00000000 00450003    wlan0\n"
)
#: What a kernel without IPv6 networks has.
IPV6_NONE = f"{ZERO} 00 {ZERO} 00 {ZERO} ffffffff 00000001 00000000 00200200       lo\n"
IPV6_LOCAL = f"fe800000{'0' * 24} 40 {ZERO} 00 {ZERO} 00000100 00000001 00000000 00000001    wlan0\n"


class Machine:
    """A machine's ``/proc`` and ``/sys``."""

    def __init__(self, folder: Path) -> None:
        self._proc, self._sys = folder / "proc", folder / "sys"

    @property
    def platform(self) -> DesktopPlatform:
        return DesktopPlatform(proc=self._proc, sys=self._sys)

    def routes(self, ipv4: str, ipv6: str | None = None) -> None:
        net = self._proc / "net"
        net.mkdir(parents=True, exist_ok=True)
        (net / "route").write_text(IPV4 + ipv4)
        if ipv6 is not None:
            (net / "ipv6_route").write_text(ipv6)

    def supply(self, name: str, **files: str) -> None:
        folder = self._sys / "class" / "power_supply" / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text + "\n")


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.parametrize(
    ("ipv4", "ipv6", "network"),
    [
        (LOCAL_NET + DEFAULT, IPV6_NONE, Network.UNKNOWN),
        (DEFAULT, None, Network.UNKNOWN),
        ("", IPV6_LOCAL + IPV6_DEFAULT, Network.UNKNOWN),
        ("", IPV6_LOCAL + IPV6_NONE, Network.NONE),
        (LOCAL_NET, None, Network.NONE),
        (DOWN, "", Network.NONE),
        (UNREACHABLE, "", Network.NONE),
        (HALF, "", Network.NONE),
        ("", "", Network.NONE),
    ],
    ids=[
        "ipv4",
        "kernel-without-ipv6",
        "ipv6-only",
        "rejected-ipv6",
        "local-net-only",
        "down",
        "unreachable",
        "half",
        "empty",
    ],
)
def test_a_default_route_is_a_network(machine, ipv4, ipv6, network):
    machine.routes(ipv4, ipv6)

    assert machine.platform.network() is network


def test_a_system_without_these_files_says_nothing(machine):
    assert machine.platform.network() is Network.UNKNOWN
    assert not machine.platform.is_battery_low()


def test_this_very_machine_is_read(tmp_path):
    """The real files have columns that no made-up one would show to be misread."""
    assert detect_platform(environ={}).network() in (Network.UNKNOWN, Network.NONE)


def test_a_battery_is_low_at_15_per_cent(machine):
    machine.supply("AC", type="Mains", online="0")
    machine.supply("BAT0", type="Battery", status="Discharging", capacity="15")

    assert machine.platform.is_battery_low()


@pytest.mark.parametrize(
    ("status", "capacity"),
    [("Discharging", "16"), ("Charging", "3"), ("Not charging", "3"), ("Full", "100")],
)
def test_a_battery_that_is_full_enough_or_not_used_is_not_low(
    machine, status, capacity
):
    machine.supply("BAT0", type="Battery", status=status, capacity=capacity)

    assert not machine.platform.is_battery_low()


def test_one_full_battery_of_two_is_enough(machine):
    machine.supply("BAT0", type="Battery", status="Discharging", capacity="4")
    machine.supply("BAT1", type="Battery", status="Unknown", capacity="90")

    assert not machine.platform.is_battery_low()


def test_the_battery_of_a_mouse_does_not_count(machine):
    mouse = {"type": "Battery", "status": "Discharging", "capacity": "5"}
    machine.supply("hid-00:11-battery", scope="Device", **mouse)

    assert not machine.platform.is_battery_low()


def test_a_battery_that_cannot_be_read_does_not_count(machine):
    machine.supply("BAT0", type="Battery", status="Discharging")
    machine.supply("BAT1", type="Battery", status="Discharging", capacity="")

    assert not machine.platform.is_battery_low()


class Listener:
    """Waits for a change to be told."""

    def __init__(self) -> None:
        self.calls = 0
        self._called = threading.Semaphore(0)

    def __call__(self) -> None:
        self.calls += 1
        self._called.release()

    def wait(self) -> None:
        assert self._called.acquire(timeout=10)


@pytest.fixture
def kernel() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The kernel's end of a socket, and ours."""
    theirs, ours = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with theirs, ours:
        yield theirs, ours


def test_a_message_of_the_kernel_is_told(kernel):
    theirs, ours = kernel
    listener = Listener()
    watch = RouteWatch(ours, listener)
    watch.start()

    theirs.send(b"a route")
    listener.wait()
    theirs.send(b"another route")
    listener.wait()

    watch.stop()
    watch._thread.join(10)
    assert not watch._thread.is_alive()


def test_messages_that_came_together_are_told_once(kernel):
    theirs, ours = kernel
    listener = Listener()
    watch = RouteWatch(ours, listener)
    for _ in range(5):
        theirs.send(b"part of a new Wi-Fi")

    watch.start()
    listener.wait()
    watch.stop()
    watch._thread.join(10)

    assert listener.calls == 1


def test_a_listener_that_raises_hears_of_the_next_change(kernel, caplog):
    theirs, ours = kernel
    listener = Listener()

    def raising() -> None:
        listener()
        raise ValueError("the app's fault")

    watch = RouteWatch(ours, raising)
    watch.start()
    with caplog.at_level(logging.ERROR):
        theirs.send(b"a route")
        listener.wait()
        theirs.send(b"another")
        listener.wait()
        watch.stop()
        watch._thread.join(10)

    assert len(caplog.records) == 2
    assert "the app's fault" in caplog.text


def test_a_listener_may_end_its_own_watch_and_twice(kernel):
    theirs, ours = kernel
    stopped = threading.Event()

    def stop() -> None:
        watch.stop()
        watch.stop()
        stopped.set()

    watch = RouteWatch(ours, stop)
    watch.start()
    theirs.send(b"a route")

    assert stopped.wait(10)
    watch._thread.join(10)
    assert not watch._thread.is_alive()


def test_the_real_kernel_lets_us_listen():
    before = threading.active_count()

    stop = DesktopPlatform().listen(lambda: None)

    watching = [t for t in threading.enumerate() if t.name == "kazi-tutorial-routes"]
    assert watching
    stop()
    for thread in watching:
        thread.join(10)
    assert threading.active_count() == before
