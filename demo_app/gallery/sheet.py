"""The contact sheet: every picture, small, with its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from kivy.resources import resource_find
from PIL import Image, ImageDraw, ImageFont

__all__ = ["contact_sheet"]

_WIDTH = 1800
_GAP = 20
_CAPTION = 26
_PAPER, _INK = "#EEF0F6", "#344054"
#: Pictures in a row, by whether they are higher than wide.
_COLUMNS = {True: 10, False: 4}


def contact_sheet(pictures: Mapping[str, Image.Image]) -> Image.Image:
    """Return one picture of all, in their order: the tall ones first, then the wide."""
    font = ImageFont.truetype(resource_find("data/fonts/Roboto-Regular.ttf"), 13)
    rows = list(_rows(pictures))
    height = sum(_height(row) + _GAP + _CAPTION for row in rows) + _GAP
    sheet = Image.new("RGB", (_WIDTH, height), _PAPER)
    draw = ImageDraw.Draw(sheet)
    top = _GAP
    for row in rows:
        left = _GAP
        for name, image in row:
            sheet.paste(image, (left, top))
            place = (left + image.width / 2, top + image.height + 6)
            draw.text(place, name, _INK, font, anchor="ma")
            left += image.width + _GAP
        top += _height(row) + _GAP + _CAPTION
    return sheet


def _rows(
    pictures: Mapping[str, Image.Image],
) -> Iterator[list[tuple[str, Image.Image]]]:
    for is_tall, columns in _COLUMNS.items():
        width = (_WIDTH - _GAP) // columns - _GAP
        chosen = [
            (name, _small(image, width))
            for name, image in pictures.items()
            if (image.height > image.width) is is_tall
        ]
        for start in range(0, len(chosen), columns):
            yield chosen[start : start + columns]


def _small(image: Image.Image, width: int) -> Image.Image:
    height = round(image.height * width / image.width)
    return image.resize((width, height), Image.Resampling.LANCZOS)


def _height(row: list[tuple[str, Image.Image]]) -> int:
    return max(image.height for _, image in row)
