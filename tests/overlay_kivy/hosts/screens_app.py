"""An app of screens: the overlay asks it for the screen of each step."""

from pathlib import Path

from kivy.app import App
from kivy.lang import Builder

from tests.overlay_kivy.hosts.host import Host, run

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


class ScreensApp(Host, App):
    def build(self):
        return Builder.load_string(KV)

    def on_start(self):
        self.take_tour(lambda: self.root.ids.invite, navigate=self.go_to)

    def go_to(self, screen):
        self.root.current = screen


def main(folder: Path) -> None:
    """Run the app; it keeps its data in a folder, and leaves a report there."""
    run(ScreensApp(), folder)
