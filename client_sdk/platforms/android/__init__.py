"""Android, as python-for-android builds it.

``_device`` asks Java through pyjnius, which is imported on a device only.  ``work`` has
WorkManager run ``service`` while the app is closed; ``java/`` is what both need of Java,
for ``android.add_src``.  See docs/mobile.md.
"""

from client_sdk.platforms.android._device import AndroidPlatform

__all__ = ["AndroidPlatform"]
