"""A KivyMD 2 app: its buttons are targets, its screens are gone to, its theme stays its own.

A dialog of its own comes up over the second step, and goes again.
"""

from pathlib import Path

from kivy.clock import Clock
from kivy.lang import Builder
from kivymd.app import MDApp
from kivymd.uix.dialog import MDDialog, MDDialogHeadlineText

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
        self.overlay.bind(on_step=self.interrupt)

    def interrupt(self, overlay, step):
        """Ask something in the middle of the tour, for a moment."""
        if step.id == "create":
            dialog = MDDialog(MDDialogHeadlineText(text="Discard the draft?"))
            dialog.open()
            Clock.schedule_once(lambda _: self.end_dialog(dialog), 0.4)

    def end_dialog(self, dialog):
        """Let the dialog go; the card must not have stood behind it."""
        if self.overlay.is_open:
            self.user.complain("the card is shown behind a dialog")
        dialog.dismiss()

    def go_to(self, screen):
        self.root.current = screen


def main(folder: Path) -> None:
    """Run the app; it keeps its data in a folder, and leaves a report there."""
    run(MaterialApp(), folder)
