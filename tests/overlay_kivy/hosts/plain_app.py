"""A plain Kivy app: one page, no screens, no navigation."""

from pathlib import Path

from kivy.app import App
from kivy.lang import Builder

from tests.overlay_kivy.hosts.host import Host, run

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


class PlainApp(Host, App):
    def build(self):
        root = Builder.load_string(KV)
        # A tour that is begun before there is a root: the app's first wish.
        self.take_tour(lambda: root.ids.create, navigate=None)
        return root


def main(folder: Path) -> None:
    """Run the app; it keeps its data in a folder, and leaves a report there."""
    run(PlainApp(), folder)
