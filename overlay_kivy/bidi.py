"""Which way a text runs, and how to hand mixed text to a renderer that knows one way.

Pure, no Kivy.  Kivy's SDL2 text provider draws a whole line in one direction.  So what
runs the other way (a Latin name or a number in Hebrew or Arabic) is turned round before
it is drawn, and comes out readable.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

__all__ = ["is_rtl_text", "script_of", "visual_order"]

_LEFT = frozenset({"L", "EN", "AN"})
_RIGHT = frozenset({"R", "AL"})
#: What belongs to a number beside it: signs, percent, currencies.
_NUMBER_SIGNS = frozenset({"ET", "ES"})
_NOT_BREAKING = "\u00a0"
#: A turned run is kept in one line up to this length; a longer one may break.
_UNBROKEN = 28
_MIRRORED = str.maketrans("()[]{}<>«»", ")(][}{><»«")
_PAIRS = {")": "(", "]": "[", "}": "{"}
_SCRIPTS = (("Arab", re.compile("[\u0600-\u08ff\ufb50-\ufdff\ufe70-\ufeff]")),)


def is_rtl_text(text: str) -> bool:
    """Tell whether the first letter of a text is of a script that runs to the left."""
    for char in text:
        kind = unicodedata.bidirectional(char)
        if kind in _RIGHT:
            return True
        if kind == "L":
            return False
    return False


def script_of(text: str) -> str:
    """Return the ISO 15924 name of a right-to-left text's script: Arab or Hebr."""
    return next((name for name, found in _SCRIPTS if found.search(text)), "Hebr")


def visual_order(text: str) -> str:
    """Return a text whose runs against its own direction are turned round.

    Line by line, as each stands for itself.  A text of one direction comes back as it is.
    """
    if text.isascii():
        return text
    is_rtl = is_rtl_text(text)
    return "\n".join(_turn_runs(line, is_rtl) for line in text.split("\n"))


def _turn_runs(line: str, is_rtl: bool) -> str:
    line = unicodedata.normalize("NFC", line)
    kinds = [unicodedata.bidirectional(char) for char in line]
    turned, position = [], 0
    for start, run_end in _runs(kinds, _LEFT if is_rtl else _RIGHT):
        end = _with_bracket(line, start, run_end)
        turned += [line[position:start], _turn(line[start:end])]
        position = end
    return "".join([*turned, line[position:]])


def _runs(kinds: list[str], wanted: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Yield start and end of every run of these kinds, with what is neutral within."""
    against = _RIGHT if wanted is _LEFT else frozenset({"L"})
    start = end = -1
    for index, kind in enumerate(kinds):
        is_sign = kind in _NUMBER_SIGNS and index == end and kinds[index - 1] == "EN"
        if kind in wanted or is_sign:
            start = index if start < 0 else start
            end = index + 1
        elif kind in against and start >= 0:
            yield start, end
            start = -1
    if start >= 0:
        yield start, end


def _with_bracket(line: str, start: int, end: int) -> int:
    """Return where a run ends that takes its last bracket with it: ``f(x)``."""
    closing = line[end : end + 1]
    opening = _PAIRS.get(closing, "")
    run = line[start:end]
    is_open = bool(opening) and run.count(opening) > run.count(closing)
    return end + 1 if is_open else end


def _turn(run: str) -> str:
    turned = run[::-1].translate(_MIRRORED)
    return turned.replace(" ", _NOT_BREAKING) if len(run) <= _UNBROKEN else turned
