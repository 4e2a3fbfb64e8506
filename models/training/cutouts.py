"""Things without a background, laid over the crops that the model learns from: few photographs show so many kinds of fur, feathers, fruit and tools.

They are the stamps of Tux Paint (Debian package tuxpaint-stamps-default, GPL-2, (c) Bill Kendrick and contributors), photographs for the
most part and some clean drawings. Like the pairs they are for training only.
"""

from pathlib import Path

import numpy as np
from PIL import Image

PACKAGE = "tuxpaint-stamps-default"
FOLDER = "usr/share/tuxpaint/stamps"
SHELVES = ("animals", "clothes", "food", "hobbies", "household", "naturalforces", "people", "plants", "sports", "vehicles")
LEAST_AREA = 180 * 180
SIZES = (60, 260)


def cutouts(packages: Path) -> list[Image.Image]:
    """All that are large enough, RGBA, always in the same order; none where the package is missing."""
    paths = [path for shelf in SHELVES for path in sorted((packages / PACKAGE / FOLDER / shelf).rglob("*.png"))]
    pictures = map(read, paths)
    return [picture for picture in pictures if picture.mode == "RGBA" and picture.width * picture.height >= LEAST_AREA]


def read(path: Path) -> Image.Image:
    """The picture in memory, its file closed."""
    with Image.open(path) as picture:
        return picture.copy()


def lay(picture: np.ndarray, things: list[Image.Image], rng: np.random.Generator) -> np.ndarray:
    """The picture, uint8 [height, width, 3], with one to three of the things over it, smaller than they are, mirrored and turned at random."""
    canvas = Image.fromarray(picture)
    for _ in range(rng.integers(1, 4)):
        thing = things[rng.integers(len(things))]
        size = min(np.exp(rng.uniform(*np.log(SIZES))), 0.8 * max(thing.size))
        thing = thing.resize(tuple(max(1, round(side * size / max(thing.size))) for side in thing.size), Image.Resampling.LANCZOS)
        if rng.random() < 0.5:
            thing = thing.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        if rng.random() < 0.3:
            thing = thing.rotate(float(rng.uniform(-40, 40)), Image.Resampling.BICUBIC, expand=True)
        place = tuple(int(rng.integers(-own // 3, max(1, side - own * 2 // 3))) for own, side in zip(thing.size, canvas.size, strict=True))
        canvas.paste(thing, place, thing)
    return np.asarray(canvas)
