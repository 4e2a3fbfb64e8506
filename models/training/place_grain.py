"""Where the grain of a trained network goes (grain.py): adds the gate that says it, and leaves all else as it is.

Of a whole training photograph that was made poor and restored, the loss is

    NIQE(y') + EXCHANGE (1 - SSIM(y', sharp)),

y' the restoration in the default setting with its grain, as 8 bits, in luma: grain goes where a picture gets more natural for the likeness that it costs. Whole
photographs, since NIQE is a distance of a picture's statistics from those of natural ones. The gate learns under a looser bound of what may be seen than it has
afterwards: the tighter it is, the sooner the gate is shut or open everywhere, and learns no more.

    python place_grain.py --checkpoint runs/checkpoint.pt --packages FOLDER --out placed.pt [--amount 1] [--pictures 900] [--steps 1600] [--seed 1]
"""

import argparse
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

import photographs
from degradation import degrade
from evaluate import WHOLE, made_poor
from grain import GATE, Bound, GrainGate, grain_of, without_gate
from loop import follow, learning_rate, to_tensor
from metrics import structural_similarity
from naturalness import Naturalness
from niqe import PATCH
from photographs import Photograph
from pool import upscale
from restoration import Restoration, load_average
from stages.direct import as_saved
from transfer import enlarged, opponent

EXCHANGE = 50.0
LOOSE = Bound(0.7, 2 / 255, 8 / 255)
WAYS, SHARES = ("second-order", "classical", "real-esrgan", "bicubic", "same-size", "none"), (0.48, 0.28, 0.03, 0.06, 0.12, 0.03)
AREAS, LEAST_SIDE = (0.7, 1.5), 2 * PATCH
TOGETHER, PEAK, AVERAGE, PLACES, NOTE_EVERY = 2, 3e-3, 0.98, 2**16, 100
STUDIO, SSIM_REACH = (219, 16), 5


@dataclass
class Example:
    """What the gate sees of one picture, [1, KINDS * levels, rows, columns], and the luma of its restoration and of the sharp one, [1, 1, h, w] in 0..1; halves."""

    features: Tensor
    restored: Tensor
    sharp: Tensor


def whole_pair(photograph: Photograph, packages: Path, multiple: int, seed: int) -> tuple[np.ndarray, np.ndarray] | None:
    """A photograph in whole, at about the size that is judged, and its poor version made in one of the ways; none where it is too small."""
    rng = np.random.default_rng(seed)
    picture = photographs.load(photograph, packages)
    factor = max(1.0, (picture.width * picture.height / WHOLE / rng.uniform(*AREAS)) ** 0.5)
    size = tuple(round(length / factor / multiple) * multiple for length in picture.size)
    if min(size) < LEAST_SIDE:
        return None
    sharp = np.asarray(picture.resize(size, Image.Resampling.LANCZOS))
    way = str(rng.choice(WAYS, p=SHARES))
    if way == "none":
        return sharp, sharp
    return sharp, upscale(degrade(sharp, 4, rng), *size) if way == "second-order" else made_poor(sharp, way, rng)


def whole_pairs(packages: Path, count: int, multiple: int, seed: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Those of so many training photographs, made by one process while another works."""
    chosen = np.random.default_rng(seed).permutation(np.array(photographs.catalogue("train"), dtype=object))[:count]
    seeds = [seed * 1_000_003 + index for index in range(len(chosen))]
    with ProcessPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,)) as maker:
        made = maker.map(whole_pair, chosen, [packages] * len(chosen), [multiple] * len(chosen), seeds)
        yield from (both for both in made if both is not None)


@torch.no_grad()
def examples(model: Restoration, pairs: Iterator[tuple[np.ndarray, np.ndarray]]) -> Iterator[Example]:
    """What each pair teaches, but for pictures that have no NIQE because they are flat nearly everywhere."""
    light, naturalness = lambda x: opponent(x)[:, :1], Naturalness()
    for sharp, poor in pairs:
        restored, features = model.observed(to_tensor(poor[None]))
        shown = light(restored).clamp(0, 1)
        if naturalness(255 * as_saved(shown)).isfinite():
            yield Example(features.half(), shown.half(), light(to_tensor(sharp[None])).half())


def losses(gate: GrainGate, example: Example, naturalness: Naturalness, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """NIQE and SSIM of one picture with its grain, [] each, at any place of the noise.

    What NIQE leaves out beside its blocks is now on one side and now on the other, and SSIM goes on to the border: where nothing counted, the gate would learn to
    put its grain.
    """
    features, restored, sharp = (x.float() for x in (example.features, example.restored, example.sharp))
    where = enlarged(gate(features), *restored.shape[2:])
    shown = as_saved((restored + grain_of(restored, where, 1.0, *rng.integers(PLACES, size=2))).clamp(0, 1))
    top, left = (int(rng.integers(length % PATCH + 1)) for length in shown.shape[2:])
    studio = lambda light: F.pad(STUDIO[0] * light + STUDIO[1], (SSIM_REACH,) * 4, mode="replicate")
    return naturalness(255 * shown[:, :, top:, left:]), structural_similarity(studio(shown), studio(sharp))


def place(gate: GrainGate, taught: list[Example], steps: int, seed: int) -> Iterator[dict[str, float]]:
    """Trains the gate, which has its averaged weights at the end; gives means of each NOTE_EVERY steps."""
    rng, naturalness, noted = np.random.default_rng(seed), Naturalness(), []
    weights, average = list(gate.parameters()), [p.detach().clone() for p in gate.parameters()]
    optimiser = torch.optim.AdamW(weights, betas=(0.9, 0.99), weight_decay=0.01)
    for step in range(steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, step / steps, PEAK)
        found = [losses(gate, taught[i], naturalness, rng) for i in rng.integers(len(taught), size=TOGETHER)]
        niqe, similarity = (torch.stack(values).mean() for values in zip(*found, strict=True))
        if not niqe.isfinite():  # too flat where the blocks begin this time; it would spoil all weights
            continue
        optimiser.zero_grad()
        (niqe + EXCHANGE * (1 - similarity)).backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimiser.step()
        gate.even()
        follow(average, weights, step + 1, AVERAGE)
        noted.append((niqe.item(), similarity.item()))
        if len(noted) == NOTE_EVERY:
            yield dict(zip(("step", "niqe", "ssim"), (step + 1, *np.mean(noted, axis=0)), strict=True))
            noted = []
    with torch.no_grad():
        for weight, averaged in zip(weights, average, strict=True):
            weight.copy_(averaged)


def with_gate(state: dict, gate: GrainGate, amount: float) -> dict:
    """A checkpoint to export, whose default setting has so much grain."""
    default = list(state["config"]["settings"])[-1]
    weights = {GATE + name: weight for name, weight in gate.state_dict().items()}
    kept = {name: state[name] for name in ("step", "seconds")}
    return kept | {"config": state["config"] | {"grain": {default: amount}}, "average": without_gate(state["average"]) | weights}


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=here / "runs/checkpoint.pt")
    parser.add_argument("--packages", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--amount", type=float, default=1.0, help="how much of it the default setting gets afterwards")
    parser.add_argument("--pictures", type=int, default=900)
    parser.add_argument("--steps", type=int, default=1600, help="0.4 seconds each on two cores")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    network, checkpoint = load_average(options.checkpoint)
    material = list(examples(network, whole_pairs(options.packages, options.pictures, network.multiple, options.seed)))
    learner = GrainGate(network.levels, LOOSE)
    for means in place(learner, material, options.steps, options.seed):
        print(" ".join(f"{name} {value:.4g}" for name, value in means.items()), flush=True)
    torch.save(with_gate(checkpoint, learner, options.amount), options.out)
