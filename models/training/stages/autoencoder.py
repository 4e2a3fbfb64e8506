"""The 16-channel autoencoder alone, on sharp pictures: reconstruction, structure, a weak prior, and a critic of fine texture.

No downloaded network is needed; `--perceptual FILE` adds a TorchScript network whose features should agree.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from losses import TextureCritic, charbonnier, critic_loss, deception_loss, fine_detail, structure
from loop import Stage, follow, learning_rate, rated, set_rate, sheet_of, to_tensor
from metrics import psnr_y, ssim_y
from restoration import Restoration, one_setting

AVERAGE = 0.985
STRUCTURE, PRIOR, CRITIC, PERCEPTUAL = 0.5, 1e-6, 0.02, 0.1
CRITIC_FROM = 0.5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this stage reads."""
    parser.add_argument("--perceptual", type=Path, help="TorchScript: pictures [n, 3, h, w] in 0..1 to features of any shape")


def prior(mean: Tensor, log_variance: Tensor) -> Tensor:
    """Kullback-Leibler divergence of the posterior from a standard normal, in nats per latent value (Kingma and Welling 2014)."""
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).mean()


class AutoencoderStage(Stage):
    """The autoencoder inside a whole restoration, so that its checkpoint begins the next stage."""

    def __init__(self, config: dict, options: argparse.Namespace):
        self.peak = config["training"]["rates"]["vae"]
        config.update(one_setting(config))
        self.model = Restoration(config).to(options.device, memory_format=torch.channels_last)
        self.average = Restoration(config).to(options.device, memory_format=torch.channels_last).requires_grad_(False)
        self.average.load_state_dict(self.model.state_dict())
        self.critic = TextureCritic().to(options.device)
        self.optimiser = torch.optim.AdamW(rated(self.model.vae.parameters()), lr=self.peak, betas=(0.9, 0.99), weight_decay=0.01)
        self.critic_optimiser = torch.optim.AdamW(self.critic.parameters(), lr=2e-4, betas=(0.5, 0.99))
        self.perceptual = options.perceptual and torch.jit.load(str(options.perceptual), map_location=options.device).eval()

    def parts(self) -> dict:
        names = ("model", "average", "critic", "optimiser", "critic_optimiser")
        return {name: getattr(self, name) for name in names}

    def update(self, sharp: Tensor, poor: Tensor, progress: float) -> dict[str, Tensor]:
        set_rate(self.optimiser, learning_rate(self.step, progress, self.peak))
        vae = self.model.vae
        mean, log_variance = vae.posterior(2 * sharp - 1)
        z = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
        y = (vae.decode(z) + 1) / 2
        losses = {"charbonnier": charbonnier(y, sharp), "structure": structure(y, sharp), "prior": prior(mean, log_variance)}
        total = losses["charbonnier"] + STRUCTURE * losses["structure"] + PRIOR * losses["prior"]
        losses |= dict.fromkeys(("critic", "texture"), torch.zeros((), device=sharp.device))
        if progress >= CRITIC_FROM:
            real, seen = fine_detail(sharp), fine_detail(y)
            losses["critic"] = critic_loss(self.critic(real), self.critic(seen.detach()))
            self.critic_optimiser.zero_grad(set_to_none=True)
            losses["critic"].backward()
            self.critic_optimiser.step()
            losses["texture"] = deception_loss(self.critic(real), self.critic(seen))
            total = total + CRITIC * losses["texture"]
        if self.perceptual:
            losses["perceptual"] = (self.perceptual(y) - self.perceptual(sharp)).abs().mean()
            total = total + PERCEPTUAL * losses["perceptual"]
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(vae.parameters(), 0.5)
        self.optimiser.step()
        follow(self.average.vae.parameters(), vae.parameters(), self.step + 1, AVERAGE)
        return {name: loss.detach() for name, loss in losses.items()}

    @torch.no_grad()
    def validate(self, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
        device = next(self.average.parameters()).device
        rows, measures = [], []
        for picture in sharp:
            target = to_tensor(picture[None])
            y = self.average.reconstruct(target.to(device)).clamp(0, 1).cpu()
            measures.append((psnr_y(y, target), ssim_y(y, target)))
            rows.append([p[..., 96:288, :] for p in (y, target)])
        sheet_of(rows[::2], sheet)
        return dict(zip(("psnr", "ssim"), np.mean(measures, axis=0).round(4).tolist(), strict=True))
