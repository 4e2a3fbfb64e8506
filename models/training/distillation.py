"""Losses that teach a one-step restorer from score networks: VSD, SiD, CiD and CiDA (GenDR, arXiv 2503.06790, section 3).

Both score networks see z_t, the diffused output z_g of the restorer, and are read as the clean latents that they
predict, [n, c, h, w]: `real` by the network of good pictures, `fake` by the network of the restorer's own pictures.
z_h is the latent of the true picture. A score is (signal z - z_t) / noise^2, so differences of scores are differences
of clean latents up to a factor, which `balance` chooses.
"""

import torch.nn.functional as F
from torch import Tensor


def balance(z: Tensor, real: Tensor) -> Tensor:
    """1 / mean |z - real| of each item, [n, 1, 1, 1], constant: timesteps then count alike (Yin et al. 2024, equation 8)."""
    return 1 / (z - real).detach().abs().mean((1, 2, 3), keepdim=True).clamp(min=1e-4)


def vsd(z_g: Tensor, real: Tensor, fake: Tensor) -> Tensor:
    """Variational score distillation (Wang et al. 2023, ProlificDreamer, equation 9).

    Its gradient by z_g is balance * (fake - real) / numel, the scores themselves being constants.
    """
    pull = (balance(z_g, real) * (fake - real)).detach()
    return (pull * z_g).mean()


def score_gap(real: Tensor, fake: Tensor) -> Tensor:
    """L1 of score identity distillation: |real - fake|^2 for each item, [n, 1, 1, 1] (Zhou et al. 2024, section 3)."""
    return (real - fake).square().mean((1, 2, 3), keepdim=True)


def score_identity(real: Tensor, fake: Tensor, z_g: Tensor) -> Tensor:
    """L2: <real - fake, real - z_g> for each item. One fake score of L1 is replaced by what it is in the mean, the score of the
    diffusion from z_g (Zhou et al. 2024, section 3)."""
    return ((real - fake) * (real - z_g)).mean((1, 2, 3), keepdim=True)


def consistent_identity(real: Tensor, fake: Tensor, z_h: Tensor) -> Tensor:
    """L3: <real - fake, z_h - fake> for each item. Here one real score of L1 is replaced by the true latent that goes with the
    input, of which a restorer, unlike a generator, has one (GenDR, section 3.3; the form is derived from its description)."""
    return ((real - fake) * (z_h - fake)).mean((1, 2, 3), keepdim=True)


def sid(z_g: Tensor, real: Tensor, fake: Tensor, xi: float = 1.0) -> Tensor:
    """Score identity distillation, L2 - xi L1; gradients also flow through both score networks (Zhou et al. 2024)."""
    return (balance(z_g, real) * (score_identity(real, fake, z_g) - xi * score_gap(real, fake))).mean()


def cid(z_h: Tensor, z_g: Tensor, real: Tensor, fake: Tensor, xi: float = 0.5) -> Tensor:
    """Consistent score identity distillation, L3 - xi L1 (GenDR, section 3.3); for xi < 1 bounded below in the fake score, not in the real one."""
    return (balance(z_g, real) * (consistent_identity(real, fake, z_h) - xi * score_gap(real, fake))).mean()


def discriminate(kept: Tensor, restored: Tensor) -> Tensor:
    """What the adversarial head minimises: softplus(-D(true)) + softplus(D(restored)) (Goodfellow et al. 2014); any shapes."""
    return F.softplus(-kept).mean() + F.softplus(restored).mean()


def deceive(restored: Tensor) -> Tensor:
    """What the restorer minimises against it: softplus(-D(restored)), the non-saturating form."""
    return F.softplus(-restored).mean()


def cida(identity: Tensor, adversarial: Tensor, alignment: Tensor, weights: tuple[float, float, float]) -> Tensor:
    """lambda1 CiD + lambda2 adversarial + lambda3 REPA (GenDR, section 3.4)."""
    return weights[0] * identity + weights[1] * adversarial + weights[2] * alignment
