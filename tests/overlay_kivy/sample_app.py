"""An app to show tours over: two screens, a long list, a bar of buttons."""

from __future__ import annotations

from typing import Any

from kivy.lang import Builder
from kivy.properties import NumericProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from overlay_kivy import TourTarget

KV = """
#:import dp kivy.metrics.dp
#:import SlideTransition kivy.uix.screenmanager.SlideTransition

<PaperButton@Button>:
    background_normal: ""
    background_down: ""
    background_color: (.93, .94, .97, 1) if self.state == "normal" else (.85, .86, .92, 1)
    color: .1, .1, .18, 1

<ProjectRow>:
    orientation: "vertical"
    size_hint_y: None
    height: dp(84)
    padding: dp(16)
    canvas.before:
        Color:
            rgba: 1, 1, 1, 1
        RoundedRectangle:
            pos: self.pos
            size: self.size
            radius: [dp(14)]
    Label:
        text: root.title
        color: .1, .1, .18, 1
        bold: True
        text_size: self.size
    Label:
        text: "3 of 5 tasks done"
        color: .4, .42, .5, 1
        font_size: "13sp"
        text_size: self.size

<SampleApp>:
    orientation: "vertical"
    canvas.before:
        Color:
            rgba: .957, .961, .98, 1
        Rectangle:
            pos: self.pos
            size: self.size
    BoxLayout:
        size_hint_y: None
        height: dp(64)
        padding: dp(16), dp(8)
        Label:
            text: "Projects"
            bold: True
            font_size: "24sp"
            color: .1, .1, .18, 1
            text_size: self.size
            valign: "middle"
        PaperButton:
            id: add
            tour_id: "new-project"
            text: "+ New"
            size_hint_x: None
            width: dp(88)
            on_release: root.additions += 1
    ScreenManager:
        id: screens
        transition: SlideTransition(duration=root.slide_seconds)
        Screen:
            name: "projects"
            ScrollView:
                id: scroll
                BoxLayout:
                    id: rows
                    orientation: "vertical"
                    size_hint_y: None
                    height: self.minimum_height
                    padding: dp(16)
                    spacing: dp(12)
        Screen:
            name: "team"
            BoxLayout:
                orientation: "vertical"
                padding: dp(16)
                spacing: dp(12)
                PaperButton:
                    id: invite
                    tour_id: "invite"
                    text: "Invite somebody"
                    size_hint_y: None
                    height: dp(56)
                PaperButton:
                    id: team_shared
                    tour_id: "shared"
                    text: "On both screens"
                    size_hint_y: None
                    height: dp(56)
                TextInput:
                    id: field
                    size_hint_y: None
                    height: dp(48)
                Widget:
    BoxLayout:
        id: bar
        size_hint_y: None
        height: dp(56)
        PaperButton:
            text: "Projects"
            on_release: root.show("projects")
        PaperButton:
            id: team_tab
            tour_id: "team-tab"
            text: "Team"
            on_release: root.show("team")
"""

Builder.load_string(KV, filename="sample_app.kv")


class ProjectRow(TourTarget, BoxLayout):
    """One line of the list."""

    title = StringProperty()


class SampleApp(BoxLayout):
    """The root widget; ``show`` is what the overlay navigates with."""

    additions = NumericProperty(0)
    slide_seconds = NumericProperty(0.1)

    def __init__(self, rows: int = 12, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.visited: list[str] = []
        for number in range(rows):
            name = "shared" if number == 1 else f"row-{number}"
            row = ProjectRow(title=f"Project {number}", tour_id=name)
            self.ids.rows.add_widget(row)

    def row(self, number: int) -> Any:
        """Return a row of the list, the first at the top."""
        return self.ids.rows.children[::-1][number]

    def show(self, screen: str) -> None:
        """Go to a screen."""
        self.visited.append(screen)
        self.ids.screens.current = screen
