"""Colour roles, measures and words of the overlay; the KV files name no literal ones."""

from __future__ import annotations

from dataclasses import dataclass, replace

__all__ = ["THEMES", "Color", "Labels", "Theme", "contrast_ratio", "rgba"]

#: Red, green, blue, opacity; 0 to 1 each.
Color = tuple[float, float, float, float]


def rgba(rgb: int, alpha: float = 1.0) -> Color:
    """Return a Kivy colour for ``0xRRGGBB``."""
    red, green, blue = ((rgb >> shift & 0xFF) / 255 for shift in (16, 8, 0))
    return red, green, blue, alpha


_WHITE = rgba(0xFFFFFF)
_BLACK = rgba(0x000000)
_NIGHT = 0x0B1020
_INK = rgba(0x101828)
_SLATE_600 = rgba(0x475467)
_SLATE_500 = rgba(0x667085)
_SLATE_400 = rgba(0x8590A2)
_SLATE_300 = rgba(0xD0D5DD)
_SLATE_200 = rgba(0xE4E7EC)
_INDIGO = rgba(0x4F46E5)
_INDIGO_DARK = rgba(0x3F37C9)
_RED = rgba(0xB42318)
_RING = rgba(0xFFFFFF, 0.92)
_SCRIM = rgba(_NIGHT, 0.66)
_SHADOW = rgba(_NIGHT, 0.34)
_EDGE = rgba(_NIGHT, 0.06)
_BLUE = rgba(0x1570EF)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """How the overlay looks: :meth:`light` (the default), :meth:`dark`, :meth:`high_contrast`.

    Colours are roles: what is drawn on ``surface`` is ``on_surface``.  Lengths are in
    density-independent pixels, type sizes in scale-independent ones.
    """

    #: Over the app, around the cut-out.
    scrim: Color = _SCRIM
    #: The line around the cut-out, and the glow outside it.
    ring: Color = _RING
    #: Card, banner and sheet.
    surface: Color = _WHITE
    #: The edge of those, for themes in which a shadow does not part them from the app.
    surface_edge: Color = _EDGE
    on_surface: Color = _INK
    on_surface_muted: Color = _SLATE_600
    #: A text button or a chip under the finger.
    surface_pressed: Color = _SLATE_200
    #: Edges of chips and fields; 3:1 on ``surface`` (WCAG 1.4.11).
    outline: Color = _SLATE_400
    #: Progress that is still to come.
    outline_soft: Color = _SLATE_300
    primary: Color = _INDIGO
    primary_pressed: Color = _INDIGO_DARK
    on_primary: Color = _WHITE
    #: A filled button that cannot be pressed yet.
    disabled: Color = _SLATE_200
    on_disabled: Color = _SLATE_500
    #: What is missing or wrong; 4.5:1 on ``surface``.
    error: Color = _RED
    #: Around the control that has the keyboard; 3:1 on ``surface``.
    focus: Color = _BLUE
    shadow: Color = _SHADOW

    font_name: str = "Roboto"
    title_size: float = 19
    #: Of a modal's title.
    headline_size: float = 24
    body_size: float = 15
    label_size: float = 15
    caption_size: float = 13
    line_height: float = 1.3

    card_width: float = 360
    card_radius: float = 16
    modal_width: float = 480
    banner_width: float = 720
    #: Eleven scores of ``touch_size`` fit side by side.
    sheet_width: float = 560
    sheet_radius: float = 24
    button_radius: float = 12
    #: Width of ``surface_edge``.
    edge_width: float = 1
    #: Tallest picture of a card.
    image_height: float = 180
    icon_size: float = 28
    #: Least height and width of what a finger must hit.
    touch_size: float = 48
    #: Between the cut-out's edge and its target.
    spotlight_padding: float = 6
    spotlight_radius: float = 12
    #: Kept free along the window's edges, and between card and cut-out.
    margin: float = 16
    gap: float = 16
    arrow_size: float = 10

    @classmethod
    def light(cls) -> Theme:
        """Return the default: white cards."""
        return cls()

    @classmethod
    def dark(cls) -> Theme:
        """Return dark cards, for dark apps and dark rooms."""
        return cls(
            scrim=rgba(0x05070D, 0.74),
            surface=rgba(0x1C2230),
            surface_edge=rgba(0x3A4356),
            on_surface=rgba(0xF5F7FA),
            on_surface_muted=rgba(0xBAC2D0),
            surface_pressed=rgba(0x303950),
            outline=rgba(0x7E8AA0),
            outline_soft=rgba(0x424C61),
            primary=rgba(0xA5A8FF),
            primary_pressed=rgba(0xC3C5FF),
            on_primary=rgba(0x14162B),
            disabled=rgba(0x2A3242),
            on_disabled=rgba(0x98A2B3),
            error=rgba(0xFDA29B),
            focus=rgba(0x84CAFF),
            shadow=rgba(0x000000, 0.55),
        )

    @classmethod
    def high_contrast(cls) -> Theme:
        """Return white and yellow on black; text has 7:1 and more (WCAG AAA)."""
        return cls(
            scrim=rgba(0x000000, 0.84),
            ring=rgba(0xFFD60A),
            surface=_BLACK,
            surface_edge=_WHITE,
            on_surface=_WHITE,
            on_surface_muted=_WHITE,
            surface_pressed=rgba(0x404040),
            outline=_WHITE,
            outline_soft=rgba(0x767676),
            primary=rgba(0xFFD60A),
            primary_pressed=rgba(0xFFF0A0),
            on_primary=_BLACK,
            disabled=rgba(0x262626),
            on_disabled=rgba(0xBDBDBD),
            error=rgba(0xFFB3A7),
            focus=rgba(0x4DE1FF),
            shadow=rgba(0x000000, 0.0),
            edge_width=2,
        )

    def scaled_text(self, factor: float) -> Theme:
        """Return the same look with larger type; 2 is twice the size."""
        sizes = (
            "title_size",
            "headline_size",
            "body_size",
            "label_size",
            "caption_size",
        )
        return replace(self, **{name: getattr(self, name) * factor for name in sizes})


#: What a step may name as its theme without the app's having defined one.
THEMES = {
    "light": Theme.light(),
    "dark": Theme.dark(),
    "high-contrast": Theme.high_contrast(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The overlay's own words; a tutorial brings all others.

    :func:`~overlay_kivy.labels.labels_for` has them in other languages.
    """

    skip: str = "Skip"
    back: str = "Back"
    #: The last step's button, where the tutorial left it at "Next".
    done: str = "Done"
    #: Announced, as its button shows a cross.
    close: str = "Close"
    #: Formatted with ``position`` and ``size``.
    progress: str = "{position} of {size}"
    submit: str = "Submit"
    not_now: str = "Not now"
    comment_hint: str = "Optional"
    #: Of a survey's page that is not the last, and in place of the contract's own "Next".
    next: str = "Next"
    choose_any: str = "Choose any that apply."
    #: Said at a required question without an answer, when the button is pressed.
    missing_score: str = "Choose a score to go on."
    missing_option: str = "Choose an answer to go on."
    missing_text: str = "Write an answer to go on."
    #: Near a text's limit; formatted with ``count``.
    characters_left: str = "{count} characters left"
    #: Of a survey's short form, in place of the contract's own words.
    not_likely: str = "Not likely"
    very_likely: str = "Very likely"
    main_reason: str = "What is the main reason for your score?"
    #: In place of the contract's own words.
    thanks: str = "Thank you for your answer."


def contrast_ratio(one: Color, other: Color) -> float:
    """Return the contrast of two opaque colours, 1 to 21 (WCAG 2.2)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4
        for channel in color[:3]
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
