"""What the gallery's steps and surveys say, in a language of each direction."""

from __future__ import annotations

from client_sdk.contracts.questions import (
    Option,
    OptionText,
    Question,
    QuestionKind,
    QuestionText,
)
from client_sdk.contracts.step import StepText

__all__ = ["GERMAN", "HEBREW", "QUESTIONS", "TEXTS"]

GERMAN, HEBREW = "de", "he"

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


def _ask(
    kind: QuestionKind, prompt: str, *texts: QuestionText, **fields: object
) -> Question:
    return Question(id=str(kind), kind=kind, prompt=prompt, texts=texts, **fields)  # type: ignore[arg-type]


def _hebrew(prompt: str, **labels: str) -> QuestionText:
    return QuestionText(language=HEBREW, prompt=prompt, **labels)


def _options(*labels: tuple[str, str]) -> tuple[Option, ...]:
    return tuple(
        Option(
            id=f"o{number}",
            label=label,
            texts=(OptionText(language=HEBREW, label=other),),
        )
        for number, (label, other) in enumerate(labels)
    )


#: One question of every kind, in each language.
QUESTIONS = {
    one.kind: one
    for one in (
        _ask(
            QuestionKind.NPS,
            "How likely are you to recommend KAZI to a colleague?",
            _hebrew("מה הסיכוי שתמליצו על KAZI?", low_label="סיכוי נמוך", high_label="סיכוי גבוה"),
            QuestionText(
                language=GERMAN,
                prompt="Wie wahrscheinlich empfehlen Sie KAZI einer Kollegin oder einem Kollegen?",
                low_label="Sicher nicht",
                high_label="Sehr wahrscheinlich",
            ),
            low_label="Not likely",
            high_label="Very likely",
            required=True,
        ),
        _ask(
            QuestionKind.RATING,
            "How easy was the tour to follow?",
            _hebrew("כמה קל היה לעקוב אחר הסיור?", low_label="קשה", high_label="קל"),
            low_label="Hard",
            high_label="Easy",
        ),
        _ask(
            QuestionKind.SINGLE,
            "What do you do first in the morning?",
            _hebrew("מה אתם עושים ראשון בבוקר?"),
            options=_options(
                ("Look at my week", "מביטים בשבוע"),
                ("Answer clients", "עונים ללקוחות"),
                ("Plan the team", "מתכננים את הצוות"),
            ),
        ),
        _ask(
            QuestionKind.MULTIPLE,
            "What would you miss?",
            _hebrew("מה היה חסר לכם?"),
            options=_options(
                ("Projects", "פרויקטים"),
                ("The assistant", "העוזר"),
                ("Invites", "הזמנות"),
                ("Offline work", "עבודה בלי רשת"),
            ),
        ),
        _ask(
            QuestionKind.TEXT,
            "What is the main reason for your score?",
            _hebrew("מה הסיבה העיקרית לציון?"),
        ),
    )
}  # fmt: skip
