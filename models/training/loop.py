"""What every training stage shares: batches, the schedule, checkpoints, curves and sample sheets.

A stage says what is trained and how; `run` calls it until the steps or the minutes are over. Given steps, a run on a CPU depends on its
seed alone; given minutes, the schedule follows the clock of a busy machine.
"""

import argparse
import csv
import math
import os
import time
from abc import ABC, abstractmethod
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageDraw
from torch import Tensor, nn

from restoration import Restoration

WARM_UP = 300
SAVE_EVERY = 4000
AVERAGE_EVERY = 5
FULL_RATE_INPUTS, VECTOR_SHARE = 200, 0.25
MADE, ENOUGH, PATIENCE = "made.npy", 2000, 300


class Stage(ABC):
    """One kind of training. `crops` says from which share of the run on crops of which side come how many at a time."""

    crops: tuple[tuple[float, int, int], ...] = ((0.0, 96, 8), (0.7, 128, 5), (0.9, 160, 3))
    step = 0

    @abstractmethod
    def parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Everything that a checkpoint keeps, by name."""

    def draw(self, pool: tuple[Tensor, Tensor], count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """The next batch."""
        return batch(pool, count, side, rng)

    @abstractmethod
    def update(self, sharp: Tensor, poor: Tensor, progress: float) -> dict[str, Tensor]:
        """One step on one batch of pairs [n, 3, side, side] in 0..1; progress in 0..1. Returns its losses, each [] where it was computed."""

    @abstractmethod
    def validate(self, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
        """Measures on held-out pairs, uint8 [n, h, w, 3], and a sheet of pictures to look at."""


def learning_rate(step: int, progress: float, peak: float) -> float:
    """Linear warm-up, then half a cosine down to 2 % of the peak; progress in 0..1."""
    return peak * min(1, (step + 1) / WARM_UP) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(1, progress))))


def rated(parameters: Iterable[nn.Parameter], whole: float = 1.0, joins: float = 0.0) -> list[dict]:
    """Groups of parameters for an optimiser, each with its share of the learning rate, at most `whole`, and the share of the run after which it joins.

    For Adam, wide layers want a rate in inverse proportion to their fan-in (Yang et al. 2021, Tensor Programs V, table 3). At one rate
    for all, whatever suits 16 channels makes layers of 160 grow without end, until their features are constant.
    """
    groups: dict[float, list[nn.Parameter]] = {}
    for parameter in parameters:
        share = min(1.0, FULL_RATE_INPUTS / parameter[0].numel()) if parameter.dim() > 1 else VECTOR_SHARE
        groups.setdefault(share, []).append(parameter)
    return [{"params": group, "share": whole * share, "joins": joins} for share, group in groups.items()]


def set_rate(optimiser: torch.optim.Optimizer, rate: float, progress: float = 1.0) -> None:
    """The learning rate of all groups that have joined; one that is a tensor keeps its place."""
    for group in optimiser.param_groups:
        own = rate * group.get("share", 1.0) if progress >= group.get("joins", 0.0) else 0.0
        group["lr"] = group["lr"].fill_(own) if torch.is_tensor(group["lr"]) else own


@torch.no_grad()
def follow(average: Iterable[nn.Parameter], trained: Iterable[nn.Parameter], step: int, decay: float) -> None:
    """Every few steps, draws averaged weights towards the trained ones, faster at first."""
    if step % AVERAGE_EVERY == 0:
        torch._foreach_lerp_(list(average), list(trained), 1 - min(decay, (1 + step) / (40 + step)))


def to_tensor(pictures: np.ndarray) -> Tensor:
    """uint8 [n, h, w, 3] as float [n, 3, h, w] in 0..1, channels last in memory."""
    x = torch.from_numpy(np.array(pictures, order="C")).permute(0, 3, 1, 2).float() / 255
    return x.contiguous(memory_format=torch.channels_last)


def batch(pool: tuple[Tensor, Tensor], count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """Random crops of random pairs, flipped and turned alike: sharp and poor, [count, 3, side, side] in 0..1, where the pool is."""
    pairs, height, width, _ = pool[0].shape
    places = np.stack([rng.integers(n, size=count) for n in (pairs, height - side + 1, width - side + 1)], axis=1).tolist()
    upwards, backwards, transposed = torch.from_numpy(rng.integers(2, size=(3, count, 1, 1, 1))).bool().to(pool[0].device)

    def crops(file: Tensor) -> Tensor:
        x = torch.stack([file[pair, top : top + side, left : left + side] for pair, top, left in places])
        x = torch.where(upwards, x.flip(1), x)
        x = torch.where(backwards, x.flip(2), x)
        x = torch.where(transposed, x.transpose(1, 2), x)
        return x.permute(0, 3, 1, 2).float() / 255

    return tuple(crops(file) for file in pool)


class Pool:
    """`pairs` of a folder, sharp and poor, uint8 [pairs, height, width, 3] each: in a GPU's memory where they fill no more than half of what is free, else on disk.

    Of a pool that rented.py is filling these are the ones that have been made; `follow` takes in what came since. Raises ValueError where nothing comes.
    """

    def __init__(self, folder: Path, device: str):
        self.files = tuple(torch.from_numpy(np.load(folder / f"{name}.npy", mmap_mode="c")) for name in ("sharp", "poor"))
        fits = torch.device(device).type == "cuda" and sum(file.nbytes for file in self.files) < torch.cuda.mem_get_info()[0] / 2
        self.counts = np.load(folder / MADE, mmap_mode="r") if (folder / MADE).exists() else None
        if self.counts is None:
            self.pairs = tuple(file.to(device) for file in self.files) if fits else self.files
            return
        self.kept = tuple(torch.empty_like(file, device=device) for file in self.files) if fits else self.files
        self.made = 0
        for _ in range(PATIENCE):
            self.follow()
            if self.made >= ENOUGH:
                return
            time.sleep(1)
        raise ValueError(f"{folder}: expected {ENOUGH} pairs after {PATIENCE} seconds, got {self.made}. Is rented.py running?")

    def follow(self) -> None:
        """Takes in the pairs that were made since, in place of the oldest."""
        if self.counts is None:
            return
        made, room = int(self.counts.min()) * len(self.counts), len(self.files[0])
        rows = torch.arange(max(self.made, made - room), made) % room
        if self.kept is not self.files and len(rows):
            for kept, file in zip(self.kept, self.files, strict=True):
                kept[rows.to(kept.device)] = file[rows].to(kept.device)
        self.made = made
        self.pairs = tuple(kept[: min(made, room)] for kept in self.kept)


def sheet_of(rows: Iterable[Iterable[Tensor]], path: Path) -> None:
    """Writes pictures [1, 3, h, w] in 0..1 of equal size as rows and columns of one file."""
    picture = torch.cat([torch.cat([p[0].cpu().float() for p in row], dim=2) for row in rows], dim=1)
    Image.fromarray((picture.clamp(0, 1).permute(1, 2, 0) * 255).round().byte().numpy()).save(path)


def append(path: Path, row: dict) -> None:
    """Adds a row to a CSV file, with a header where the file is new."""
    fresh = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row.keys())
        if fresh:
            writer.writeheader()
        writer.writerow(row)


def draw_curves(log: Path, path: Path, width: int = 900, height: int = 160) -> None:
    """Each column of a CSV log of losses as one curve over the steps, from its least to its greatest value."""
    with log.open(newline="") as file:
        rows = list(csv.DictReader(file))
    names = [n for n in rows[0] if n not in ("step", "minutes", "side", "rate") and len({row[n] for row in rows}) > 1]
    chart = Image.new("RGB", (width, height * max(1, len(names))), "white")
    draw = ImageDraw.Draw(chart)
    for index, name in enumerate(names):
        values = [float(row[name]) for row in rows]
        low, high, top = min(values), max(values), index * height
        points = [
            (8 + (width - 16) * i / max(1, len(values) - 1), top + 24 + (height - 32) * (1 - (v - low) / (high - low)))
            for i, v in enumerate(values)
        ]
        draw.line(points, fill="#1f5fbf", width=2)
        draw.text((8, top + 6), f"{name}: {low:.4g} to {high:.4g}, last {values[-1]:.4g}, {rows[-1]['step']} steps", fill="black")
    chart.save(path)


def save(state: dict, path: Path) -> None:
    """Writes the checkpoint beside its place, then renames it: a reader never sees half of one."""
    torch.save(state, path.with_suffix(".new"))
    os.replace(path.with_suffix(".new"), path)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options that `run` reads."""
    here = Path(__file__).resolve().parent
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--size", choices=("nano", "full"), default="nano", help="which of configs/")
    parser.add_argument("--out", type=Path, default=here / "runs")
    parser.add_argument("--steps", type=int, default=12000)
    parser.add_argument("--minutes", type=float, help="follow the clock instead of the steps")
    parser.add_argument("--resume", action="store_true", help="go on from checkpoint.pt in the out folder")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--validate-every", type=int, default=500, help="steps; 0 writes checkpoints alone")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--bf16", action="store_true", help="the networks in bfloat16, where the stage can; twice as fast on CPUs that have it")
    parser.add_argument("--compile", action="store_true", help="the networks through PyTorch's compiler, where the stage can; for GPUs")
    parser.add_argument("--replay", action="store_true", help="each step as one CUDA graph, where the stage can")
    parser.add_argument("--crops", type=int, nargs=2, metavar=("SIDE", "COUNT"), help="one size and number of crops from beginning to end")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")


def take_up(part: nn.Module | torch.optim.Optimizer, state: dict) -> None:
    """Loads what a checkpoint has of a part; where and how an optimiser keeps its rates is not the checkpoint's to say."""
    own = [{name: group[name] for name in ("lr", "capturable") if name in group} for group in getattr(part, "param_groups", ())]
    part.load_state_dict(state)
    for group, kept in zip(getattr(part, "param_groups", ()), own, strict=True):
        group.update(kept)


class Clock:
    """Where a run stands: steps, seconds of training, and the state of all randomness."""

    def __init__(self, seed: int):
        self.rng = np.random.default_rng(seed)
        self.seconds = 0.0

    def state(self, stage: Stage, config: dict) -> dict:
        """A whole checkpoint."""
        return {
            "config": config,
            **{name: part.state_dict() for name, part in stage.parts().items()},
            "rng": self.rng.bit_generator.state,
            "torch_rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
            "step": stage.step,
            "seconds": self.seconds,
        }

    def restore(self, stage: Stage, config: dict, state: dict) -> None:
        """Goes on where a checkpoint was taken, with the scale of its latents."""
        scale = config["vae"]["scaling_factor"] = state["config"]["vae"]["scaling_factor"]
        for name, part in stage.parts().items():
            take_up(part, state[name])
            if isinstance(part, Restoration):
                part.scale = scale
        self.rng.bit_generator.state = state["rng"]
        torch.set_rng_state(state["torch_rng"])
        if torch.cuda.is_available():
            torch.cuda.set_rng_state_all(state["cuda_rng"])
        stage.step, self.seconds = state["step"], state["seconds"]


def run(stage: Stage, config: dict, options: argparse.Namespace) -> None:
    """Trains until the steps or minutes are over.

    Writes to the out folder: checkpoint.pt (everything needed to go on), log.csv with curves.png, validation.csv, samples.png.
    """
    torch.set_num_threads(options.threads)
    torch.backends.cudnn.benchmark = torch.backends.cuda.matmul.allow_tf32 = True
    crops = ((0.0, *options.crops),) if options.crops else stage.crops
    options.out.mkdir(parents=True, exist_ok=True)
    checkpoint, log = options.out / "checkpoint.pt", options.out / "log.csv"
    clock = Clock(options.seed)
    if options.resume:
        clock.restore(stage, config, torch.load(checkpoint, map_location="cpu", weights_only=False))
    pool = Pool(options.pool, options.device)

    def report() -> None:
        save(clock.state(stage, config), checkpoint)
        if not options.validate_every:
            return
        held_out = (np.load(options.pool / f"validation_{name}.npy") for name in ("sharp", "poor"))
        place = {"step": stage.step, "minutes": round(clock.seconds / 60, 2)}
        result = {**place, **stage.validate(*held_out, options.out / "samples.png")}
        append(options.out / "validation.csv", result)
        if log.exists():
            draw_curves(log, options.out / "curves.png")
        print(result, flush=True)

    sums: dict[str, list[Tensor]] = {}
    before = time.monotonic()
    while True:
        progress = clock.seconds / 60 / options.minutes if options.minutes else stage.step / options.steps
        if progress >= 1:
            break
        side, count = [(s, n) for start, s, n in crops if progress >= start][-1]
        pairs = (part.to(options.device) for part in stage.draw(pool.pairs, count, side, clock.rng))
        for name, loss in stage.update(*pairs, progress).items():
            sums.setdefault(name, []).append(loss)
        stage.step += 1
        now = time.monotonic()
        clock.seconds, before = clock.seconds + now - before, now
        if stage.step % 100 == 0:
            row = {"step": stage.step, "minutes": round(clock.seconds / 60, 2), "side": side}
            append(log, row | {name: round(float(torch.stack(values).mean()), 5) for name, values in sorted(sums.items())})
            sums = {}
            pool.follow()
        if stage.step % (options.validate_every or SAVE_EVERY) == 0:
            report()
            before = time.monotonic()
    report()
