"""Training where a GPU is rented by the minute: the photographs arrive in parts, and all cores make pairs of them while it trains.

    python rented.py pack --packages FOLDER --out FOLDER [--parts 2]      # at home: folders of WebP, each of 55 MB of photographs, and one of cut-outs
    python rented.py fill --packed FOLDER --pool FOLDER &                 # there: makes pairs until it is ended
    python train.py direct --pool FOLDER --bf16 --replay ...              # meanwhile, with what has been made so far

A part that arrives later is found. Row by row each process fills its own ones of the pool, and begins again at its end: training follows.
"""

import argparse
import contextlib
import itertools
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import Process
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from cutouts import SIZES, cutouts, read
from loop import MADE
from photographs import LEAST_SIDE, Photograph, catalogue, levels, load, reduction, shrink
from pool import STEPS, new_files, pair

CUTOUTS = "cutouts"
QUALITY = 90
LARGEST_CUTOUT = round(1.3 * max(SIZES))
LOOK_AGAIN = 200


def pack(packages: Path, out: Path, parts: int) -> None:
    """Writes the training photographs, reduced, by turns into folders 0, 1, ..., and the cut-outs."""
    for folder in (*map(str, range(parts)), CUTOUTS):
        (out / folder).mkdir(parents=True, exist_ok=True)
    train = catalogue("train")
    with ProcessPoolExecutor() as executor:
        places = (out / str(index % parts) / f"{index:04}.webp" for index in range(len(train)))
        list(executor.map(pack_photograph, train, itertools.repeat(packages), places, chunksize=8))
    for index, thing in enumerate(cutouts(packages)):
        thing.thumbnail((LARGEST_CUTOUT, LARGEST_CUTOUT), Image.Resampling.LANCZOS)
        thing.save(out / CUTOUTS / f"{index:04}.webp", quality=QUALITY)


def pack_photograph(photograph: Photograph, packages: Path, place: Path) -> None:
    """Writes one photograph, unless it is too small."""
    picture = load(photograph, packages)
    reduced = shrink(picture, reduction(picture))
    if min(reduced.size) >= LEAST_SIDE:
        reduced.save(place, quality=QUALITY)


def make_ring(pool: Path, pairs: int, workers: int) -> None:
    """Writes an empty pool, and how many pairs each process has made, int64 [workers]."""
    new_files(pool, pairs)
    np.save(pool / MADE, np.zeros(workers, np.int64))


def arrived(paths: list[Path]) -> Iterator[tuple[Path, list[np.ndarray]]]:
    """Photographs at all their sizes, without those that are still being copied."""
    for path in paths:
        with contextlib.suppress(OSError):
            yield path, levels(read(path), (max(1.0, step) for step in STEPS))


def fill(packed: Path, pool: Path, worker: int, workers: int, seed: int, most: int | None = None) -> None:
    """Makes pairs for the rows worker, worker + workers, ... and again from the first one, of every so manieth photograph; `most` of them, or without end."""
    torch.set_num_threads(1)
    files = [np.load(pool / name, mmap_mode="r+") for name in ("sharp.npy", "poor.npy")]
    counts = np.load(pool / MADE, mmap_mode="r+")
    rows = range(worker, len(files[0]), workers)
    rng, things = np.random.default_rng((seed, worker)), [read(path) for path in sorted((packed / CUTOUTS).glob("*.webp"))]
    known: dict[Path, list[np.ndarray]] = {}
    for made in itertools.count() if most is None else range(most):
        if made % LOOK_AGAIN == 0:
            paths = sorted(packed.glob("[0-9]*/*.webp"))[worker::workers]
            known |= dict(arrived([path for path in paths if path not in known]))
            if not known:
                raise ValueError(f"{packed}: expected photographs for process {worker} of {workers}, found none. Bring a part, or start fewer processes.")
            areas = np.array([own[0].size for own in known.values()], float)
        own = list(known.values())[rng.choice(len(known), p=areas / areas.sum())]
        shares = np.sqrt([level.size for level in own])
        number = int(rng.integers(2**63))
        for file, picture in zip(files, pair(own, shares / shares.sum(), things, number), strict=True):
            file[rows[made % len(rows)]] = picture
        counts[worker] = made + 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    packing, filling = commands.add_parser("pack"), commands.add_parser("fill")
    packing.add_argument("--packages", type=Path, required=True)
    packing.add_argument("--out", type=Path, required=True)
    packing.add_argument("--parts", type=int, default=2)
    filling.add_argument("--packed", type=Path, required=True)
    filling.add_argument("--pool", type=Path, required=True)
    filling.add_argument("--pairs", type=int, default=60000, help="how many there are at a time")
    filling.add_argument("--workers", type=int, default=max(1, (os.cpu_count() or 1) - 2))
    filling.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if options.command == "pack":
        pack(options.packages, options.out, options.parts)
    else:
        options.pairs -= options.pairs % options.workers
        make_ring(options.pool, options.pairs, options.workers)
        for worker in range(options.workers):
            Process(target=fill, args=(options.packed, options.pool, worker, options.workers, options.seed)).start()
