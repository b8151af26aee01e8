"""The header that says what kind of device asks (specification 2.1)."""

from __future__ import annotations

from client_sdk.contracts.problem import ProblemCode
from client_sdk.contracts.routes import DEVICE_HEADER
from client_sdk.contracts.tutorial import Device
from sync_server.api.operation import Parameter
from sync_server.current import current_environ
from sync_server.errors import ApiError

__all__ = ["DEVICE_PARAMETER", "VARY", "device_of_request"]

#: Header ``Vary`` of an answer that depends on user and device.
VARY = f"Authorization, {DEVICE_HEADER}"
DEVICE_PARAMETER = Parameter(
    name=DEVICE_HEADER,
    place="header",
    type=Device,
    about="The kind of device; `web` where it is missing.",
)
_DEVICES = frozenset(device.value for device in Device)
_KEY = "HTTP_" + DEVICE_HEADER.upper().replace("-", "_")


def device_of_request() -> str:
    """Return the kind of device, web if the header is missing; ApiError if unknown."""
    device: str = current_environ().get(_KEY, Device.WEB.value)
    if device not in _DEVICES:
        raise ApiError(
            ProblemCode.UNKNOWN_DEVICE,
            f"The header {DEVICE_HEADER} is not one of {', '.join(Device)}.",
        )
    return device
