"""What training minimises."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metrics import luma


def charbonnier(y: Tensor, target: Tensor, eps: float = 1e-3) -> Tensor:
    """Mean of sqrt(d^2 + eps^2), a smooth L1 (Charbonnier et al. 1994); both in 0..1."""
    return ((y - target).square() + eps * eps).sqrt().mean()


def structure(y: Tensor, target: Tensor) -> Tensor:
    """1 - SSIM of the luma, averaged (Wang et al. 2004), over flat windows of 5 every 2 pixels; [n, 3, h, w] in 0..1."""
    a, b = luma(y) / 255, luma(target) / 255
    mean = lambda t: F.avg_pool2d(t, 5, 2)
    ma, mb = mean(a), mean(b)
    va, vb, ab = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = 0.01**2, 0.03**2
    return 1 - ((2 * ma * mb + c1) * (2 * ab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean()


def coarse(y: Tensor, target: Tensor) -> Tensor:
    """Charbonnier at a quarter of the size: tones of things larger than fine detail, which sharpening would overdo."""
    return charbonnier(F.avg_pool2d(y, 4), F.avg_pool2d(target, 4))


def chroma(y: Tensor, target: Tensor) -> Tensor:
    """Charbonnier of R - G and B - G at a quarter of the size: small coloured things keep their colour; both in 0..1."""
    small = lambda t: F.avg_pool2d(t[:, ::2] - t[:, 1:2], 4)
    return charbonnier(small(y), small(target))


def log_error(y: Tensor, target: Tensor, floor: float = 1e-5) -> Tensor:
    """Mean of ln(MSE + floor) of each picture's luma in 0..1: PSNR up to a factor, so that easy pictures count like difficult ones."""
    return ((luma(y) - luma(target)).div(255).square().mean((1, 2, 3)) + floor).log().mean()


def energy(y: Tensor, target: Tensor) -> Tensor:
    """How far the local strength of the luma's fine detail is from the target's, whatever the detail itself.

    Mean absolute difference of the logarithms of the deviation in windows of 8, at full and at half size: 0.1 is a
    tenth too strong or too weak. Pixel losses alone leave uncertain texture too weak. [n, 3, h, w] in 0..1.
    """
    a, b = luma(y) / 255, luma(target) / 255
    total = y.new_zeros(())
    for _ in range(2):
        strength = lambda t: 0.5 * (F.avg_pool2d((t - F.avg_pool2d(t, 5, 1, 2)).square(), 8, 4) + 255**-2).log()
        total = total + (strength(a) - strength(b)).abs().mean() / 2
        a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
    return total


def grid(y: Tensor, target: Tensor, period: int = 8) -> Tensor:
    """How much more uneven than the target's the steps between neighbours are over their place in a latent's cell of `period` pixels.

    Mean absolute difference of the profiles [period] of the luma's mean absolute step, each over its own mean, on both axes: 0.1 is a
    tenth too strong at some places. [n, 3, h, w] in 0..1, sides multiples of the period.
    """
    total = y.new_zeros(())
    for axis in (2, 3):
        profile = lambda t: luma(t).diff(dim=axis).abs().mean((0, 1, 5 - axis))[period - 1 :].reshape(-1, period).mean(0)
        a, b = profile(y), profile(target)
        total = total + (a / a.mean() - b / b.mean()).abs().mean() / 2
    return total


def fine_detail(x: Tensor) -> Tensor:
    """What the critic sees of [n, 3, h, w] in 0..1: the luma minus its local mean, over its local deviation and as it is.

    So neither colour nor contrast tells real from restored, but the structure of the detail. Returns [n, 2, h, w].
    """
    grey = luma(x) / 255
    smooth = lambda t: F.avg_pool2d(t, 7, 1, 3, count_include_pad=False)
    fine = grey - smooth(grey)
    deviation = (smooth(fine.square()) + 1e-6).sqrt()
    return torch.cat([fine / (deviation + 2 / 255), 8 * fine], dim=1)


class TextureCritic(nn.Sequential):
    """A small patch discriminator (Isola et al. 2017): fine detail [n, 2, h, w] to [n, 1, h/4, w/4], high where it seems real."""

    def __init__(self, width: int = 32):
        spectral = nn.utils.parametrizations.spectral_norm
        super().__init__(
            spectral(nn.Conv2d(2, width, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            spectral(nn.Conv2d(width, 2 * width, 4, 2, 1)),
            nn.LeakyReLU(0.2),
            spectral(nn.Conv2d(2 * width, 2 * width, 3, 1, 1)),
            nn.LeakyReLU(0.2),
            spectral(nn.Conv2d(2 * width, 1, 3, 1, 1)),
        )


def critic_loss(real: Tensor, restored: Tensor) -> Tensor:
    """Relativistic average hinge loss of the critic (Jolicoeur-Martineau 2018)."""
    return (F.relu(1 - (real - restored.mean())).mean() + F.relu(1 + (restored - real.mean())).mean()) / 2


def deception_loss(real: Tensor, restored: Tensor) -> Tensor:
    """The same from the restorer's side."""
    return (F.relu(1 + (real - restored.mean())).mean() + F.relu(1 - (restored - real.mean())).mean()) / 2
