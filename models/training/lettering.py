"""Lettering drawn on sharp pictures before they are made poor: the few photographs show little text, and text must stay readable."""

import string

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SYMBOLS = string.ascii_letters + string.digits + "&%.,:;!?()+-/@"


def letter(picture: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """The picture, uint8 [height, width, 3], with one to four lines of random words, on a plate of one colour in half of the cases."""
    canvas = Image.fromarray(picture)
    draw = ImageDraw.Draw(canvas)
    for _ in range(rng.integers(1, 5)):
        font = ImageFont.load_default(int(np.exp(rng.uniform(np.log(14), np.log(64)))))
        words = " ".join("".join(rng.choice(list(SYMBOLS), rng.integers(2, 9))) for _ in range(rng.integers(1, 6)))
        place = (int(rng.integers(-20, picture.shape[1] // 2)), int(rng.integers(0, picture.shape[0] - 14)))
        ink, paper = (tuple(int(v) for v in rng.integers(0, 256, 3)) for _ in range(2))
        if rng.random() < 0.5:
            ink, paper = ((20,) * 3, (235,) * 3) if rng.random() < 0.6 else ((240,) * 3, (30,) * 3)
        if rng.random() < 0.5:
            left, top, right, bottom = draw.textbbox(place, words, font)
            draw.rectangle((left - 6, top - 4, right + 6, bottom + 4), fill=paper)
        draw.text(place, words, fill=ink, font=font)
    return np.asarray(canvas)
