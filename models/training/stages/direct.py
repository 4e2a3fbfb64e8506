"""Autoencoder and one-step network together, end to end through the colour transfer: how the shipped gendr-nano was made.

First fidelity (Charbonnier, structure, coarse tones and chroma), then, from `--texture-from` of the run, also a mild critic of
fine texture and the strength of fine detail.
"""

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from degradation import to_bytes
from losses import TextureCritic, charbonnier, chroma, coarse, critic_loss, deception_loss, energy, fine_detail, structure
from loop import Stage, follow, learning_rate, set_rate, sheet_of, to_tensor
from metrics import psnr_y, ssim_y
from niqe import PRISTINE, niqe
from restoration import Restoration

AVERAGE = 0.985


@dataclass
class Weights:
    """How much each term counts: structure, chroma, coarse and reconstruction beside the pixel term; texture and energy as shares of the
    gradient that these together send into the restored picture (after Esser et al. 2021, equation 7)."""

    structure: float = 1.0
    chroma: float = 2.0
    coarse: float = 1.0
    reconstruction: float = 0.02
    texture: float = 0.05
    energy: float = 0.05


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this stage reads."""
    parser.add_argument("--begin-from", type=Path, help="checkpoint of another run, whose averaged weights are the beginning")
    parser.add_argument("--texture", type=float, default=Weights.texture, help="weight of the critic's term")
    parser.add_argument("--energy", type=float, default=Weights.energy, help="weight of the term on the strength of detail")
    parser.add_argument("--texture-from", type=float, default=0.82, help="share of the run after which the critic joins")


class Direct(Stage):
    """All networks and optimisers of the stage."""

    def __init__(self, config: dict, options: argparse.Namespace):
        self.peak = config["training"]["rates"]["direct"]
        self.weights = Weights(texture=options.texture, energy=options.energy)
        self.texture_from = options.texture_from
        self.model = Restoration(config).to(options.device, memory_format=torch.channels_last)
        calm(self.model)
        self.average = Restoration(config).to(options.device, memory_format=torch.channels_last).requires_grad_(False)
        self.average.load_state_dict(self.model.state_dict())
        self.critic = TextureCritic().to(options.device)
        self.optimiser = torch.optim.AdamW(self.model.parameters(), lr=self.peak, betas=(0.9, 0.99), weight_decay=0.01, fused=True)
        self.critic_optimiser = torch.optim.AdamW(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.99), fused=True)
        if options.begin_from:
            state = torch.load(options.begin_from, map_location="cpu", weights_only=False)
            for network in (self.model, self.average):
                network.load_state_dict(state["average"])

    def parts(self) -> dict:
        names = ("model", "average", "critic", "optimiser", "critic_optimiser")
        return {name: getattr(self, name) for name in names}

    def update(self, sharp: Tensor, poor: Tensor, progress: float) -> dict[str, float]:
        set_rate(self.optimiser, learning_rate(self.step, progress, self.peak))
        restored, reconstructed = self.model.both(poor, sharp[:1])
        seen = restored.detach().requires_grad_()
        losses = {term.__name__: term(seen, sharp) for term in (charbonnier, structure, chroma, coarse)}
        fidelity = losses["charbonnier"] + sum(getattr(self.weights, n) * losses[n] for n in ("structure", "chroma", "coarse"))
        (pull,) = torch.autograd.grad(fidelity, seen)
        losses |= dict.fromkeys(("critic", "texture", "energy"), torch.zeros(()))
        if progress >= self.texture_from:
            pull = pull + self.push(losses, seen, sharp, pull.norm())
        losses["reconstruction"] = charbonnier(reconstructed, sharp[:1])
        self.optimiser.zero_grad(set_to_none=True)
        torch.autograd.backward([restored, self.weights.reconstruction * losses["reconstruction"]], [pull, None])
        losses["gradient"] = torch.nn.utils.clip_grad_norm_(self.model.parameters(), 0.5)
        self.optimiser.step()
        follow(self.average.parameters(), self.model.parameters(), self.step + 1, AVERAGE)
        return {name: float(loss.detach()) for name, loss in losses.items()}

    def push(self, losses: dict[str, Tensor], seen: Tensor, sharp: Tensor, strength: Tensor) -> Tensor:
        """The gradient of critic and energy into the restored picture, each a share of `strength`; notes their losses."""
        real, restored_detail = fine_detail(sharp), fine_detail(seen)
        losses["critic"] = self.judge(real, restored_detail.detach())
        self.critic.requires_grad_(False)
        losses["texture"] = deception_loss(self.critic(real), self.critic(restored_detail))
        self.critic.requires_grad_(True)
        losses["energy"] = energy(seen, sharp)
        total = torch.zeros_like(seen)
        for name in ("texture", "energy"):
            (push,) = torch.autograd.grad(losses[name], seen)
            total = total + getattr(self.weights, name) * strength / push.norm().clamp(min=1e-12) * push
        return total

    def judge(self, real: Tensor, restored: Tensor) -> Tensor:
        """One step of the critic on fine detail; returns its loss."""
        loss = critic_loss(self.critic(real), self.critic(restored))
        self.critic_optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.critic_optimiser.step()
        return loss

    def validate(self, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
        return validate(self.average, sharp, poor, sheet)


def calm(model: Restoration) -> None:
    """Small last layers in all residual paths, so that the network begins as nearly its shortcuts alone."""
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith(("conv2.weight", "proj_out.weight", "unet.conv_out.weight")):
                parameter.mul_(0.2)


@torch.no_grad()
def validate(model: Restoration, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
    """Mean measures of a restorer on the validation pairs, and a sheet of poor, restored and sharp crops."""
    pristine = json.loads(PRISTINE.read_text())
    device = next(model.parameters()).device
    rows, measures = [], []
    for target, given in zip(sharp, poor, strict=True):
        target, given = to_tensor(target[None]), to_tensor(given[None])
        restored = model.restore(given.to(device)).cpu()
        measures.append(
            [f(y, target) for y in (restored, given) for f in (psnr_y, ssim_y)] + [niqe(to_bytes(y), pristine) for y in (restored, given)]
        )
        rows.append([picture[..., 96:288, :] for picture in (given, restored, target)])
    sheet_of(rows[::2], sheet)
    names = ("psnr", "ssim", "psnr_bicubic", "ssim_bicubic", "niqe", "niqe_bicubic")
    return dict(zip(names, np.mean(measures, axis=0).round(4).tolist(), strict=True))
