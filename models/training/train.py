"""Trains the autoencoder and the one-step network together, end to end, through the colour transfer.

    python train.py --pool FOLDER [--config configs/nano.json] [--out runs] [--steps N | --minutes M] [--resume]

Two stages: first fidelity (Charbonnier, structure, coarse tones and chroma), then, from `--texture-from` of the whole, also a mild
critic of fine texture and the strength of fine detail. Crops grow near the end, so that norms and attention meet larger pictures. Given --steps a run
depends on its seed alone; given --minutes the schedule follows the clock. Writes to the out folder:
checkpoint.pt (everything needed to go on), log.csv, validation.csv and samples.png.
"""

import argparse
import csv
import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from degradation import to_bytes
from losses import TextureCritic, charbonnier, chroma, coarse, critic_loss, deception_loss, energy, fine_detail, structure
from metrics import psnr_y, ssim_y
from niqe import PRISTINE, niqe
from restoration import Restoration

WARM_UP = 300
AVERAGE, AVERAGE_EVERY = 0.985, 5
CROPS = ((0.0, 96, 8), (0.7, 128, 5), (0.9, 160, 3))


@dataclass
class Weights:
    """How much each term counts: structure, chroma, coarse and reconstruction beside the pixel term; texture and energy as shares of the
    gradient that these together send into the restored picture (after Esser et al. 2021, equation 7)."""

    structure: float = 0.5
    chroma: float = 2.0
    coarse: float = 1.0
    reconstruction: float = 0.02
    texture: float = 0.1
    energy: float = 0.1


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Linear warm-up, then half a cosine down to 2 % of the peak; progress in 0..1."""
    return peak * min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, progress))))


def batch(pool: tuple[np.ndarray, np.ndarray], count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random crops of random pairs, flipped and turned alike: sharp and poor, [count, 3, side, side] in 0..1."""
    crops = [], []
    for _ in range(count):
        index = rng.integers(len(pool[0]))
        top, left = rng.integers(0, pool[0].shape[1] - side + 1, 2)
        turn, flip = rng.integers(4), rng.integers(2)
        for file, out in zip(pool, crops, strict=True):
            picture = np.rot90(file[index, top : top + side, left : left + side], turn)
            out.append(picture[:, ::-1] if flip else picture)
    return tuple(to_tensor(np.stack(c)) for c in crops)


def to_tensor(pictures: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] as float [n, 3, h, w] in 0..1, channels last in memory."""
    x = torch.from_numpy(np.array(pictures, order="C")).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(memory_format=torch.channels_last)


class Training:
    """All state of a run: networks, optimisers, averaged weights, step, elapsed time, random state."""

    parts = ("model", "average", "critic", "optimiser", "critic_optimiser")

    def __init__(self, config: dict, seed: int, peak: float):
        torch.manual_seed(seed)
        self.config, self.peak = config, peak
        self.model = Restoration(config).to(memory_format=torch.channels_last)
        calm(self.model)
        self.average = Restoration(config).to(memory_format=torch.channels_last).requires_grad_(False)
        self.average.load_state_dict(self.model.state_dict())
        self.critic = TextureCritic()
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        self.critic_optimiser = torch.optim.AdamW(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.99), fused=True)
        self.rng = np.random.default_rng(seed)
        self.step, self.seconds = 0, 0.0

    def state(self) -> dict:
        """What `restore` takes."""
        return {
            "config": self.config,
            **{name: getattr(self, name).state_dict() for name in self.parts},
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "step": self.step,
            "seconds": self.seconds,
        }

    def restore(self, state: dict) -> None:
        """Goes on where `state` was taken."""
        for name in self.parts:
            getattr(self, name).load_state_dict(state[name])
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        self.step, self.seconds = state["step"], state["seconds"]

    def update(self, sharp: Tensor, poor: Tensor, progress: float, weights: Weights, texture: bool) -> dict:
        """One step on one batch; returns its losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = learning_rate(self.step, progress, self.peak)
        restored, reconstructed = self.model.both(poor, sharp[:1])
        seen = restored.detach().requires_grad_()
        losses = {term.__name__: term(seen, sharp) for term in (charbonnier, structure, chroma, coarse)}
        fidelity = losses["charbonnier"] + sum(getattr(weights, n) * losses[n] for n in ("structure", "chroma", "coarse"))
        (pull,) = torch.autograd.grad(fidelity, seen)
        if texture:
            real, restored_detail = fine_detail(sharp), fine_detail(seen)
            losses["critic"] = self.judge(real, restored_detail.detach())
            self.critic.requires_grad_(False)
            losses["texture"] = deception_loss(self.critic(real), self.critic(restored_detail))
            self.critic.requires_grad_(True)
            losses["energy"] = energy(seen, sharp)
            strength = pull.norm()
            for name, share in (("texture", weights.texture), ("energy", weights.energy)):
                (push,) = torch.autograd.grad(losses[name], seen)
                pull = pull + share * strength / push.norm().clamp(min=1e-12) * push
        losses["reconstruction"] = charbonnier(reconstructed, sharp[:1])
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward([restored, weights.reconstruction * losses["reconstruction"]], [pull, None])
        losses["gradient"] = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.optimiser.step()
        self.step += 1
        if self.step % AVERAGE_EVERY == 0:
            decay = min(AVERAGE, (1 + self.step) / (40 + self.step))
            with torch.no_grad():
                torch._foreach_lerp_(list(self.average.parameters()), list(self.model.parameters()), 1 - decay)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def judge(self, real: Tensor, restored: Tensor) -> Tensor:
        """One step of the critic on fine detail; returns its loss."""
        loss = critic_loss(self.critic(real), self.critic(restored))
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()
        return loss


def calm(model: Restoration) -> None:
    """Small last layers in all residual paths, so that the network begins as nearly its shortcuts alone."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("conv2.weight", "proj_out.weight", "unet.conv_out.weight")):
                parameter.mul_(0.2)


@torch.no_grad()
def validate(model: Restoration, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict:
    """Mean measures on the validation pairs, and a sheet of poor, restored and sharp crops."""
    pristine = json.loads(PRISTINE.read_text())
    rows, measures = [], []
    for target, given in zip(sharp, poor, strict=True):
        target, given = to_tensor(target[None]), to_tensor(given[None])
        restored = model.restore(given)
        measures.append(
            [f(y, target) for y in (restored, given) for f in (psnr_y, ssim_y)] + [niqe(to_bytes(y), pristine) for y in (restored, given)]
        )
        rows.append(torch.cat([given, restored, target], dim=3)[0, :, 96:288])
    picture = (torch.cat(rows[::2], dim=1).permute(1, 2, 0) * 255).round().byte().numpy()
    Image.fromarray(picture).save(sheet)
    names = ("psnr", "ssim", "psnr_bicubic", "ssim_bicubic", "niqe", "niqe_bicubic")
    return dict(zip(names, np.mean(measures, axis=0).round(4).tolist(), strict=True))


def append(path: Path, row: dict) -> None:
    """Adds a row to a CSV file, with a header where the file is new."""
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row.keys())
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def save(state: dict, path: Path) -> None:
    """Writes the checkpoint beside its place, then renames it: a reader never sees half of one."""
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def run(options: argparse.Namespace) -> None:
    """Trains until the steps or minutes are over."""
    torch.set_num_threads(options.threads)
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint = options.out / "checkpoint.pt"
    training = Training(json.loads(options.config.read_text()), options.seed, options.peak)
    if options.resume:
        training.restore(torch.load(checkpoint, weights_only=False))
    pool = tuple(np.load(options.pool / f"{name}.npy", mmap_mode="r") for name in ("sharp", "poor"))
    held_out = tuple(np.load(options.pool / f"validation_{name}.npy") for name in ("sharp", "poor"))
    weights = Weights(texture=options.texture, energy=options.energy)
    sums: dict[str, float] = {}
    before = time.monotonic()
    while True:
        progress = training.seconds / 60 / options.minutes if options.minutes else training.step / options.steps
        if progress >= 1:
            break
        texture = progress >= options.texture_from
        side, count = [(s, n) for start, s, n in CROPS if progress >= start][-1]
        losses = training.update(*batch(pool, count, side, training.rng), progress, weights, texture)
        now = time.monotonic()
        training.seconds, before = training.seconds + now - before, now
        for name, loss in losses.items():
            sums[name] = sums.get(name, 0.0) + loss
        if training.step % 100 == 0:
            shown = {name: round(sums.get(name, 0.0) / 100, 5) for name in
                     ("charbonnier", "structure", "chroma", "coarse", "reconstruction", "critic", "texture", "energy", "gradient")}
            row = {"step": training.step, "minutes": round(training.seconds / 60, 2), "side": side,
                   "rate": f"{training.optimiser.param_groups[0]['lr']:.2e}", **shown}
            append(options.out / "log.csv", row)
            print(row, flush=True)
            sums = {}
        if training.step % options.validate_every == 0:
            save(training.state(), checkpoint)
            report(training, held_out, options.out)
            before = time.monotonic() if not options.minutes else before
    save(training.state(), checkpoint)
    report(training, held_out, options.out)


def report(training: Training, held_out: tuple[np.ndarray, np.ndarray], out: Path) -> None:
    """Validates the averaged weights and notes the result."""
    result = {"step": training.step, "minutes": round(training.seconds / 60, 2),
              **validate(training.average, *held_out, out / "samples.png")}
    append(out / "validation.csv", result)
    print(result, flush=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--config", type=Path, default=here / "configs/nano.json")
    parser.add_argument("--out", type=Path, default=here / "runs")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--minutes", type=float, help="follow the clock instead of the steps")
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peak", type=float, default=2e-3, help="highest learning rate")
    parser.add_argument("--texture", type=float, default=Weights.texture, help="weight of the critic's term")
    parser.add_argument("--energy", type=float, default=Weights.energy, help="weight of the term on the strength of detail")
    parser.add_argument("--texture-from", type=float, default=0.78, help="share of the run after which the critic joins")
    parser.add_argument("--validate-every", type=int, default=500)
    parser.add_argument("--threads", type=int, default=2)
    run(parser.parse_args())
