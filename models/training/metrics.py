"""Measures of a restored picture against its original: PSNR-Y, SSIM-Y and the shift of the mean colour. NIQE: niqe.py."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def gaussian_window(size: int, sigma: float, device: torch.device | str = "cpu") -> Tensor:
    """A normalised Gaussian [size], made where it is used: a step that is recorded as a CUDA graph may not copy it there."""
    axis = torch.arange(size, dtype=torch.float32, device=device) - (size - 1) / 2
    window = torch.exp(-0.5 * (axis / sigma) ** 2)
    return window / window.sum()


def luma(x: Tensor) -> Tensor:
    """ITU-R BT.601 studio luma, 16..235, [n, 1, h, w], of RGB [n, 3, h, w] in 0..1."""
    r, g, b = x[:, 0:1], x[:, 1:2], x[:, 2:3]
    return 16 + 65.481 * r + 128.553 * g + 24.966 * b


def psnr_y(y: Tensor, target: Tensor) -> float:
    """Peak signal-to-noise ratio of the luma in dB, peak 255; [1, 3, h, w] in 0..1, no border left out."""
    error = (luma(y.double()) - luma(target.double())).square().mean().item()
    return 10 * math.log10(255**2 / max(error, 1e-10))


def ssim_y(y: Tensor, target: Tensor) -> float:
    """Structural similarity of the luma of pictures [1, 3, h, w] in 0..1."""
    return structural_similarity(luma(y.double()), luma(target.double())).item()


def structural_similarity(a: Tensor, b: Tensor) -> Tensor:
    """SSIM of planes [n, 1, h, w] (Wang et al. 2004): Gaussian 11x11, sigma 1.5, K 0.01 and 0.03, range 255, valid positions; []."""
    window = gaussian_window(11, 1.5).to(a.dtype)
    window = window / window.sum()
    mean = lambda t: F.conv2d(F.conv2d(t, window[None, None, :, None]), window[None, None, None, :])
    ma, mb = mean(a), mean(b)
    va, vb, ab = mean(a * a) - ma * ma, mean(b * b) - mb * mb, mean(a * b) - ma * mb
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return ((2 * ma * mb + c1) * (2 * ab + c2) / ((ma * ma + mb * mb + c1) * (va + vb + c2))).mean()


def colour_shift(y: Tensor, x: Tensor) -> float:
    """The largest difference, over R, G and B, of the mean of y and the mean of x, in units of 1/255."""
    return 255 * (y.double().mean((0, 2, 3)) - x.double().mean((0, 2, 3))).abs().max().item()
