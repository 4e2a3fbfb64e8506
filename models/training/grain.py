"""Film grain: what of a photograph's fine detail nobody can restore, but everybody misses.

    y' = y + g m sqrt(4 l (1 - l)) noise,      l the luma of y, g how much of it a setting gets

m is where fine detail is missing: where the luma bends little for its slope. Of each block of 8 x 8 pixels from the corner on, in every other row,

    s = mean(sqrt(|l(x+1) - l(x-1)| / 2 + |l(y+1) - l(y-1)| / 2))^2,   c = mean(sqrt(|l(x-1) - 2 l + l(x+1)| + |l(y-1) - 2 l + l(y+1)|))^2,
    d = sqrt(max(0, (SHARP s)^2 - c^2)),       of each block and its neighbours the least
    m = STRENGTH min(UNEVEN, d / (mean of d in AROUND blocks around + FAINT)) f,       at least LEAST, interpolated between the blocks' centres.

Of sharp photographs nine blocks in ten have c / s below SHARP, and half of them 1.6; restored ones about 1. So a restored meadow, which is smoother than any photograph of
one, gets visible grain, a sharp one little, and skin and skies only as much as keeps 8 bits from showing steps. A lone edge gets no more than what lies beside it.
How much detail is missing says where it is seen to be missing, not how much there was: contrasts that fog or harsh damage took are taken from d as well. So what counts is
its share of that around; where next to nothing is missing around, it is not.
What the camera saw out of focus misses nothing: f falls from 1 to 0 where c / s of the picture at a quarter of the size, in FIELD blocks around, falls through FOCUS.
The noise is a hash of the place, smoothed a little: the same for every picture and every run, and it never repeats. Black and white stay as they are.
The host adds the same (nodes/pixels/grain.ts); AT_OWN_SIZE times as much to a picture that is not enlarged, whose own fine detail is there.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from metrics import gaussian_window
from transfer import LUMA

REACH, SIGMA = 1, 0.6
ACROSS, DOWN, BITS = 0x9E3779B9, 0x7FEB352D, 0xFFFFFFFF
BYTE = (256**2 - 1) / 12
AT_OWN_SIZE = 2 / 3
BLOCK, SHARP = 8, 2.2
AROUND, FAINT, UNEVEN = 25, 2 / 255, 1.5
STRENGTH, LEAST = 7.5 / 255, 0.7 / 255
COARSE, FIELD, FOCUS, FLAT = 4, 5, (0.6, 1.2), 1e-4


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
    window = gaussian_window(2 * REACH + 1, SIGMA, top.device)
    window = window / (4 * BYTE) ** 0.25 / window.square().sum().sqrt()
    return F.conv2d(F.conv2d(white, window.view(1, 1, 1, -1)), window.view(1, 1, -1, 1))


def strength(luma: Tensor) -> Tensor:
    """How strong grain is where fine detail is missing in a luma [n, 1, h, w] in 0..1, likewise: its deviation in middle grey."""
    height, width = luma.shape[2:]
    slope, curvature = (of_blocks(x) for x in bends(luma))
    missing = -F.max_pool2d(-((SHARP * slope).square() - curvature.square()).clamp(min=0).sqrt(), 3, 1, 1)
    share = (missing / (mean_around(missing, AROUND) + FAINT)).clamp(max=UNEVEN)
    blocks = (STRENGTH * share * focus(luma)).clamp(min=LEAST)
    return F.interpolate(blocks, scale_factor=BLOCK, mode="bilinear")[:, :, :height, :width]


def focus(luma: Tensor) -> Tensor:
    """How far each block is in focus, 0 to 1."""
    coarse = F.avg_pool2d(luma, COARSE, ceil_mode=True)
    blocks = (F.avg_pool2d(x.sqrt(), BLOCK // COARSE, ceil_mode=True) for x in bends(coarse))
    slope, curvature = (mean_around(x, FIELD).square() for x in blocks)
    low, high = FOCUS
    return ((curvature / (slope + FLAT) - low) / (high - low)).clamp(0, 1)


def mean_around(blocks: Tensor, field: int) -> Tensor:
    """Of each block and those around it, `field` on each axis, the mean of those that are in the picture."""
    return F.avg_pool2d(blocks, field, 1, field // 2, count_include_pad=False)


def bends(luma: Tensor) -> tuple[Tensor, Tensor]:
    """Slope and curvature at each place, each the sum of both axes."""
    around = F.pad(luma, (1, 1, 1, 1), mode="replicate")
    slope = curvature = torch.zeros_like(luma)
    for before, after in ((around[:, :, 1:-1, :-2], around[:, :, 1:-1, 2:]), (around[:, :, :-2, 1:-1], around[:, :, 2:, 1:-1])):
        slope = slope + (after - before).abs() / 2
        curvature = curvature + (before + after - 2 * luma).abs()
    return slope, curvature


def of_blocks(x: Tensor) -> Tensor:
    """mean(sqrt(x))^2 of every other row of each block; of those that the border cuts, of what is left of them."""
    return F.avg_pool2d(x[:, :, ::2].sqrt(), (BLOCK // 2, BLOCK), ceil_mode=True).square()


def grain(y: Tensor, amount: float | Tensor, top: int | Tensor = 0, left: int | Tensor = 0) -> Tensor:
    """y [n, 3, h, w] in 0..1 with grain, `amount` times as strong as `strength` says, one or [n]; (top, left) is its place in the noise, likewise."""
    each = lambda value: torch.as_tensor(value, device=y.device).reshape(-1)
    r, g, b = y.detach().clamp(0, 1).split(1, 1)
    light = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b
    deviation = each(amount).view(-1, 1, 1, 1) * strength(light) * (4 * light * (1 - light)).clamp(min=0).sqrt()
    return y + deviation * noise(y.shape[2], y.shape[3], each(top), each(left))
