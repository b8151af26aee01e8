"""What the gallery's steps and surveys say, in a language of each direction."""

from __future__ import annotations

from client_sdk.contracts.questions import Option, Question, QuestionKind
from client_sdk.contracts.step import StepText

__all__ = ["HEBREW", "QUESTIONS", "QUESTIONS_HEBREW", "TEXTS"]

HEBREW = "he"

_WORDS = {
    "welcome": (
        ("Welcome to KAZI", "Projects, people and deadlines of your studio, in one place.", "Start"),
        ("ברוכים הבאים", "פרויקטים, אנשים ומועדים של הסטודיו שלכם, במקום אחד.", "התחלה"),
    ),
    "week": (
        ("Your week in one sentence", "Start the day here. The bar fills as tasks get done.", "Next"),
        ("השבוע שלכם במשפט אחד", "התחילו כאן את היום. הפס מתמלא ככל שהמשימות מסתיימות.", "הבא"),
    ),
    "create": (
        ("Start a project", "Give it a name, a client and a due date. You can change everything later.", "Next"),
        ("פרויקט חדש", "תנו לו שם, לקוח ומועד. אפשר לשנות הכול אחר כך.", "הבא"),
    ),
    "project": (
        ("Every project has its card", "The most urgent one comes first.", "Next"),
        ("לכל פרויקט יש כרטיס", "הדחוף ביותר מופיע ראשון.", "הבא"),
    ),
    "news": (
        ("New: work offline", "What you do waits on this device, and goes out once you are back.", "Got it"),
        ("חדש: עבודה בלי רשת", "מה שתעשו ימתין במכשיר, ויישלח כשתחזרו.", "הבנתי"),
    ),
}  # fmt: skip

#: Title, body and button by name, as a step's fields.
TEXTS = {
    name: {
        "title": title,
        "body": body,
        "cta": cta,
        "texts": (
            StepText(language=HEBREW, title=other[0], body=other[1], cta=other[2]),
        ),
    }
    for name, ((title, body, cta), other) in _WORDS.items()
}


def _ask(kind: QuestionKind, prompt: str, **fields: object) -> Question:
    return Question(id=str(kind), kind=kind, prompt=prompt, **fields)  # type: ignore[arg-type]


def _options(*labels: str) -> tuple[Option, ...]:
    return tuple(
        Option(id=f"o{number}", label=label) for number, label in enumerate(labels)
    )


QUESTIONS = {
    one.kind: one
    for one in (
        _ask(
            QuestionKind.NPS,
            "How likely are you to recommend KAZI to a colleague?",
            low_label="Not likely",
            high_label="Very likely",
            required=True,
        ),
        _ask(
            QuestionKind.RATING,
            "How easy was the tour to follow?",
            low_label="Hard",
            high_label="Easy",
        ),
        _ask(
            QuestionKind.SINGLE,
            "What do you do first in the morning?",
            options=_options("Look at my week", "Answer clients", "Plan the team"),
        ),
        _ask(
            QuestionKind.MULTIPLE,
            "What would you miss?",
            options=_options("Projects", "The assistant", "Invites", "Offline work"),
        ),
        _ask(QuestionKind.TEXT, "What is the main reason for your score?"),
    )
}

QUESTIONS_HEBREW = {
    one.kind: one
    for one in (
        _ask(
            QuestionKind.NPS,
            "מה הסיכוי שתמליצו על KAZI?",
            low_label="סיכוי נמוך",
            high_label="סיכוי גבוה",
            required=True,
        ),
        _ask(
            QuestionKind.RATING,
            "כמה קל היה לעקוב אחר הסיור?",
            low_label="קשה",
            high_label="קל",
        ),
        _ask(
            QuestionKind.SINGLE,
            "מה אתם עושים ראשון בבוקר?",
            options=_options("מביטים בשבוע", "עונים ללקוחות", "מתכננים את הצוות"),
        ),
        _ask(
            QuestionKind.MULTIPLE,
            "מה היה חסר לכם?",
            options=_options("פרויקטים", "העוזר", "הזמנות", "עבודה בלי רשת"),
        ),
        _ask(QuestionKind.TEXT, "מה הסיבה העיקרית לציון?"),
    )
}
