"""The app: builds the screens, opens the client, runs the tour."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window

from client_sdk import (
    ClientConfig,
    ClientEvent,
    Device,
    EventKind,
    HttpxTransport,
    Transport,
    TutorialClient,
)
from client_sdk.platforms import Platform
from demo_app import theme
from demo_app.assistant import AssistantScreen
from demo_app.offline import SwitchedTransport
from demo_app.probe import Probe
from demo_app.projects import ProjectsScreen
from demo_app.settings import SettingsScreen
from demo_app.shell import Shell
from demo_app.sight import take_sight
from demo_app.sync_summary import SyncFacts, summarise
from demo_app.team import TeamScreen
from demo_app.tours import WELCOME, next_tour
from demo_app.why_sheet import WhySheet
from demo_app.workspace_file import WorkspaceFile
from demo_app.workspace_model import WorkspaceModel
from overlay_kivy import TutorialOverlay

__all__ = ["DemoSettings", "KaziApp"]

#: "2 min ago" grows old while nothing happens, in seconds.
STRIP_REFRESH_SECONDS = 5.0

#: Shorter than the defaults, so that one sees things happen.
CLIENT_CONFIG = ClientConfig(
    flush_interval_seconds=1.0,
    request_timeout_seconds=5.0,
    backoff_initial_seconds=0.5,
    backoff_max_seconds=3.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoSettings:
    """Where the app finds its server and keeps its data."""

    server: str
    storage: Path
    device: Device = Device.DESKTOP
    #: The tutorials that the app ships, as ``kazi-sdk bundle`` wrote them.
    bundle: Path | None = None
    #: Unix socket for a driver outside; None keeps the probe off.
    probe: Path | None = None


class KaziApp(App):
    """KAZI with its welcome tour.

    ``platform`` is what the device tells of its network and battery.
    """

    title = "KAZI"

    def __init__(
        self,
        settings: DemoSettings,
        *,
        network: Transport | None = None,
        platform: Platform | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self._settings = settings
        timeout = CLIENT_CONFIG.request_timeout_seconds
        self._transport = SwitchedTransport(
            network or HttpxTransport(settings.server, timeout_seconds=timeout)
        )
        self.client = TutorialClient(
            settings.server,
            storage_dir=settings.storage,
            device=settings.device,
            bundle=settings.bundle,
            config=CLIENT_CONFIG,
            transport=self._transport,
            platform=platform,
        )
        self._session = self.client.tutorial(WELCOME)
        #: Until a first answer of the server: after it a tour would come unexpected.
        self._may_offer = True
        self._refresh = Clock.create_trigger(self._show_status)
        self._unsubscribe = self.client.subscribe(self._on_client_event)
        self._ageing: Any = None
        self._probe: Probe | None = None

    def build(self) -> Shell:
        """Return the shell with its four pages."""
        Window.clearcolor = theme.CANVAS
        Window.softinput_mode = "below_target"
        model = WorkspaceModel(
            WorkspaceFile(self._settings.storage / "workspace.json"),
            today=lambda: datetime.now().astimezone().date(),
        )
        settings = SettingsScreen(
            model,
            name="settings",
            storage=str(self._settings.storage),
            server=self._settings.server,
        )
        settings.bind(
            on_offline=self._on_offline,
            on_replay=self._on_replay,
            on_why=lambda _: WhySheet(self.client.explain(WELCOME)).open(),
        )
        self.shell = Shell(
            [
                ProjectsScreen(model, now=datetime.now().astimezone(), name="projects"),
                TeamScreen(model, name="team"),
                AssistantScreen(model, name="assistant"),
                settings,
            ]
        )
        self.shell.strip.bind(on_release=lambda _: self.client.wake())
        self.overlay = TutorialOverlay(self.client, navigate=self.shell.go_to)
        return self.shell

    def on_start(self) -> None:
        """Show what is due, or go on with it."""
        self._show_status()
        self._ageing = Clock.schedule_interval(self._show_status, STRIP_REFRESH_SECONDS)
        self._offer()
        if self._settings.probe is not None:
            self._probe = Probe(
                self._settings.probe, lambda: take_sight(self.shell, self.overlay)
            )

    def on_pause(self) -> bool:
        """Stay alive in the background, and send what waits: it may be the last chance."""
        self.client.pause()
        return True

    def on_resume(self) -> None:
        """The network may be another one by now."""
        self.client.resume()

    def on_stop(self) -> None:
        """Let go of everything; what is queued stays in the file."""
        self._may_offer = False
        self._unsubscribe()
        self._ageing.cancel()
        self._refresh.cancel()
        self.overlay.close()
        if self._probe is not None:
            self._probe.close()
        self.client.close()

    def _on_client_event(self, event: ClientEvent) -> None:
        # called on the sync thread; a trigger runs once in the next frame
        self._refresh()
        if self._may_offer and event.kind in (EventKind.CONFIG_READY, EventKind.SYNCED):
            is_last = event.kind is EventKind.SYNCED
            Clock.schedule_once(lambda _: self._offer(is_last=is_last))

    def _offer(self, *, is_last: bool = False) -> None:
        """Show the tutorial that is due, once: ``is_last`` where no answer is to come."""
        tutorial_id = next_tour(self.client) if self._may_offer else None
        if is_last or tutorial_id is not None:
            self._may_offer = False
        if tutorial_id is not None:
            self.overlay.run(tutorial_id)

    def _show_status(self, *_: Any) -> None:
        status = self.client.status()
        facts = SyncFacts(
            online=status.online,
            switched_off=self._transport.switched_off,
            queued=status.queued,
            sent=status.sent,
            last_sync_at=status.last_sync_at,
            variant=self._session.variant,
            persona=self._session.persona,
        )
        self.shell.strip.show(summarise(facts, now=datetime.now(UTC)))

    def _on_offline(self, _: SettingsScreen, off: bool) -> None:
        self._transport.switch(off=off)
        self._show_status()
        self.client.resume()

    def _on_replay(self, _: SettingsScreen) -> None:
        self.overlay.run(WELCOME, restart=True)
