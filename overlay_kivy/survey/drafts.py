"""SurveyDrafts: what was answered, until the sheet comes back."""

from __future__ import annotations

from typing import ClassVar

from client_sdk import SurveyPrompt
from overlay_kivy.survey.form import SurveyForm

__all__ = ["SurveyDrafts"]

#: Runs of which a form is kept; the one that was shown first goes beyond that.
_MOST = 8


class SurveyDrafts:
    """Forms of this process by the tutorial's run, in memory alone.

    The app may take the overlay away and show another one later: the user finds page and
    answers again.  A run belongs to one user, so nobody finds those of somebody else.
    """

    _forms: ClassVar[dict[bytes, SurveyForm]] = {}

    @classmethod
    def form(cls, prompt: SurveyPrompt, run_id: bytes | None) -> SurveyForm:
        """Return the form of a run, a new one if there is none or for no run."""
        form = cls._forms.get(run_id) if run_id is not None else None
        if form is None or form.prompt != prompt:
            form = SurveyForm(prompt)
            if run_id is not None:
                cls._forms[run_id] = form
                for oldest in [*cls._forms][:-_MOST]:
                    del cls._forms[oldest]
        return form

    @classmethod
    def forget(cls, form: SurveyForm) -> None:
        """Drop a form that was given, or that the user gave up."""
        for run_id, kept in tuple(cls._forms.items()):
            if kept is form:
                del cls._forms[run_id]
