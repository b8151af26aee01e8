"""An app that is one task of an asyncio or trio loop, beside others."""

import asyncio
from pathlib import Path

import trio
from kivy.app import App
from kivy.lang import Builder

from client_sdk import AsyncTutorialClient, EventKind
from overlay_kivy import TutorialOverlay
from tests.overlay_kivy.hosts.host import open_client
from tests.overlay_kivy.hosts.plain_app import KV
from tests.overlay_kivy.hosts.user import User


class AsyncApp(App):
    def build(self):
        return Builder.load_string(KV)


async def _use_app(folder, library):
    server, inner = open_client(folder)
    app = AsyncApp()
    async with AsyncTutorialClient(inner) as client:
        happened = client.events()
        overlay = TutorialOverlay(client.client)
        app.user = User(server, overlay, lambda: app.root.ids.create)
        app.bind(on_start=lambda _: app.user.begin())
        await app.async_run(async_lib=library)
        overlay.close()
        await client.flush()
    # The stream ends with the client: nobody is left waiting for it.
    kinds = {event.kind async for event in happened}
    assert EventKind.CONFIG_READY in kinds
    app.user.report(folder / "report.json")


def main(folder: Path, library: str) -> None:
    """Run the app in a loop of asyncio or trio; it leaves a report in the folder."""
    if library == "asyncio":
        asyncio.run(_use_app(folder, library))
    else:
        trio.run(_use_app, folder, library)
