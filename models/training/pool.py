"""A pool of pairs (sharp, poor) to train on, made once before training.

    python pool.py --packages FOLDER --out FOLDER [--pairs 20000] [--workers 2] [--seed 1]

Writes sharp.npy and poor.npy, uint8 [pairs, 256, 256, 3]; `poor` is already upscaled to the size of `sharp` by
bicubic interpolation, as the restoration does it. The same seed gives the same pool.
Training takes random smaller crops, flipped and turned, of these pairs. Of the validation split it writes
validation_sharp.npy and validation_poor.npy, uint8 [38, 384, 512, 3]: two crops of each photograph, all at x4.
"""

import argparse
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

import real_esrgan
from cutouts import cutouts, lay
from degradation import degrade, degrade_once
from lettering import letter
from photographs import Photograph, catalogue, pyramid, size_of

SIDE = 256
SCALES, SCALE_SHARES = (4, 3, 2, 1), (0.78, 0.04, 0.06, 0.12)
FLAT, FLAT_SHARE = 4.0, 0.15
LETTERING_SHARE = 0.06
CUTOUT_SHARE = 0.25
LIGHT_SHARE, SWAP_SHARE = 0.5, 0.15
STEPS = (0.7, 0.85, 1.0, 1.25, 1.6, 2.0, 2.5, 3.2)
ONCE_SHARE, HARSH_SHARE = 0.55, 0.1
MOST_AREA = 2_200_000


def upscale(poor: np.ndarray, width: int, height: int) -> np.ndarray:
    """uint8 [h, w, 3] at height x width by the host's bicubic interpolation (a = -0.75, torch's), rounded to 8 bits."""
    x = torch.from_numpy(np.ascontiguousarray(poor)).permute(2, 0, 1)[None].float()
    x = F.interpolate(x, (height, width), mode="bicubic", align_corners=False)
    return x[0].clamp(0, 255).round().byte().permute(1, 2, 0).numpy()


def pair(levels: list[np.ndarray], shares: np.ndarray, things: list[Image.Image], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """One crop of one level (larger levels more often), varied, and its poor version, both [256, 256, 3]."""
    rng = np.random.default_rng(seed)
    while True:
        level = levels[rng.choice(len(levels), p=shares)]
        top, left = (int(rng.integers(0, n - SIDE + 1)) for n in level.shape[:2])
        sharp = level[top : top + SIDE, left : left + SIDE]
        if detail(sharp) > FLAT or rng.random() < FLAT_SHARE:
            break
    if things and rng.random() < CUTOUT_SHARE:
        sharp = lay(sharp, things, rng)
    sharp = relit(sharp, rng)
    if rng.random() < LETTERING_SHARE:
        sharp = letter(sharp, rng)
    scale = int(rng.choice(SCALES, p=SCALE_SHARES))
    size = SIDE - SIDE % scale
    small = chain(scale, rng)(sharp[:size, :size], scale, rng)
    poor = upscale(small, size, size)
    margin = SIDE - size
    return sharp, np.pad(poor, ((0, margin), (0, margin), (0, 0)), mode="edge") if margin else poor


def chain(scale: int, rng: np.random.Generator) -> Callable[[np.ndarray, int, np.random.Generator], np.ndarray]:
    """One of the three chains; Real-ESRGAN's only makes pictures smaller."""
    draw = rng.random()
    if draw < ONCE_SHARE:
        return degrade_once
    return real_esrgan.degrade if scale > 1 and draw < ONCE_SHARE + HARSH_SHARE else degrade


def relit(sharp: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """In half of the cases another gamma, gain and white balance, and sometimes the channels swapped: few photographs have few lights."""
    if rng.random() < SWAP_SHARE:
        sharp = sharp[..., rng.permutation(3)]
    if rng.random() >= LIGHT_SHARE:
        return sharp
    gamma, gain = np.exp(rng.uniform(-0.4, 0.4)), rng.uniform(0.6, 1.1)
    curves = [(np.linspace(0, 1, 256) ** gamma * gain * rng.uniform(0.92, 1.08) * 255).clip(0, 255).round().astype(np.uint8) for _ in range(3)]
    return np.stack([curve[sharp[..., channel]] for channel, curve in enumerate(curves)], axis=-1)


def detail(picture: np.ndarray) -> float:
    """Mean absolute difference of neighbouring pixels in the green channel, 0..255."""
    green = picture[..., 1].astype(np.int16)
    return float(np.abs(np.diff(green, axis=0)).mean() + np.abs(np.diff(green, axis=1)).mean())


def plan(packages: Path, pairs: int, seed: int) -> list[tuple[Photograph, list[int]]]:
    """Which pairs each training photograph gives: in proportion to its area up to MOST_AREA."""
    photographs = catalogue("train")
    areas = np.array([min(MOST_AREA, width * height) for width, height in (size_of(photograph, packages) for photograph in photographs)])
    owners = np.random.default_rng(seed).choice(len(photographs), size=pairs, p=areas / areas.sum())
    return [(photograph, np.flatnonzero(owners == i).tolist()) for i, photograph in enumerate(photographs)]


def fill(packages: Path, out: Path, planned: list[tuple[Photograph, list[int]]], seed: int) -> int:
    """Writes the planned pairs into the pool's files, one photograph in memory at a time."""
    torch.set_num_threads(1)
    things = cutouts(packages)
    files = [np.load(out / name, mmap_mode="r+") for name in ("sharp.npy", "poor.npy")]
    for photograph, indices in planned:
        levels = pyramid(photograph, packages, STEPS)
        shares = np.sqrt([level.size for level in levels])
        for index in indices:
            for file, picture in zip(files, pair(levels, shares / shares.sum(), things, seed * 1_000_003 + index), strict=True):
                file[index] = picture
    return sum(len(indices) for _, indices in planned)


def make_validation(packages: Path, out: Path) -> None:
    """Writes the fixed validation pairs."""
    sharp, poor = [], []
    for photograph in catalogue("validation"):
        level = pyramid(photograph, packages, (1.0,))[0]
        for place in (0.3, 0.6):
            top, left = int((level.shape[0] - 384) * place), int((level.shape[1] - 512) * place)
            sharp.append(level[top : top + 384, left : left + 512])
            poor.append(upscale(degrade(sharp[-1], 4, np.random.default_rng(7000 + len(sharp))), 512, 384))
    np.save(out / "validation_sharp.npy", np.stack(sharp))
    np.save(out / "validation_poor.npy", np.stack(poor))


def new_files(out: Path, pairs: int, side: int = SIDE) -> tuple[np.ndarray, np.ndarray]:
    """sharp and poor of a pool, still black, uint8 [pairs, side, side, 3], mapped from the disk."""
    out.mkdir(parents=True, exist_ok=True)
    shape = (pairs, side, side, 3)
    sharp, poor = (np.lib.format.open_memmap(out / name, mode="w+", dtype=np.uint8, shape=shape) for name in ("sharp.npy", "poor.npy"))
    return sharp, poor


def make_pool(packages: Path, out: Path, pairs: int, workers: int, seed: int) -> None:
    """Fills a pool of `pairs` pairs with so many processes."""
    new_files(out, pairs)
    make_validation(packages, out)
    planned = plan(packages, pairs, seed)
    with ProcessPoolExecutor(workers) as executor:
        jobs = [executor.submit(fill, packages, out, planned[worker::workers], seed) for worker in range(workers)]
        print(f"{sum(job.result() for job in jobs)} pairs in {out}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    make_pool(options.packages, options.out, options.pairs, options.workers, options.seed)
