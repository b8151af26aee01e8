"""What the scrim, the cut-out and the card look like, read from the drawn pixels."""

from __future__ import annotations

import gc

import pytest
from hypothesis import given, strategies as st
from kivy.graphics.context import get_context
from kivy.metrics import Metrics
from kivy.uix.button import Button

from client_sdk.contracts.tutorial import Placement
from overlay_kivy.geometry import Rect
from overlay_kivy.spotlight.masks import corners_mask, glow_mask, mask_size
from overlay_kivy.spotlight.textures import MaskTextures
from overlay_kivy.targets import rect_of
from overlay_kivy.testing import advance_frames, pixel_at, resize_window
from overlay_kivy.theme import Theme, rgba
from tests.overlay_kivy.pixels import read_window
from tests.overlay_kivy.places import in_window
from tests.overlay_kivy.tours import make_step

BACKGROUND = (244, 245, 250)
LONG = "Everything works without a network, and arrives when there is one. "


def dimmed(colour):
    red, green, blue, opacity = Theme().scrim
    return tuple(
        pytest.approx(below * (1 - opacity) + above * 255 * opacity, abs=2)
        for below, above in zip(colour, (red, green, blue), strict=True)
    )


@pytest.mark.gui
def test_scrim_dims_the_app_but_not_the_target(stage):
    target = stage.app.ids.add
    inside = target.x + 8, target.y + 8
    elsewhere = 20, stage.app.top - 80
    before = pixel_at(*inside)
    assert pixel_at(*elsewhere) == BACKGROUND

    stage.run(make_step("new", target="new-project"))

    assert pixel_at(*inside) == before
    assert pixel_at(*elsewhere) == dimmed(BACKGROUND)


@pytest.mark.gui
def test_scrim_has_no_seams_between_its_strips(stage):
    stage.run(make_step("row", target="row-3"))
    hole = stage.hole
    beyond = 20

    along = [
        (hole.x - 1, hole.y - beyond),
        (hole.x, hole.y - beyond),
        (hole.right - 1, hole.y - beyond),
        (hole.right, hole.y - beyond),
    ]

    assert {pixel_at(*point) for point in along} == {pixel_at(*along[0])}


@pytest.mark.gui
@pytest.mark.parametrize(
    "corner", ["lower left", "lower right", "upper right", "upper left"]
)
def test_every_corner_of_the_cut_out_is_rounded(stage, corner):
    stage.run(make_step("row", target="row-3"))
    hole = stage.hole.rounded()
    x = hole.x if "left" in corner else hole.right - 1
    y = hole.y if "lower" in corner else hole.top - 1
    middle_x = hole.center[0]

    at_the_corner = pixel_at(x, y)
    inside = pixel_at(middle_x, y + (4 if "lower" in corner else -4))

    assert max(at_the_corner) < 170, "the corner is not dimmed"
    assert min(inside) > 230, "the edge is dimmed"


@pytest.mark.gui
def test_step_without_a_target_dims_everything(stage):
    stage.run(make_step("one"))

    assert stage.layer.spotlight.hole is None
    assert pixel_at(20, stage.app.top - 80) == dimmed(BACKGROUND)


@pytest.mark.gui
@pytest.mark.parametrize("placement", [Placement.TOP, Placement.BOTTOM])
def test_card_stands_on_the_side_that_the_step_asks_for(stage, placement):
    stage.run(make_step("row", target="row-4", placement=placement))

    is_above = stage.card.y > stage.hole.top
    assert is_above == (placement is Placement.TOP)


@pytest.mark.gui
def test_card_stands_beside_the_target_in_a_wide_window(stage):
    resize_window(900, 600)
    stage.overlay.register(stage.app.ids.scroll.__self__, "scroll")
    stage.app.ids.scroll.size_hint_x = 0.4
    stage.run(make_step("list", target="scroll", placement=Placement.RIGHT))

    assert stage.card.x > stage.hole.right


@pytest.mark.gui
def test_arrow_points_at_the_target(stage):
    stage.run(make_step("new", target="new-project"))

    x, y = stage.card.arrow_pos
    assert stage.hole.x < x < stage.hole.right
    assert y == stage.card.top
    assert min(pixel_at(x, y + 4)) > 240


@pytest.mark.gui
def test_long_text_scrolls_within_a_card_that_leaves_its_target_free(stage):
    stage.run(make_step("new", target="new-project", body=LONG * 40))
    card = rect_of(stage.card)

    assert not card.overlaps(stage.hole)
    assert Rect(0, 0, 420, 860).contains(card)
    assert stage.overlay.control("next").y >= stage.card.y


@pytest.mark.gui
@pytest.mark.parametrize("size", [(200, 160), (160, 300), (320, 240)])
def test_window_smaller_than_the_card_keeps_its_button_in_reach(stage, size):
    resize_window(*size)
    stage.run(make_step("one", title="A title of some length", body=LONG))
    stage.press("next")
    advance_frames(2)

    assert not stage.overlay.is_open


@pytest.mark.gui
@pytest.mark.parametrize("width", [280, 360, 420, 900])
def test_no_text_of_the_card_is_cut(stage, width):
    resize_window(width, 860)
    steps = [
        make_step("one"),
        make_step(
            "two", title=LONG, body=LONG * 3, cta="A button with rather many words"
        ),
        make_step("three"),
    ]
    stage.run(*steps)
    stage.press("next")
    stage.wait_for_step("two")
    advance_frames(2)

    labels = [one for one in stage.card.walk() if getattr(one, "texture", None)]
    assert len(labels) == 6
    for label in labels:
        assert label.texture_size[0] <= label.width + 1, label.text
        assert label.texture_size[1] <= label.height + 1, label.text
    buttons = [
        rect_of(stage.overlay.control(name)) for name in ("skip", "back", "next")
    ]
    for index, one in enumerate(buttons):
        assert one.width >= 48
        assert one.height >= 48
        assert not any(one.overlaps(other) for other in buttons[index + 1 :])


@pytest.mark.gui
def test_textures_are_filled_again_when_the_graphics_context_was_lost(stage):
    stage.run(make_step("row", target="row-3"))
    texture = stage.layer.spotlight.corners_texture
    before = texture.pixels

    texture.blit_buffer(bytes(len(before)), colorfmt="rgba", bufferfmt="ubyte")
    assert texture.pixels != before
    get_context().reload()

    assert stage.layer.spotlight.corners_texture.pixels == before


@pytest.mark.gui
def test_lines_are_drawn_again_when_the_graphics_context_was_lost(layering, app):
    # The line that Kivy made first, and through which it would do so, is long gone.
    gc.collect()
    layering.layer.theme = Theme(ring=RED, scrim=SCRIM)
    layering.show(app.row(3), padding=10)
    get_context().reload()
    hole = layering.hole

    assert line_width(read_window(), (hole.center[0], hole.y), (0, 1)) > 1.3


@given(st.integers(1, 40))
def test_corners_mask_is_opaque_at_the_corner_and_clear_in_the_middle(radius):
    size = mask_size(radius)
    mask = corners_mask(radius)

    assert len(mask) == size * size
    assert mask[0] == mask[size - 1] == mask[-size] == mask[-1]
    assert mask[size // 2 * size + size // 2] == 0
    assert all(mask[x] == 0 for x in range(radius, size - radius))
    if radius >= 4:
        assert mask[0] == 255


@given(st.integers(1, 24), st.integers(2, 24))
def test_glow_mask_is_brightest_at_the_edge_and_fades_to_nothing(radius, reach):
    size = mask_size(radius, reach)
    mask = glow_mask(radius, reach)
    across = mask[size // 2 * size : size // 2 * size + size // 2]

    assert list(across[:reach]) == sorted(across[:reach])
    assert across[0] <= 255 * 0.45 / reach**2 + 1
    assert not any(across[reach + 1 :])


RED = rgba(0xFF0000)
SCRIM = rgba(0x000000)


def line_width(picture, middle, way):
    """Return how wide a red line is across its middle, in pixels, without its glow."""
    (x, y), (dx, dy) = middle, way
    points = ((x + dx * n / 8, y + dy * n / 8) for n in range(-64, 64))
    inside = (one for one in points if 0 <= one[0] < 420 and 0 <= one[1] < 860)
    colors = (picture.at(*point) for point in inside)
    reds = ((red - max(green, blue)) / 255 for red, green, blue in colors)
    # Black outside and white inside have none; the glow has less than the half.
    return sum(max(red - 0.5, 0) / 0.5 for red in reds) / 8


DIAGONAL = 0.5**0.5


@pytest.mark.gui
@pytest.mark.parametrize("padding", [0, 6, 40])
@pytest.mark.parametrize("radius", [0, 1, 4, 12, 40, 90, 400])
def test_ring_is_as_wide_around_every_cut_out(layering, app, radius, padding):
    layering.layer.theme = Theme(ring=RED, scrim=SCRIM)
    target = Button(
        size_hint=(None, None),
        size=(200, 180),
        pos=(110, 300),
        background_normal="",
    )
    with in_window(target):
        layering.show(target, radius=radius, padding=padding, placement=Placement.TOP)
        picture, hole = read_window(), layering.hole
    x, y = hole.center
    sides = {
        "left": line_width(picture, (hole.x, y), (1, 0)),
        "right": line_width(picture, (hole.right, y), (1, 0)),
        "lower": line_width(picture, (x, hole.y), (0, 1)),
    }
    if radius >= 4:  # across the corner of a square a line is wider
        inset = min(radius, hole.width / 2, hole.height / 2) * (1 - DIAGONAL)
        corner = hole.x + inset, hole.y + inset
        sides["corner"] = line_width(picture, corner, (DIAGONAL, DIAGONAL))

    assert all(1.3 <= width <= 2.4 for width in sides.values()), sides


@pytest.mark.gui
@pytest.mark.parametrize("radius", [4, 200])
def test_ring_at_the_windows_edge_is_whole(layering, app, radius):
    layering.layer.theme = Theme(ring=RED, scrim=SCRIM)
    layering.show(app.ids.bar, radius=radius, padding=40)
    picture, hole = read_window(), layering.hole

    assert (hole.x, hole.y) == (0, 0)
    middle = hole.center[1]
    assert line_width(picture, (0, middle), (1, 0)) > 1.3
    assert line_width(picture, (app.width, middle), (1, 0)) > 1.3


@pytest.mark.gui
def test_radius_of_a_step_is_as_large_on_a_dense_screen(layering, app):
    before = Metrics.density
    Metrics.density = 2
    try:
        layering.show(app.row(3), radius=10)
        assert layering.layer.spotlight.corners_border[1] == 20
        layering.show(app.row(4))
        assert layering.layer.spotlight.corners_border[1] == 24
    finally:
        Metrics.density = before


@pytest.mark.gui
def test_few_masks_serve_a_radius_that_moves(app):
    textures = MaskTextures()
    pairs = [textures.pair(radius / 10) for radius in range(10, 4_000)]

    assert len({id(pair.glow) for pair in pairs}) < 40
    assert len(textures) <= 8
    drawn = {
        radius / 10 * pair.reach / pair.radius
        for radius, pair in zip(range(10, 4_000), pairs, strict=True)
        if radius >= 40
    }
    assert min(drawn) > 9
    assert max(drawn) < 16, "the glow is not as wide around every cut-out"
