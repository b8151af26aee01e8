"""A plain Kivy app: one page, no screens, no navigation."""

from pathlib import Path

from kivy.app import App
from kivy.lang import Builder

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from tests.overlay_kivy.hosts.user import HOST_TOUR, User

KV = """
BoxLayout:
    orientation: "vertical"
    padding: 24
    spacing: 24
    Button:
        id: create
        text: "New project"
        size_hint_y: None
        height: 60
        tour_id: "new-project"
        on_release: app.user.pressed += 1
    Button:
        text: "Invite"
        size_hint_y: None
        height: 60
        tour_id: "invite"
    Widget:
"""


class PlainApp(App):
    def build(self):
        root = Builder.load_string(KV)
        server = FakeServer(HOST_TOUR)
        self.client = TutorialClient(
            "http://tutorials.invalid", storage_dir=self.folder, transport=server
        )
        self.overlay = TutorialOverlay(self.client)
        self.user = User(server, self.overlay, lambda: root.ids.create)
        # A tour that is begun before there is a root: the app's first wish.
        self.user.begin()
        return root

    def on_stop(self):
        self.overlay.close()
        self.client.flush()
        self.client.close()
        self.user.report(self.folder / "report.json")


def main(folder: Path) -> None:
    """Run the app; it keeps its data in a folder, and leaves a report there."""
    app = PlainApp()
    app.folder = folder
    app.run()
