"""Who a device was, as far as a damaged file can tell: the app's start waits for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from client_sdk._checksums import checksum
from client_sdk._device_row import DeviceRow, new_device
from client_sdk._page_images import PageImages
from client_sdk._records import Shape, Value
from client_sdk._row_checks import Row
from client_sdk._salvage_tables import USERS
from client_sdk.contracts.identity import is_secret

__all__ = ["salvage_device"]

_DEVICE = Shape("K B S T? I I?", newer=2, mark=b"\x00\x2c\x63")
_OPTED_OUT = Shape("T I", mark=b"opted_out")


class _User(NamedTuple):
    user_id: str
    secret: str
    account_id: str | None
    is_linked: int


def salvage_device(sources: Iterable[PageImages]) -> DeviceRow | None:
    """Return who the device was, of all that is left; None if nothing is.

    The secret stands in two places.  One of them is enough for the user; with both, all
    else can be told to be whole, too.
    """
    sources = list(sources)
    rows = [found.values for images in sources for found in _DEVICE.find(images)]
    users = _anonymous_users(sources)
    is_opted_out = int(_has_opted_out(sources))
    whole = _whole_device(rows, [user.secret for user in users])
    if whole is not None:
        return whole._replace(is_opted_out=whole.is_opted_out or is_opted_out)
    if users:
        last = users[-1]
        return new_device()._replace(
            secret=last.secret, account_id=last.account_id, is_opted_out=is_opted_out
        )
    return new_device()._replace(is_opted_out=1) if is_opted_out else None


def _whole_device(rows: list[Row], secrets: list[str]) -> DeviceRow | None:
    for row in rows:
        _, device_id, secret, account_id, *newer = row
        is_opted_out, stored = (*newer, None, None)[:2]
        candidates: list[Value] = [secret, *secrets]
        for one in candidates:
            known = DeviceRow(device_id, one, account_id, is_opted_out or 0)  # type: ignore[arg-type]
            is_of_version_1 = stored is None and one == secret and is_secret(str(one))
            if is_of_version_1 or checksum(tuple(known)) == stored:
                return known
    return None


def _anonymous_users(sources: list[PageImages]) -> list[_User]:
    """Return the anonymous users, in the order in which they came."""
    found = {
        one.values[0]: one
        for images in sources
        for one in USERS.shape.find(images)
        if USERS.check(one.values)
    }
    in_order = sorted(found.values(), key=lambda one: one.key or 0)
    return [_User(*one.values) for one in in_order]  # type: ignore[arg-type]


def _has_opted_out(sources: list[PageImages]) -> bool:
    return any(
        found.values == ("opted_out", 1)
        for images in sources
        for found in _OPTED_OUT.find(images)
    )
