"""Makes the fixtures of the tests and the example photograph from the test split, and the example of a cut-out from a figure that is in no split.

    python fixtures.py --packages FOLDER --repository ROOT

Writes test/fixtures/photographs (NAME.jpg, NAME.lq.png, example-original.png, SOURCES.json, niqe-expected.json) and
workflows/photographs (old-photograph.jpg, product.png, SOURCES.json). NAME.lq.png is made from the decoded NAME.jpg, so it
can be made again from the repository alone.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from degradation import degrade
from niqe import PRISTINE, features, niqe
from photographs import Photograph, catalogue, load, shrink

WIDTH, HEIGHT, SCALE = 512, 384, 4
# Where in the photograph the crop is centred (fractions of width and height), and how much the photograph is shrunk first.
CENTRES = {
    "friends": (0.5, 0.42, 2.0),
    "picos-de-europa": (0.45, 0.42, 2.2),
    "stream": (0.5, 0.55, 2.2),
    "wine": (0.5, 0.42, 2.6),
    "brushes": (0.5, 0.5, 1.5),
    "fig": (0.48, 0.5, 2.4),
    "seeding": (0.3, 0.4, 3.2),
    "dragonfly": (0.62, 0.6, 3.0),
    "clock": (0.55, 0.5, 2.4),
    "nuthatch": (0.5, 0.55, 3.0),
    "red-maple": (0.55, 0.4, 2.5),
    "snow-trees": (0.7, 0.35, 2.5),
}
EXAMPLE, EXAMPLE_SIZE, EXAMPLE_CENTRE = "friends", (1024, 768), (0.5, 0.4, 2.0)
CUT_OUT = "openstax/osbooks-principles-marketing", "media/MKT_Figure_01_02_005.jpg"
# In the figure: what the example shows, points of its white background, and how far from them in the sum of the channels that is still background.
CUT_OUT_BOX, BACKGROUND, WHITE, CUT_OUT_SIZE = (170, 14, 590, 574), ((0, 0), (265, 200), (372, 68)), 180, (105, 140)
EXPECTED = ("brushes.jpg", "stream.jpg", "snow-trees.jpg", "example-original.png")
CHANGES = "cropped, made smaller and compressed; the .lq.png is degraded on purpose"


def crop(picture: Image.Image, centre: tuple[float, float, float], size: tuple[int, int]) -> tuple[Image.Image, list[int]]:
    """The crop of that size around the centre of the shrunken picture, and its box there (left, top, right, bottom)."""
    small = shrink(picture, centre[2])
    left = min(max(0, round(small.width * centre[0] - size[0] / 2)), small.width - size[0])
    top = min(max(0, round(small.height * centre[1] - size[1] / 2)), small.height - size[1])
    box = [left, top, left + size[0], top + size[1]]
    return small.crop(box), box


def record(photograph: Photograph, **more) -> dict:
    """What a licence asks to be told about a picture."""
    return {
        "title": photograph.title,
        "author": photograph.author,
        "licence": photograph.licence,
        "package": f"Debian {photograph.package}",
        "file": photograph.file,
        "changes": CHANGES,
        **more,
    }


def write_fixtures(packages: Path, repository: Path) -> None:
    """Writes both folders; the same packages give the same files."""
    fixtures = repository / "test/fixtures/photographs"
    examples = repository / "workflows/photographs"
    sources = {}
    for index, photograph in enumerate(catalogue("test")):
        seed = 31000 + index
        sharp, box = crop(load(photograph, packages), CENTRES[photograph.name], (WIDTH, HEIGHT))
        path = fixtures / f"{photograph.name}.jpg"
        sharp.save(path, quality=95, subsampling=0, optimize=True)
        poor = degrade(np.array(Image.open(path)), SCALE, np.random.default_rng(seed))
        Image.fromarray(poor).save(fixtures / f"{photograph.name}.lq.png", optimize=True)
        sources[photograph.name] = record(photograph, shrunk_by=CENTRES[photograph.name][2], crop=box, scale=SCALE, seed=seed)
    example = next(p for p in catalogue("test") if p.name == EXAMPLE)
    sharp, box = crop(load(example, packages), EXAMPLE_CENTRE, EXAMPLE_SIZE)
    sharp.save(fixtures / "example-original.png", optimize=True)
    seed = 9107
    poor = degrade(np.array(sharp), SCALE, np.random.default_rng(seed))
    Image.fromarray(poor).save(examples / "old-photograph.jpg", quality=85)
    told = record(example, shrunk_by=EXAMPLE_CENTRE[2], crop=box, scale=SCALE, seed=seed)
    sources["example-original"] = told
    write_json(fixtures / "SOURCES.json", sources)
    write_expected(fixtures)
    old = {**told, "licence_text": "https://creativecommons.org/licenses/by/4.0/legalcode"}
    write_json(examples / "SOURCES.json", {"old-photograph.jpg": old, "product.png": write_cut_out(packages, examples / "product.png")})


def write_cut_out(packages: Path, path: Path) -> dict:
    """A small product without its white background, with black where nothing shows, as most programs write it. Returns what its licence asks to be told."""
    package, file = CUT_OUT
    figure = Image.open(packages / package / file).convert("RGB")
    marked = figure.copy()
    for point in BACKGROUND:
        ImageDraw.floodfill(marked, point, (255, 0, 255), thresh=WHITE)
    shown = np.any(np.asarray(marked) != (255, 0, 255), axis=2)
    # One pixel less all around, since the outermost are partly white.
    alpha = Image.fromarray(shown.astype(np.uint8) * 255).filter(ImageFilter.MinFilter(3)).crop(CUT_OUT_BOX)
    colours = Image.composite(figure.crop(CUT_OUT_BOX), Image.new("RGB", alpha.size), alpha)
    small, opaque = (np.asarray(picture.resize(CUT_OUT_SIZE, Image.Resampling.BOX), np.float64) for picture in (colours, alpha))
    straight = small / np.maximum(opaque[..., None] / 255, 1 / 255)
    pixels = np.concatenate([straight, opaque[..., None]], axis=2).round().clip(0, 255).astype(np.uint8)
    Image.fromarray(pixels).save(path, optimize=True)
    return {
        "title": "Incase Backpacks",
        "author": "albertoziveri",
        "licence": "CC-BY-2.0",
        "package": package,
        "file": file,
        "changes": "cut out and made smaller",
        "crop": list(CUT_OUT_BOX),
        "licence_text": "https://creativecommons.org/licenses/by/2.0/legalcode",
    }


def write_expected(fixtures: Path) -> None:
    """What another implementation of NIQE should find on some of the fixtures, with the authors' pristine model."""
    pristine = json.loads(PRISTINE.read_text())
    picture = lambda name: np.array(Image.open(fixtures / name).convert("RGB"))
    found = features(picture("example-original.png"))
    values = {name: round(niqe(picture(name), pristine), 5) for name in EXPECTED}
    write_json(
        fixtures / "niqe-expected.json",
        {
            "made_by": "models/training/fixtures.py with nodes/measure/niqe-pristine.json",
            "niqe": values,
            "features": {
                "file": "example-original.png",
                "first_block": found[0].round(6).tolist(),
                "mean": found.mean(axis=0).round(6).tolist(),
            },
        },
    )


def write_json(path: Path, value: object) -> None:
    """Readable JSON with a final newline."""
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--repository", type=Path, default=Path(__file__).resolve().parents[2])
    options = parser.parse_args()
    write_fixtures(options.packages, options.repository)
