"""Film grain: what of a photograph's faint texture nobody can restore, but everybody misses.

    y' = y + levels / 255 * sqrt(4 l (1 - l)) * noise,      l the luma of y

A restored surface is smoother than any photograph, and than 8 bits can show: skies get steps. The noise is a hash of the place, smoothed a
little: the same for every picture and every run, and it never repeats. Black and white stay as they are. The host adds the same (nodes/sdk/grain.ts).
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from metrics import gaussian_window
from transfer import LUMA

REACH, SIGMA = 2, 0.7
ACROSS, DOWN, BITS = 0x9E3779B9, 0x7FEB352D, 0xFFFFFFFF
BYTE = (256**2 - 1) / 12


def mixed(state: Tensor) -> Tensor:
    """MurmurHash3's finaliser of 32 bits (Appleby), in int64."""
    state = (state ^ (state >> 16)) * 0x85EBCA6B & BITS
    state = (state ^ (state >> 13)) * 0xC2B2AE35 & BITS
    return state ^ (state >> 16)


def noise(height: int, width: int, top: Tensor, left: Tensor) -> Tensor:
    """Noise of deviation one from the places (top, left) on, each [n]: [n, 1, height, width]."""
    place = lambda start, length: start[:, None] - REACH + torch.arange(length + 2 * REACH, device=start.device)
    rows, columns = place(top, height) * DOWN, place(left, width) * ACROSS
    hashes = mixed((rows[:, :, None] + columns[:, None, :]) & BITS)
    white = sum(((hashes >> shift) & 255) - 127.5 for shift in (0, 8, 16, 24))[:, None]
    window = gaussian_window(2 * REACH + 1, SIGMA).to(top.device)
    window = window / (4 * BYTE) ** 0.25 / window.square().sum().sqrt()
    return F.conv2d(F.conv2d(white, window.view(1, 1, 1, -1)), window.view(1, 1, -1, 1))


def grain(y: Tensor, levels: float | Tensor, top: int | Tensor = 0, left: int | Tensor = 0) -> Tensor:
    """y [n, 3, h, w] in 0..1 with grain of `levels` of 255 where it is of middle grey, one or [n]; (top, left) is its place in the noise, likewise."""
    each = lambda value: torch.as_tensor(value, device=y.device).reshape(-1)
    r, g, b = y.detach().clamp(0, 1).split(1, 1)
    light = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b
    strength = each(levels).view(-1, 1, 1, 1) / 255 * (4 * light * (1 - light)).clamp(min=0).sqrt()
    return y + strength * noise(y.shape[2], y.shape[3], each(top), each(left))
