"""KAZI on a phone: where its data lies there, and what runs it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from client_sdk import Device, TutorialClient

__all__ = ["device", "main", "open_client", "server", "storage"]

#: On a device this is the developer's own machine after ``adb reverse tcp:8080 tcp:8080``.
DEFAULT_SERVER = "http://127.0.0.1:8080"


def server(environ: Mapping[str, str] = os.environ) -> str:
    """Return the address of the sync server."""
    return environ.get("KAZI_DEMO_SERVER", DEFAULT_SERVER)


def storage(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the app's data, the same in the app and in its service."""
    if "ANDROID_PRIVATE" in environ:
        # Beside, not inside ``app``, which python-for-android empties at every update.
        return Path(environ["ANDROID_PRIVATE"]) / "kazi-demo"
    return Path.home() / "Documents" / "kazi-demo"


def device(environ: Mapping[str, str] = os.environ) -> Device:
    """Return what the server is told of this device."""
    return Device.ANDROID if "ANDROID_PRIVATE" in environ else Device.IOS


def open_client() -> TutorialClient:
    """Open a client on the app's folder, for the service."""
    return TutorialClient(server(), storage_dir=storage(), device=device())


def main() -> None:
    """Run the app until the system ends it."""
    from client_sdk.platforms import detect_platform
    from demo_app.app import DemoSettings, KaziApp
    from demo_app.tours import SHIPPED

    class MobileApp(KaziApp):
        def on_start(self) -> None:
            super().on_start()
            if device() is Device.ANDROID:
                from client_sdk.platforms.android.work import schedule_background_sync

                schedule_background_sync()

    settings = DemoSettings(
        server=server(), storage=storage(), device=device(), bundle=SHIPPED
    )
    MobileApp(settings, platform=detect_platform()).run()
