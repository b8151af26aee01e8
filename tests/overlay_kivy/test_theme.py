"""The theme's colours can be read."""

from __future__ import annotations

import pytest

from overlay_kivy.theme import Labels, Theme, contrast_ratio, rgba

AA_TEXT = 4.5
AA_SHAPES = 3.0


@pytest.mark.parametrize(
    ("text", "ground"),
    [
        ("on_surface", "surface"),
        ("on_surface_muted", "surface"),
        ("on_surface_muted", "surface_pressed"),
        ("on_surface", "surface_pressed"),
        ("on_primary", "primary"),
        ("on_primary", "primary_pressed"),
        ("on_disabled", "surface"),
        ("error", "surface"),
    ],
)
def test_text_meets_wcag_aa(text, ground):
    theme = Theme()

    assert contrast_ratio(getattr(theme, text), getattr(theme, ground)) >= AA_TEXT


@pytest.mark.parametrize("shape", ["outline", "primary"])
def test_edges_of_controls_meet_wcag_aa(shape):
    theme = Theme()

    assert contrast_ratio(getattr(theme, shape), theme.surface) >= AA_SHAPES


def test_contrast_is_that_of_the_standard():
    assert contrast_ratio(rgba(0x000000), rgba(0xFFFFFF)) == pytest.approx(21)
    assert contrast_ratio(rgba(0x777777), rgba(0xFFFFFF)) == pytest.approx(
        4.48, abs=0.01
    )


def test_words_for_the_progress_can_be_put_in_another_order():
    labels = Labels(progress="Von {size} Schritten: {position}")

    assert labels.progress.format(position=3, size=8) == "Von 8 Schritten: 3"
