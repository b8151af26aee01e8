"""The overlay's own words in other languages."""

from __future__ import annotations

from overlay_kivy.theme import Labels
from overlay_kivy.wording import fallbacks

__all__ = ["labels_for"]

_LABELS = {
    "en": Labels(),
    "de": Labels(
        skip="Überspringen",
        back="Zurück",
        next="Weiter",
        done="Fertig",
        close="Schließen",
        progress="{position} von {size}",
        submit="Absenden",
        not_now="Nicht jetzt",
        comment_hint="Freiwillig",
        choose_any="Mehrere Antworten sind möglich.",
        missing_score="Wählen Sie eine Zahl, um fortzufahren.",
        missing_option="Wählen Sie eine Antwort, um fortzufahren.",
        missing_text="Schreiben Sie eine Antwort, um fortzufahren.",
        characters_left="Noch {count} Zeichen",
    ),
    "es": Labels(
        skip="Omitir",
        back="Atrás",
        next="Siguiente",
        done="Listo",
        close="Cerrar",
        progress="{position} de {size}",
        submit="Enviar",
        not_now="Ahora no",
        comment_hint="Opcional",
        choose_any="Puede elegir varias.",
        missing_score="Elija una puntuación para continuar.",
        missing_option="Elija una respuesta para continuar.",
        missing_text="Escriba una respuesta para continuar.",
        characters_left="Quedan {count} caracteres",
    ),
    "pt": Labels(
        skip="Pular",
        back="Voltar",
        next="Avançar",
        done="Concluir",
        close="Fechar",
        progress="{position} de {size}",
        submit="Enviar",
        not_now="Agora não",
        comment_hint="Opcional",
        choose_any="Escolha quantas quiser.",
        missing_score="Escolha uma nota para continuar.",
        missing_option="Escolha uma resposta para continuar.",
        missing_text="Escreva uma resposta para continuar.",
        characters_left="Restam {count} caracteres",
    ),
    "fr": Labels(
        skip="Passer",
        back="Retour",
        next="Suivant",
        done="Terminer",
        close="Fermer",
        progress="{position} sur {size}",
        submit="Envoyer",
        not_now="Plus tard",
        comment_hint="Facultatif",
        choose_any="Plusieurs réponses possibles.",
        missing_score="Choisissez une note pour continuer.",
        missing_option="Choisissez une réponse pour continuer.",
        missing_text="Écrivez une réponse pour continuer.",
        characters_left="Caractères restants : {count}",
    ),
    "ar": Labels(
        skip="تخطي",
        back="رجوع",
        next="التالي",
        done="تم",
        close="إغلاق",
        progress="{position} من {size}",
        submit="إرسال",
        not_now="ليس الآن",
        comment_hint="اختياري",
        choose_any="يمكن اختيار أكثر من إجابة.",
        missing_score="اختر درجة للمتابعة.",
        missing_option="اختر إجابة للمتابعة.",
        missing_text="اكتب إجابة للمتابعة.",
        characters_left="الأحرف المتبقية: {count}",
    ),
    "he": Labels(
        skip="דילוג",
        back="חזרה",
        next="הבא",
        done="סיום",
        close="סגירה",
        progress="{position} מתוך {size}",
        submit="שליחה",
        not_now="לא עכשיו",
        comment_hint="לא חובה",
        choose_any="אפשר לבחור כמה תשובות.",
        missing_score="בחרו ציון כדי להמשיך.",
        missing_option="בחרו תשובה כדי להמשיך.",
        missing_text="כתבו תשובה כדי להמשיך.",
        characters_left="נותרו {count} תווים",
    ),
}


def labels_for(language: str) -> Labels:
    """Return the words for a language tag such as ``pt-BR``; English for others."""
    known = (_LABELS[tag] for tag in fallbacks(language) if tag in _LABELS)
    return next(known, _LABELS["en"])
