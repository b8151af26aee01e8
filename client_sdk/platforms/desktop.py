"""A desktop or server: Linux tells by files, other systems do not tell."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from client_sdk.platforms._platform import Network

__all__ = ["DesktopPlatform"]

#: Per cent at which Android, too, begins to call a battery low.
LOW_BATTERY_PERCENT = 15

#: Flags of a route (linux/route.h): it is in use; it leads nowhere on purpose.
_ROUTE_UP = 0x0001
_ROUTE_REJECTED = 0x0200


class DesktopPlatform:
    """Reads ``/proc`` and ``/sys``.

    Whether a network is metered is known to NetworkManager alone, and only D-Bus would
    ask it; so a connected desktop says ``unknown``.  macOS and Windows say nothing else.

    Args:
        proc: Where the kernel shows its routes.
        sys: Where the kernel shows its batteries.
    """

    def __init__(self, *, proc: Path = Path("/proc"), sys: Path = Path("/sys")) -> None:
        self._route = proc / "net" / "route"
        self._ipv6_route = proc / "net" / "ipv6_route"
        self._power_supply = sys / "class" / "power_supply"

    def network(self) -> Network:
        """Return ``none`` without a default route, else ``unknown``."""
        try:
            ipv4 = self._route.read_text("ascii")
        except OSError:
            return Network.UNKNOWN
        if _has_default_ipv4(ipv4) or self._has_default_ipv6():
            return Network.UNKNOWN
        return Network.NONE

    def is_battery_low(self) -> bool:
        """Tell whether every battery discharges and has at most 15 %."""
        batteries = list(self._batteries())
        return bool(batteries) and all(one.is_low for one in batteries)

    def listen(self, on_change: Callable[[], None]) -> Callable[[], None]:
        """Call ``on_change`` when the kernel changes a route; only on Linux."""
        from client_sdk.platforms._route_watch import watch_routes

        return watch_routes(on_change)

    def stay_awake(self) -> Callable[[], None]:
        """Do nothing: a desktop suspends no app that goes to the background."""
        return _nothing

    def _has_default_ipv6(self) -> bool:
        try:
            return _has_default_ipv6(self._ipv6_route.read_text("ascii"))
        except OSError:  # a kernel without IPv6
            return False

    def _batteries(self) -> Iterator[_Battery]:
        for folder in sorted(self._power_supply.glob("*")):
            battery = _read_battery(folder)
            if battery is not None:
                yield battery


class _Battery(NamedTuple):
    percent: int
    is_discharging: bool

    @property
    def is_low(self) -> bool:
        return self.is_discharging and self.percent <= LOW_BATTERY_PERCENT


def _read_battery(folder: Path) -> _Battery | None:
    """Return a battery of the machine; None for mains, mice and what cannot be read."""
    if _word(folder / "type") != "Battery" or _word(folder / "scope") == "Device":
        return None
    percent = _word(folder / "capacity")
    if not percent.isdecimal():
        return None
    return _Battery(int(percent), _word(folder / "status") == "Discharging")


def _word(file: Path) -> str:
    try:
        return file.read_text("ascii").strip()
    except (OSError, UnicodeDecodeError):  # a battery may be taken out at any moment
        return ""


def _has_default_ipv4(table: str) -> bool:
    """Tell whether ``/proc/net/route`` has a default route that is up."""
    for line in table.splitlines()[1:]:
        columns = line.split()
        is_default = len(columns) > 7 and columns[1] == columns[7] == "00000000"
        if is_default and _leads_out(columns[3]):
            return True
    return False


def _has_default_ipv6(table: str) -> bool:
    """Tell whether ``/proc/net/ipv6_route`` has a default route that is up.

    A kernel without any IPv6 network lists a rejecting one on ``lo``.
    """
    for line in table.splitlines():
        columns = line.split()
        if len(columns) < 10 or columns[1] != "00" or columns[0].strip("0"):
            continue
        if _leads_out(columns[8]):
            return True
    return False


def _leads_out(flags: str) -> bool:
    return int(flags, 16) & (_ROUTE_UP | _ROUTE_REJECTED) == _ROUTE_UP


def _nothing() -> None:
    pass
