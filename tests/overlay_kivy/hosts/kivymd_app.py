"""A KivyMD 2 app: its buttons are targets, its screens are gone to, its theme stays its own."""

from pathlib import Path

from kivy.lang import Builder
from kivymd.app import MDApp

from tests.overlay_kivy.hosts.host import Host, run

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


class MaterialApp(Host, MDApp):
    def build(self):
        self.theme_cls.primary_palette = "Teal"
        return Builder.load_string(KV)

    def on_start(self):
        super().on_start()
        self.take_tour(lambda: self.root.ids.invite, navigate=self.go_to)

    def go_to(self, screen):
        self.root.current = screen


def main(folder: Path) -> None:
    """Run the app; it keeps its data in a folder, and leaves a report there."""
    run(MaterialApp(), folder)
