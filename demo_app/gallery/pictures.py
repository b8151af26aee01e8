"""Which pictures the gallery has: every kind, question, placement, theme, direction, scale."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from client_sdk import Step, SurveyPrompt
from client_sdk.contracts.behaviour import AdvanceKind, AdvanceOn
from client_sdk.contracts.questions import QuestionKind
from client_sdk.contracts.step import Placement, StepKind
from demo_app.gallery.wording import GERMAN, HEBREW, QUESTIONS, TEXTS
from overlay_kivy.theme import THEMES
from overlay_kivy.wording import is_rtl_language

__all__ = ["PHONE", "WIDE", "Picture", "morph_steps", "pictures"]

#: Window sizes in pixels; in the wide one there is room on every side of a target.
PHONE = (420, 860)
WIDE = (1600, 900)
#: Large text as a system's settings offer it, beside the usual one.
SCALES = (1.0, 2.0)


@dataclass(frozen=True, kw_only=True)
class Picture:
    """One picture: what is shown, and how.

    ``taps`` are controls that the user has touched before the picture is taken.
    """

    #: Is the file's name.
    name: str
    step: Step
    question: QuestionKind | None = None
    taps: tuple[str, ...] = ()
    theme: str = "light"
    language: str = "en"
    scale: float = 1.0
    size: tuple[int, int] = PHONE

    @property
    def survey(self) -> SurveyPrompt | None:
        """What is asked, in every language that it has."""
        if self.question is None:
            return None
        question = QUESTIONS[self.question]
        return SurveyPrompt(question=question.prompt, questions=(question,))

    @property
    def is_rtl(self) -> bool:
        """Whether the picture's language is read from right to left."""
        return is_rtl_language(self.language)


def pictures() -> Iterator[Picture]:
    """Yield every picture: what can be shown in all ways, and where cards can stand."""
    for view in _views():
        for theme in THEMES:
            yield replace(view, name=f"{view.name}-{theme}", theme=theme)
        yield replace(view, name=f"{view.name}-rtl", language=HEBREW)
        for scale in SCALES[1:]:
            yield replace(view, name=f"{view.name}-{scale:.0%}", scale=scale)
    (asked,) = (one for one in _views() if one.question is QuestionKind.NPS)
    yield replace(asked, name=f"{asked.name}-german", language=GERMAN)
    for placement in Placement:
        step = _step("create", placement=placement)
        view = Picture(name=f"placement-{placement}", step=step, size=WIDE)
        yield view
        yield replace(view, name=f"{view.name}-rtl", language=HEBREW)


def morph_steps() -> tuple[Step, ...]:
    """Return a tour of three targets, that ends where it began."""
    first = _step("week")
    others = (_step("create"), _step("project"))
    return (first, *others, replace(first, id="again"))


def _views() -> Iterator[Picture]:
    yield Picture(name="tooltip", step=_step("week"))
    yield Picture(
        name="modal",
        step=_step("welcome", kind=StepKind.MODAL, image="gallery.png", target=None),
    )
    yield Picture(name="banner", step=_step("news", kind=StepKind.BANNER, target=None))
    hotspot = _step("create", kind=StepKind.HOTSPOT)
    yield Picture(name="hotspot", step=hotspot)
    yield Picture(name="hotspot-open", step=hotspot, taps=("beacon",))
    opened = AdvanceOn(kind=AdvanceKind.EVENT, name="project-opened")
    wait = _step("project", kind=StepKind.WAIT, advance_on=opened)
    yield Picture(name="wait", step=wait)
    asking = _step("week", kind=StepKind.SURVEY, target=None)
    for question in QuestionKind:
        taps = _TAPS.get(question, ())
        view = Picture(name=f"survey-{question}", step=asking, question=question)
        yield replace(view, taps=taps)


_TAPS = {
    QuestionKind.NPS: ("nps-9",),
    QuestionKind.RATING: ("rating-4",),
    QuestionKind.SINGLE: ("single-o0",),
    QuestionKind.MULTIPLE: ("multiple-o0", "multiple-o3"),
}

#: Tags of the demo app's widgets.
_TARGETS = {"week": "week-summary", "create": "new-project", "project": "project-card"}


def _step(name: str, **fields: object) -> Step:
    given = {"target": _TARGETS.get(name), **TEXTS[name], **fields}
    return Step(id=name, screen="projects", **given)  # type: ignore[arg-type]
