"""Photographs of free licence among the figures of OpenStax's textbooks: candidates for photographs.json, to be chosen from by eye.

    python textbooks.py --packages FOLDER > candidates.json

FOLDER holds the checked-out books of repositories.txt. A figure names its source in the caption, as in
(credit: "Bedouin Goats" by James Emery/flickr, CC BY 2.0); only those whose credit names one free licence and no other are taken.
"""

import argparse
import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
from PIL import Image

CNXML = "{http://cnx.rice.edu/cnxml}"
CREDIT = re.compile(r"\((?:photo )?(?:credit|attribution|source)s?[:;]\s*(.*)\)", re.IGNORECASE)
FREE = re.compile(r"\b(CC0|CC[ -]BY(?:-SA)?(?: [1-4]\.\d)?(?![-\w])|public domain)", re.IGNORECASE)
UNFREE = re.compile(r"\bNC\b|\bND\b|-NC|-ND|GFDL|copyright|fair use|©", re.IGNORECASE)
NO_PHOTOGRAPH = re.compile(
    r"\b(painting|drawing|map|diagram|illustrat\w+|poster|chart|graph|table|screen ?shot|logo|cartoon|engrav\w+|woodcut|manuscript|document|page|"
    r"sketch|print|mosaic|fresco|micrograph|x-ray|MRI|CT|scan|ultrasound|infographic|collage|lithograph|mural|stamp|cover)\b",
    re.IGNORECASE,
)
LEAST_SIDE, LEAST_COLOUR, LEAST_DETAIL, MOST_PLAIN, COARSEST_TABLE = 480, 4.0, 7.0, 0.55, 800


def figures(module: str) -> Iterator[tuple[str, str, str]]:
    """File name, credit and description of each figure of one CNXML module that has one picture and a credit."""
    for figure in ElementTree.fromstring(module).iter(f"{CNXML}figure"):
        images, caption, media = list(figure.iter(f"{CNXML}image")), figure.find(f"{CNXML}caption"), figure.find(f".//{CNXML}media")
        if len(images) != 1 or caption is None or media is None:
            continue
        found = CREDIT.search(" ".join("".join(caption.itertext()).split()))
        if found:
            yield images[0].get("src", "").rsplit("/", 1)[-1], found[1], " ".join(media.get("alt", "").split())


def licence(credit: str) -> str | None:
    """The one free licence that a credit names, as SPDX has it or "public domain"; None where it names none, several or an unfree one."""
    names = {spdx(name) for name in FREE.findall(credit)}
    return names.pop() if len(names) == 1 and not UNFREE.search(credit) else None


def spdx(name: str) -> str:
    """CC BY 2.0 as CC-BY-2.0, CC0 as CC0-1.0."""
    name = name.upper().replace(" ", "-")
    return {"CC0": "CC0-1.0", "PUBLIC-DOMAIN": "public domain"}.get(name, name)


def is_sharp_photograph(picture: Image.Image) -> bool:
    """Whether a picture is large, in colour, hardly compressed, and shows detail in most places at 1/1.25 of its size."""
    if min(picture.size) < LEAST_SIDE or sum(getattr(picture, "quantization", {}).get(0, [0])) > COARSEST_TABLE:
        return False
    small = np.asarray(picture.convert("RGB").resize((256, 256)), np.float32)
    if np.abs(small - small.mean(axis=2, keepdims=True)).mean() < LEAST_COLOUR:
        return False
    grey = picture.convert("L").resize(tuple(round(side / 1.25) for side in picture.size), Image.Resampling.LANCZOS)
    x = np.asarray(grey, np.float32)
    detail = np.abs(4 * x[1:-1, 1:-1] - x[:-2, 1:-1] - x[2:, 1:-1] - x[1:-1, :-2] - x[1:-1, 2:])
    return bool(detail.mean() >= LEAST_DETAIL and (detail < 1).mean() <= MOST_PLAIN)


def candidates(packages: Path) -> Iterator[dict[str, str]]:
    """Entries as photographs.json has them, without a split and with the whole description as title."""
    for book in sorted((packages / "openstax").iterdir()):
        seen = set()
        for module in sorted(book.glob("modules/*/*.cnxml")):
            for name, credit, description in figures(module.read_text()):
                path, free = book / "media" / name, licence(credit)
                if free is None or name in seen or NO_PHOTOGRAPH.search(description[:160]) or not path.exists():
                    continue
                seen.add(name)
                with Image.open(path) as picture:
                    if not is_sharp_photograph(picture):
                        continue
                place = {"name": path.stem.lower(), "package": f"openstax/{book.name}", "file": f"media/{name}"}
                yield place | {"licence": free, "author": credit, "title": description}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    print(json.dumps(list(candidates(parser.parse_args().packages)), indent=1, ensure_ascii=False))
