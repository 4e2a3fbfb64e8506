"""UpscalerJS's ESRGAN models and Upscayl's lite model on our test photographs, beside bicubic and what `npm run bench:quality` says of gendr-nano.

    npm install --ignore-scripts --prefix FOLDER @upscalerjs/esrgan-slim @upscalerjs/esrgan-medium @upscalerjs/esrgan-thick
    PYTHONPATH=models/training python test/bench/rivals.py --models FOLDER/node_modules/@upscalerjs [--upscayl FOLDER] [--threads 2]

Upscayl's folder has upscayl-lite-4x.param and .bin, of resources/models in its repository. The graphs, Keras' and ncnn's, are computed by
PyTorch, layer by layer, so that the time is what the networks cost, not what a browser's backend makes of them; measured and rounded as
evaluate.py does. The time is the median of five runs for 192 x 128 to 768 x 512.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from evaluate import REPOSITORY, fixture_pairs
from foreign_networks import KerasGraph, NcnnGraph
from loop import to_tensor
from metrics import psnr_y, ssim_y
from niqe import PRISTINE, niqe

MODELS = ("esrgan-slim", "esrgan-medium", "esrgan-thick")
LITE = "upscayl-lite-4x"
ROUNDS = 5


def seconds(network: Callable[[Tensor], Tensor]) -> float:
    """Median of a few runs."""
    x, times = torch.rand(1, 3, 128, 192), []
    for _ in range(ROUNDS):
        begin = time.perf_counter()
        network(x)
        times.append(time.perf_counter() - begin)
    return statistics.median(times)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=Path, required=True)
    parser.add_argument("--upscayl", type=Path)
    parser.add_argument("--pairs", type=Path, default=REPOSITORY / "test/fixtures/photographs")
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    torch.set_grad_enabled(False)
    pristine = json.loads(PRISTINE.read_text())
    networks = {name: KerasGraph(options.models / name / "models/x4") for name in MODELS}
    if options.upscayl:
        networks[LITE] = NcnnGraph(options.upscayl / LITE)
    measures = {name: [] for name in ("bicubic", *networks)}
    for name, sharp, bicubic in fixture_pairs(options.pairs):
        target = to_tensor(sharp[None])
        small = to_tensor(np.array(Image.open(options.pairs / f"{name}.lq.png"))[None])
        pictures = {"bicubic": bicubic}
        for model, network in networks.items():
            pictures[model] = (network(small).clamp(0, 1)[0].permute(1, 2, 0) * 255).round().byte().numpy()
        for model, picture in pictures.items():
            y = to_tensor(picture[None])
            measures[model].append((psnr_y(y, target), ssim_y(y, target), niqe(picture, pristine)))
    print("| | PSNR-Y, dB | SSIM-Y | NIQE | seconds |\n|---|---|---|---|---|")
    for model, rows in measures.items():
        psnr, ssim, natural = np.mean(rows, axis=0)
        took = f"{seconds(networks[model]):.2f}" if model in networks else ""
        print(f"| {model} | {psnr:.2f} | {ssim:.3f} | {natural:.2f} | {took} |")
