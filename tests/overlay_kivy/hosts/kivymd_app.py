"""A KivyMD 2 app: its buttons are targets, its screens are gone to, its theme stays its own."""

from pathlib import Path

from kivy.lang import Builder
from kivymd.app import MDApp

from client_sdk import TutorialClient
from client_sdk.testing import FakeServer
from overlay_kivy import TutorialOverlay
from tests.overlay_kivy.hosts.user import HOST_TOUR, User

KV = """
MDScreenManager:
    MDScreen:
        name: "projects"
        md_bg_color: self.theme_cls.backgroundColor
        MDBoxLayout:
            orientation: "vertical"
            padding: "16dp"
            spacing: "16dp"
            MDTopAppBar:
                type: "small"
                MDTopAppBarTitle:
                    text: "Projects"
            MDButton:
                style: "filled"
                tour_id: "new-project"
                MDButtonText:
                    text: "New project"
            Widget:
    MDScreen:
        name: "team"
        md_bg_color: self.theme_cls.backgroundColor
        MDCard:
            style: "elevated"
            size_hint: .8, .3
            pos_hint: {"center_x": .5, "top": .9}
            MDButton:
                id: invite
                style: "tonal"
                pos_hint: {"center_y": .5}
                tour_id: "invite"
                on_release: app.user.pressed += 1
                MDButtonText:
                    text: "Invite"
"""


class MaterialApp(MDApp):
    def build(self):
        self.theme_cls.primary_palette = "Teal"
        return Builder.load_string(KV)

    def on_start(self):
        super().on_start()
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
    app = MaterialApp()
    app.folder = folder
    app.run()
