"""``python -m demo_app.gallery``: every look of the overlay as pictures in a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from demo_app.gallery.window import gallery_window

if TYPE_CHECKING:
    from PIL import Image

__all__ = ["main"]

#: The still that stands in the README, and the sizes of the contact sheet there.
_BEST = "tooltip-light"
_DOCS_COLORS = 96
_DOCS_SHEET_WIDTH = 1000
#: Pillow's method that keeps the few yellow and orange places (FASTOCTREE).
_KEEP_RARE = 2


@click.command()
@click.option(
    "--output",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo-output/gallery"),
    show_default=True,
    help="Folder for the pictures.",
)
@click.option(
    "--docs",
    type=click.Path(file_okay=False, exists=True, path_type=Path),
    help="Folder for the three small pictures that the documents show.",
)
def main(output: Path, docs: Path | None) -> None:
    """Photograph all kinds of steps in all themes, directions and sizes of text."""
    output.mkdir(parents=True, exist_ok=True)
    with gallery_window(1680, 1024):
        images = _photograph(output)
        from demo_app.gallery.film import shoot
        from demo_app.gallery.sheet import contact_sheet

        sheet = contact_sheet(images)
        sheet.save(output / "contact-sheet.png")
        click.echo("filming the cut-out ...")
        film = shoot()
        film.save(output / "morph.gif")
        if docs is not None:
            # In all its colours: few would turn shadows into stripes.
            images[_BEST].save(docs / "overlay.png", optimize=True)
            height = round(sheet.height * _DOCS_SHEET_WIDTH / sheet.width)
            _save_small(sheet.resize((_DOCS_SHEET_WIDTH, height)), docs / "gallery.png")
            film.save(docs / "morph.gif")
    click.echo(f"{len(images)} pictures, contact-sheet.png and morph.gif in {output}")


def _photograph(output: Path) -> dict[str, Image.Image]:
    """Take every picture, in as few openings of the app as will do; tell how far it is."""
    from demo_app.gallery.pictures import pictures
    from demo_app.gallery.studio import open_app, render

    wanted = list(pictures())
    images: dict[str, Image.Image] = {}
    for size, scale in dict.fromkeys((one.size, one.scale) for one in wanted):
        with open_app(size, scale=scale) as app:
            for one in wanted:
                if (one.size, one.scale) == (size, scale):
                    images[one.name] = image = render(one, app)
                    image.save(output / f"{one.name}.png")
                    _tell(f"{len(images)} of {len(wanted)}: {one.name}")
    _tell("")
    return {one.name: images[one.name] for one in wanted}


def _tell(progress: str) -> None:
    if sys.stdout.isatty():
        click.echo(f"\r{progress:<60}\r{progress}", nl=False)


def _save_small(image: Image.Image, path: Path) -> None:
    image.quantize(_DOCS_COLORS, method=_KEEP_RARE).save(path, optimize=True)


if __name__ == "__main__":
    main()
