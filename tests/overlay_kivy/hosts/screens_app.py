"""An app of screens: the overlay asks it for the screen of each step."""

from pathlib import Path

from kivy.app import App
from kivy.lang import Builder

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from tests.overlay_kivy.hosts.user import HOST_TOUR, User

KV = """
ScreenManager:
    Screen:
        name: "start"
        Label:
            text: "Good morning"
    Screen:
        name: "projects"
        ScrollView:
            BoxLayout:
                orientation: "vertical"
                size_hint_y: None
                height: 2400
                Widget:
                Button:
                    text: "New project"
                    size_hint_y: None
                    height: 60
                    tour_id: "new-project"
    Screen:
        name: "team"
        AnchorLayout:
            anchor_y: "top"
            Button:
                id: invite
                text: "Invite"
                size_hint: .5, None
                height: 60
                tour_id: "invite"
                on_release: app.user.pressed += 1
"""


class ScreensApp(App):
    def build(self):
        return Builder.load_string(KV)

    def on_start(self):
        server = FakeServer(HOST_TOUR)
        self.client = TutorialClient(
            "http://tutorials.invalid", storage_dir=self.folder, transport=server
        )
        self.overlay = TutorialOverlay(self.client, navigate=self.go_to)
        self.user = User(server, self.overlay, lambda: self.root.ids.invite)
        self.user.begin()

    def go_to(self, screen):
        self.root.current = screen

    def on_stop(self):
        self.overlay.close()
        self.client.flush()
        self.client.close()
        self.user.report(self.folder / "report.json")


def main(folder: Path) -> None:
    """Run the app; it keeps its data in a folder, and leaves a report there."""
    app = ScreensApp()
    app.folder = folder
    app.run()
