"""Autoencoder and one-step network together, end to end through the transfer: how the shipped gendr-nano was made.

One network in two settings: half of each batch is asked to be faithful (Charbonnier, structure, chroma, coarse tones and the logarithm of the error alone),
half to be detailed: from `--texture-from` of the run, also a critic of fine texture and the strength of fine detail.
With `--lessons` there is no critic: a third of each batch are detailed lessons of a trained network (lessons.py), and all else is faithful.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from degradation import to_bytes
from grain import without_gate
from losses import TextureCritic, charbonnier, chroma, coarse, critic_loss, deception_loss, energy, fine_detail, grid, log_error, structure
from loop import Pool, Stage, batch, follow, learning_rate, rated, set_rate, sheet_of, to_tensor
from metrics import psnr_y, ssim_y
from muon import Muon
from niqe import PRISTINE, niqe
from replay import Replayed, replayable
from restoration import Restoration
from settings import sample, tell_apart

AVERAGE, GRID_NOISE = 0.99, 0.03
CONSTANT, CONSTANT_SHARE = ("time_emb", "attn2.to_v", "prompt"), 0.02
GATES, GATES_FROM = "gates.", 0.1
ADAM_SHARE = 0.2
FIDELITY = (structure, chroma, coarse, log_error)
PUSHES = ("texture", "energy")


@dataclass
class Weights:
    """How much each term counts: structure, chroma, coarse, log_error and reconstruction beside the pixel term; texture and energy as shares of the
    gradient that these together send into the restored picture (after Esser et al. 2021, equation 7)."""

    structure: float = 2.5
    chroma: float = 2.0
    coarse: float = 1.0
    log_error: float = 0.05
    reconstruction: float = 0.05
    texture: float = 0.25
    energy: float = 0.15
    grid: float = 0.15


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this stage reads."""
    parser.add_argument("--begin-from", type=Path, help="checkpoint of another run, whose averaged weights are the beginning")
    parser.add_argument("--lessons", type=Path, help="the pool that lessons.py made, to learn detail from instead of from a critic")
    parser.add_argument("--texture", type=float, default=Weights.texture, help="weight of the critic's term")
    parser.add_argument("--energy", type=float, default=Weights.energy, help="weight of the term on the strength of detail")
    parser.add_argument("--rate", type=float, help="peak of the learning rate instead of the configuration's")
    parser.add_argument("--texture-from", type=float, default=0.1, help="share of the run after which the critic joins")


class Direct(Stage):
    """All networks and optimisers of the stage."""

    crops = ((0.0, 128, 9), (0.75, 192, 4))

    def __init__(self, config: dict, options: argparse.Namespace):
        self.peak = options.rate or config["training"]["rates"]["direct"]
        self.weights = Weights(texture=options.texture, energy=options.energy)
        self.texture_from = options.texture_from
        self.lessons = Pool(options.lessons, options.device).pairs if options.lessons else None
        self.device, self.is_bf16 = torch.device(options.device).type, options.bf16
        self.model, self.critic = Restoration(config), TextureCritic()
        if options.begin_from:
            state = torch.load(options.begin_from, map_location="cpu", weights_only=False)
            config["vae"]["scaling_factor"] = self.model.scale = state["config"]["vae"]["scaling_factor"]
            self.model.load_state_dict(without_gate(state["average"]))
            if "critic" in state:
                self.critic.load_state_dict(state["critic"])
        else:
            calm(self.model)
            tell_apart(self.model, sample(options.pool))
        self.model.to(options.device, memory_format=torch.channels_last)
        self.critic.to(options.device)
        self.both, self.energy, self.grid = self.model.both, energy, grid
        self.average = Restoration(config).to(options.device, memory_format=torch.channels_last).requires_grad_(False)
        self.average.load_state_dict(self.model.state_dict())
        hidden, others = self.rates(0.0 if options.begin_from else GATES_FROM)
        self.muon = Muon(hidden, lr=self.peak)
        self.optimiser = torch.optim.AdamW(others, lr=self.peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        self.critic_optimiser = torch.optim.AdamW(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.99), fused=True)
        if options.compile:
            self.both, self.fidelity, self.energy, self.grid = map(torch.compile, (self.both, self.fidelity, self.energy, self.grid))
        if options.replay:
            self.advance = Replayed(self.advance)
            for optimiser in (self.muon, self.optimiser, self.critic_optimiser):
                replayable(optimiser, options.device)

    def rates(self, gates_from: float) -> tuple[list[nn.Parameter], list[dict]]:
        """The kernels and matrices, and groups of all others: vectors, the gates, which join later, and what depends on the setting alone.

        Gates that learn from the first step let the input through, and a network that is not asked for anything learns nothing. What depends on the
        setting alone learns slower: hundreds of its weights see the same input in every step and move together, until the offsets
        that they add to the UNet's features outweigh all that the picture puts there, and the norms behind them leave nothing of it."""
        hidden, others, gates, constant = [], [], [], []
        for name, parameter in self.model.named_parameters():
            if name.startswith(GATES):
                gates.append(parameter)
            elif any(part in name for part in CONSTANT):
                constant.append(parameter)
            elif parameter.dim() == 1:
                others.append(parameter)
            else:
                hidden.append(parameter)
        return hidden, rated(others) + rated(gates, joins=gates_from) + rated(constant, CONSTANT_SHARE)

    def parts(self) -> dict:
        names = ("model", "average", "critic", "muon", "optimiser", "critic_optimiser")
        return {name: getattr(self, name) for name in names}

    def detailed(self, count: int) -> int:
        """How many of so many pictures are detailed; they are the last."""
        return count // 3 if self.lessons else count - count // 2

    def draw(self, pool: tuple[Tensor, Tensor], count: int, side: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        if not self.lessons:
            return super().draw(pool, count, side, rng)
        taught = self.detailed(count)
        batches = batch(pool, count - taught, side, rng), batch(self.lessons, taught, side, rng)
        return tuple(torch.cat(pictures) for pictures in zip(*batches, strict=True))

    def update(self, sharp: Tensor, poor: Tensor, progress: float) -> dict[str, Tensor]:
        set_rate(self.muon, learning_rate(self.step, progress, self.peak))
        set_rate(self.optimiser, ADAM_SHARE * learning_rate(self.step, progress, self.peak), progress)
        losses = self.advance(sharp, poor, is_textured=progress >= self.texture_from and not self.lessons)
        follow(self.average.parameters(), self.model.parameters(), self.step + 1, AVERAGE)
        return losses

    def advance(self, sharp: Tensor, poor: Tensor, is_textured: bool) -> dict[str, Tensor]:
        """One step of all optimisers at their present rates; returns its losses."""
        faithful = len(poor) - self.detailed(len(poor))
        setting = torch.arange(len(poor), device=poor.device).ge(faithful).long()
        with self.precision():
            restored, reconstructed = self.both(poor, sharp[:1], setting)
        seen = restored.detach().requires_grad_()
        fidelity, losses = self.fidelity(seen, sharp)
        (pull,) = torch.autograd.grad(fidelity, seen)
        pull = pull + self.level(losses, restored.detach().requires_grad_(), sharp, pull.norm())
        losses |= dict.fromkeys(("critic", *PUSHES), torch.zeros((), device=poor.device))
        if is_textured:
            detailed = seen.detach()[faithful:].requires_grad_()
            pull[faithful:] += self.push(losses, detailed, sharp[faithful:], pull[faithful:].norm())
        losses["reconstruction"] = charbonnier(reconstructed, sharp[:1])
        self.model.zero_grad(set_to_none=True)
        torch.autograd.backward([restored, self.weights.reconstruction * losses["reconstruction"]], [pull, None])
        losses["gradient"] = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.muon.step()
        self.optimiser.step()
        return {name: loss.detach() for name, loss in losses.items()}

    def precision(self) -> torch.autocast:
        """bf16 where the networks are asked for it; losses stay in float32."""
        return torch.autocast(self.device, torch.bfloat16, enabled=self.is_bf16)

    def fidelity(self, seen: Tensor, sharp: Tensor) -> tuple[Tensor, dict[str, Tensor]]:
        """What both settings are asked for, and its terms by name."""
        losses = {term.__name__: term(seen, sharp) for term in (charbonnier, *FIDELITY)}
        return losses["charbonnier"] + sum(getattr(self.weights, term.__name__) * losses[term.__name__] for term in FIDELITY), losses

    def push(self, losses: dict[str, Tensor], seen: Tensor, sharp: Tensor, strength: Tensor) -> Tensor:
        """The gradient of critic and energy into the restored picture, rounded as in a file, each a share of `strength`; notes their losses."""
        shown = as_saved(seen)
        real, restored_detail = fine_detail(sharp), fine_detail(shown)
        losses["critic"] = self.judge(real, restored_detail.detach())
        self.critic.requires_grad_(False)
        losses["texture"] = deception_loss(self.critic(real), self.critic(restored_detail))
        self.critic.requires_grad_(True)
        losses["energy"] = self.energy(shown, sharp)
        total = torch.zeros_like(seen)
        for name in PUSHES:
            (push,) = torch.autograd.grad(losses[name], seen)
            total = total + getattr(self.weights, name) * strength / push.norm().clamp(min=1e-12) * push
        return total

    def level(self, losses: dict[str, Tensor], seen: Tensor, sharp: Tensor, strength: Tensor) -> Tensor:
        """The gradient against a grid of the latent's cells, a share of `strength` that fades below the noise of a batch."""
        losses["grid"] = self.grid(seen, sharp)
        (push,) = torch.autograd.grad(losses["grid"], seen)
        share = self.weights.grid * (losses["grid"].detach() / GRID_NOISE).clamp(max=1)
        return share * strength / push.norm().clamp(min=1e-12) * push

    def judge(self, real: Tensor, restored: Tensor) -> Tensor:
        """One step of the critic on fine detail; returns its loss."""
        loss = critic_loss(self.critic(real), self.critic(restored))
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()
        return loss

    def validate(self, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
        return validate(self.average, sharp, poor, sheet)


def as_saved(x: Tensor) -> Tensor:
    """x in 0..1 rounded to 8 bits, with the gradient of x: what is fainter than a level counts as in a file."""
    return x + ((x.detach() * 255).round() / 255 - x.detach())


def calm(model: Restoration) -> None:
    """Small last layers in all residual paths, so that the network begins as nearly its shortcuts alone, and what becomes one square of pixels of one value."""
    area, last = model.vae.patch**2, model.vae.decoder.conv_out
    with torch.no_grad():
        for parameter in (last.weight, last.bias):
            parameter.copy_(parameter[::area].repeat_interleave(area, 0))
        for name, parameter in model.named_parameters():
            if name.endswith(("conv2.weight", "proj_out.weight", "unet.conv_out.weight")):
                parameter.mul_(0.2)


@torch.no_grad()
def validate(model: Restoration, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
    """Mean measures of a restorer in each setting on the validation pairs, and a sheet: poor, restored in each setting, and sharp."""
    pristine = json.loads(PRISTINE.read_text())
    device = next(model.parameters()).device
    names = ("bicubic", *model.settings)
    rows, measures = [], []
    for target, given in zip(sharp, poor, strict=True):
        target, given = to_tensor(target[None]), to_tensor(given[None])
        pictures = [given, *(model.restore(given.to(device), setting).cpu() for setting in range(len(model.settings)))]
        measures.append([(psnr_y(y, target), ssim_y(y, target), niqe(to_bytes(y), pristine)) for y in pictures])
        rows.append([picture[..., 96:288, :] for picture in (*pictures, target)])
    sheet_of(rows[::2], sheet)
    means = np.mean(measures, axis=0).round(4).tolist()
    return {f"{m}_{name}": value for name, row in zip(names, means, strict=True) for m, value in zip(("psnr", "ssim", "niqe"), row, strict=True)}
