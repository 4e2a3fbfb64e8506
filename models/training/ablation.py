"""Table 3 of GenDR in small: one base model, distilled by VSD, SiD, CiD and CiDA with the same steps, batches and seed.

    python ablation.py --pool FOLDER --out FOLDER [--autoencoder-steps N] [--base-steps N] [--steps N] [--write docs/ablation.md]

Autoencoder and base are trained first, unless the out folder has them. Judged on the validation pairs, and on the distance
of the restored latents from those of the sharp pictures in the last hundred steps of training.
"""

import argparse
import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

from stages.distil import METHODS

HERE = Path(__file__).resolve().parent
TITLES = {"vsd": "VSD", "sid": "SiD", "cid": "CiD", "cida": "CiDA"}


def train(stage: str, out: Path, options: argparse.Namespace, steps: int, *more: str) -> None:
    """Runs one stage to its end, unless it was."""
    if (out / "done").exists():
        return
    settings = ["--pool", options.pool, "--out", out, "--steps", steps, "--validate-every", steps, "--seed", options.seed, *more]
    subprocess.run([sys.executable, HERE / "train.py", stage, *map(str, settings)], check=True)
    (out / "done").touch()


def last(path: Path) -> dict[str, float]:
    """The last row of a CSV file."""
    with path.open(newline="") as file:
        return {name: float(value) for name, value in list(csv.DictReader(file))[-1].items()}


def rows(out: Path) -> list[list[str]]:
    """One row for bicubic and for each method."""
    found = {method: (last(out / method / "validation.csv"), last(out / method / "log.csv")) for method in METHODS}
    measured = next(iter(found.values()))[0]
    setting = next(name.removeprefix("psnr_") for name in measured if name.startswith("psnr_") and name != "psnr_bicubic")
    cells = lambda row, name: [f"{row[f'psnr_{name}']:.2f}", f"{row[f'ssim_{name}']:.3f}", f"{row[f'niqe_{name}']:.2f}"]
    table = [["bicubic", *cells(measured, "bicubic"), ""]]
    return table + [[TITLES[m], *cells(measures, setting), f"{log['distance']:.4f}"] for m, (measures, log) in found.items()]


def page(table: list[list[str]], options: argparse.Namespace) -> str:
    """The Markdown page."""
    head = ["", "PSNR-Y, dB", "SSIM-Y", "NIQE", "distance of latents"]
    lines = [f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *table]]
    pairs = len(np.load(options.pool / "validation_sharp.npy", mmap_mode="r"))
    weights = torch.load(options.out / "base/checkpoint.pt", map_location="cpu", weights_only=False)["average"]
    size = sum(weight.numel() for weight in weights.values()) / 1e6
    return "\n".join(
        [
            "# Ablation: VSD, SiD, CiD, CiDA",
            "",
            "Written by `python models/training/ablation.py --write`; do not edit. Table 3 of GenDR (arXiv 2503.06790) in small: one",
            f"autoencoder ({options.autoencoder_steps} steps) and one base diffusion model ({options.base_steps} steps, no REPA: no encoder was given), {size:.1f} M parameters with what is",
            f"around them, from which each method distils a one-step restorer with {options.steps} steps, the same batches and the same seed. Judged on {pairs} validation pairs.",
            "",
            *lines,
            "",
        ]
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--autoencoder-steps", type=int, default=3000)
    parser.add_argument("--base-steps", type=int, default=6000)
    parser.add_argument("--steps", type=int, default=1500)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path, help="the page to write the table to")
    options = parser.parse_args()
    train("autoencoder", options.out / "autoencoder", options, options.autoencoder_steps)
    train("base", options.out / "base", options, options.base_steps, "--autoencoder", str(options.out / "autoencoder/checkpoint.pt"))
    for method in METHODS:
        base = ("--base", str(options.out / "base/checkpoint.pt"), "--method", method)
        train("distil", options.out / method, options, options.steps, *base)
    text = page(rows(options.out), options)
    print(text)
    if options.write:
        options.write.write_text(text)
