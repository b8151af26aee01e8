"""Errors of the SDK.

    SdkError
    ├── UsageError        the host app called us wrongly (raised only with strict=True)
    ├── StorageError      the device's file cannot be opened or written
    └── DeliveryError     a request did not do its work (_delivery_errors.py)

None of them leaves a method that the host app calls on the UI thread, but UsageError.
"""

from __future__ import annotations

__all__ = ["SdkError", "StorageError", "UsageError"]


class SdkError(Exception):
    """Root of the SDK's errors."""


class UsageError(SdkError, ValueError):
    """The host app called the SDK with something that cannot be right."""


class StorageError(SdkError):
    """The device's file cannot be opened or written."""
