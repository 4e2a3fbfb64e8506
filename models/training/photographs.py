"""The photographs that the model learns from, is tuned on and is judged by.

`photographs.json` lists each one with its package, file, author or credit, licence and split. A package is Debian's, or a repository
OWNER/NAME at the commit of `repositories.txt`. A photograph belongs to exactly one split, so no scene is seen in training and judged later.

    python photographs.py --packages FOLDER     checks that every listed file is there

FOLDER holds one folder per package, as models/training/README.md fills it.
"""

import argparse
import io
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

CATALOGUE = Path(__file__).with_name("photographs.json")
START_OF_JPEG = re.compile(b"\xff\xd8\xff")
LEAST_SIDE = 320


@dataclass(frozen=True)
class Photograph:
    """One entry of the catalogue; `split` is train, validation or test."""

    name: str
    split: str
    package: str
    file: str
    licence: str
    author: str
    title: str


def catalogue(split: str | None = None) -> list[Photograph]:
    """The listed photographs, of one split or all."""
    photographs = [Photograph(**entry) for entry in json.loads(CATALOGUE.read_text())]
    return [p for p in photographs if split in (None, p.split)]


def load(photograph: Photograph, packages: Path) -> Image.Image:
    """The full-size picture in RGB, read from the unpacked packages."""
    path = packages / photograph.package / photograph.file
    if path.suffix == ".edj":
        return largest_jpeg(path.read_bytes())
    return Image.open(path).convert("RGB")


def largest_jpeg(archive: bytes) -> Image.Image:
    """The largest JPEG stream in an Enlightenment theme archive, which stores one picture at many sizes."""
    largest = None
    for match in START_OF_JPEG.finditer(archive):
        try:
            picture = Image.open(io.BytesIO(archive[match.start() :]))
        except OSError:
            continue
        if largest is None or picture.width * picture.height > largest.width * largest.height:
            largest = picture
    if largest is None:
        raise ValueError("expected an archive with a JPEG stream, found none")
    return largest.convert("RGB")


def size_of(photograph: Photograph, packages: Path) -> tuple[int, int]:
    """Width and height, read from the file's header where it has one."""
    path = packages / photograph.package / photograph.file
    if path.suffix == ".edj":
        return load(photograph, packages).size
    with Image.open(path) as picture:
        return picture.size


def shrink(picture: Image.Image, factor: float) -> Image.Image:
    """The picture at 1/factor of its size; hides the JPEG blocks and sensor noise of the source."""
    if factor <= 1:
        return picture
    return picture.resize((round(picture.width / factor), round(picture.height / factor)), Image.Resampling.LANCZOS)


def reduction(picture: Image.Image) -> float:
    """By how much a photograph is made smaller before anything is cut from it: to about 2 MP, and to 4/5 of its width at least."""
    return max(1.25, (picture.width * picture.height / 2.2e6) ** 0.5)


def levels(picture: Image.Image, factors: Iterable[float]) -> list[np.ndarray]:
    """The picture at 1/factor of its size, uint8 [height, width, 3] each, once for each factor; none with a side below LEAST_SIDE."""
    sizes = [np.asarray(shrink(picture, factor)) for factor in dict.fromkeys(factors)]
    return [level for level in sizes if min(level.shape[:2]) >= LEAST_SIDE]


def pyramid(photograph: Photograph, packages: Path, steps: tuple[float, ...] = (1.0, 1.6, 2.5)) -> list[np.ndarray]:
    """The photograph at some sizes as uint8 [height, width, 3]; at step 1 reduced, at each 1/step of that width, never more than 4/5 of its own."""
    picture = load(photograph, packages)
    return levels(picture, (max(1.25, reduction(picture) * step) for step in steps))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    folder = parser.parse_args().packages
    for entry in catalogue():
        size = "x".join(map(str, load(entry, folder).size))
        print(f"{entry.split:10} {entry.name:40} {size:10} {entry.licence:13} {entry.package}/{entry.file}")
