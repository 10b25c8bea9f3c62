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
    drawn = (
        Image.open(io.BytesIO(raw)).convert("RGB").quantize(method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    )
    file = folder / f"{name}.png"
    if not (file.exists() and _shows_the_same(file, drawn)):
        folder.mkdir(parents=True, exist_ok=True)
        drawn.save(file, optimize=True)
    return file


def _shows_the_same(file: Path, drawn: Image.Image) -> bool:
    with Image.open(file) as kept:
        if kept.size != drawn.size:
            return False
        return ImageChops.difference(kept.convert("RGB"), drawn.convert("RGB")).getbbox() is None
