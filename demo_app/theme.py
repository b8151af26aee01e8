"""Colours, type scale and measures of the app; the KV files read them from here."""

from __future__ import annotations

from kivy.metrics import dp

Rgba = tuple[float, float, float, float]


def rgba(hex_colour: str, alpha: float = 1.0) -> Rgba:
    """Return a Kivy colour for ``RRGGBB``."""
    red, green, blue = (int(hex_colour[i : i + 2], 16) / 255 for i in (0, 2, 4))
    return red, green, blue, alpha


# Surfaces
CANVAS = rgba("F5F6FA")
SURFACE = rgba("FFFFFF")
SUNKEN = rgba("F1F3F8")
HAIRLINE = rgba("E3E7EF")
OUTLINE = rgba("C5CCDA")
SHADOW = rgba("101936", 0.10)
SCRIM = rgba("0B1020", 0.55)

# Text: on a white surface 17:1, 7.5:1 and 4.8:1
INK = rgba("101828")
INK_MUTED = rgba("475467")
INK_FAINT = rgba("667085")

# Indigo leads
PRIMARY = rgba("4F46E5")
PRIMARY_PRESSED = rgba("4038C7")
PRIMARY_DISABLED = rgba("C7C9F2")
PRIMARY_SOFT = rgba("EEF0FE")
PRIMARY_SOFT_PRESSED = rgba("DFE2FC")
ON_PRIMARY = rgba("FFFFFF")
ON_PRIMARY_MUTED = rgba("DDDFFC")

# Coral is the one accent: what is urgent
ACCENT = rgba("C2410C")
ACCENT_SOFT = rgba("FFF1E8")

# State of the network
ONLINE = rgba("2DBE82")
OFFLINE = rgba("F5A524")
UNKNOWN = rgba("8A94A6")
ERROR = rgba("C81E3A")

# A rule that is met; one that is not takes the accent
GOOD = rgba("14634A")
GOOD_SOFT = rgba("DDF3EA")

# The strip is dark, so that it reads as the device's and not the page's
STRIP = rgba("131A2E")
STRIP_PRESSED = rgba("1E2742")
ON_STRIP = rgba("F4F6FB")
ON_STRIP_MUTED = rgba("A3AEC4")

# Faces in the team list
AVATARS = (
    (rgba("E6E8FD"), rgba("3730A3")),
    (rgba("DDF3EA"), rgba("14634A")),
    (rgba("FDE9DC"), rgba("9A3412")),
    (rgba("E3EEF9"), rgba("1D4F7C")),
)

# One type scale
DISPLAY = "26sp"
TITLE = "18sp"
BODY_LARGE = "16sp"
BODY = "14sp"
CAPTION = "12sp"
LABEL = "11sp"

# 8dp grid
GAP = "8dp"
MARGIN = "16dp"
TOUCH = "48dp"
#: Widest column of text and cards, in dp; a larger window leaves room on both sides.
COLUMN_DP = 720


def side_margin(width: float) -> float:
    """Return the room beside the column in a page of this width, in pixels."""
    return max(dp(16), (width - dp(COLUMN_DP)) / 2)
