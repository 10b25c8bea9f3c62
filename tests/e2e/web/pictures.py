"""Pictures of pages, small and the same from run to run, for README and ``docs/console.md``."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageChops
from playwright.sync_api import Page

FOLDER = Path(__file__).parents[3] / "docs" / "console"
TALLEST = 1400
"""In CSS pixels: what is further down of a long page is no part of its picture."""


def take(page: Page, name: str, folder: Path = FOLDER) -> Path:
    """Write the picture of a page as ``name``.png; one that shows the same is left as it is."""
    size = page.viewport_size
    assert size is not None
    tall = min(int(page.evaluate("() => document.documentElement.scrollHeight")), TALLEST)
    clip = {"x": 0, "y": 0, "width": size["width"], "height": max(tall, size["height"])}
    raw = page.screenshot(full_page=True, clip=clip, animations="disabled", scale="css")  # type: ignore[arg-type]
    drawn = _of_few_colours(Image.open(io.BytesIO(raw)).convert("RGB"))
    file = folder / f"{name}.png"
    if not (file.exists() and _shows_the_same(file, drawn)):
        folder.mkdir(parents=True, exist_ok=True)
        drawn.save(file, optimize=True)
    return file


def _of_few_colours(drawn: Image.Image) -> Image.Image:
    """The same in 256 colours: of those that become one, the one that most of the picture has, so that grounds stay."""
    few = drawn.quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    which = Image.frombytes("L", few.size, few.tobytes())
    pairs = Image.merge("RGBA", (*drawn.split(), which)).getcolors(drawn.width * drawn.height)
    assert pairs is not None
    palette = bytearray(few.getpalette() or [])
    for _, (red, green, blue, index) in sorted(pairs):
        palette[3 * index : 3 * index + 3] = red, green, blue
    few.putpalette(palette)
    return few


def _shows_the_same(file: Path, drawn: Image.Image) -> bool:
    with Image.open(file) as kept:
        if kept.size != drawn.size:
            return False
        return ImageChops.difference(kept.convert("RGB"), drawn.convert("RGB")).getbbox() is None
