"""The forward process that the base model learns to undo, and the ways to read its predictions."""

import torch
from torch import Tensor


class Schedule:
    """Stable Diffusion's noise schedule: z_t = signal(t) z + noise(t) e, with betas linear in their square roots.

    Ho et al. 2020, equation 4; constants of Rombach et al. 2022. t counts 0..steps-1.
    """

    def __init__(self, steps: int = 1000, first: float = 0.00085, last: float = 0.012):
        betas = torch.linspace(first**0.5, last**0.5, steps, dtype=torch.float64) ** 2
        kept = torch.cumprod(1 - betas, 0)
        self.steps = steps
        self.signal = kept.sqrt().float()
        self.noise = (1 - kept).sqrt().float()

    def at(self, t: Tensor) -> tuple[Tensor, Tensor]:
        """signal and noise of timesteps [n], each [n, 1, 1, 1] on t's device."""
        return tuple(values.to(t.device)[t][:, None, None, None] for values in (self.signal, self.noise))

    def diffuse(self, z: Tensor, noise: Tensor, t: Tensor) -> Tensor:
        """z_t of latents z [n, c, h, w] and standard normal noise of the same shape, at timesteps t [n]."""
        signal, level = self.at(t)
        return signal * z + level * noise

    def clean(self, z_t: Tensor, e: Tensor, t: Tensor) -> Tensor:
        """The latent that a predicted noise e implies: (z_t - noise(t) e) / signal(t)."""
        signal, level = self.at(t)
        return (z_t - level * e) / signal

    def draw(self, count: int, low: float = 0.02, high: float = 0.98) -> Tensor:
        """Random timesteps [count] from a part of the schedule; a score learns nothing at its ends."""
        return torch.randint(round(low * self.steps), round(high * self.steps), (count,))


def denoising(e: Tensor, noise: Tensor) -> Tensor:
    """Mean squared error of the predicted noise (Ho et al. 2020, equation 14)."""
    return (e - noise).square().mean()
