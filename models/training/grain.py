"""Film grain: what of a photograph's faint texture nobody can restore, but everybody misses.

    y' = y + levels / 255 * sqrt(4 l (1 - l)) * field,      l the luma of y

A restored surface is smoother than any photograph, and than 8 bits can show: skies get steps. The field is one tile of correlated noise,
repeated, the same for every picture and every run; black and white stay as they are. The host adds the same (nodes/sdk/grain.ts).
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from metrics import gaussian_window
from transfer import LUMA

SIDE, SEED = 256, 1
TAPS, SIGMA = 9, 1.2


@cache
def field() -> Tensor:
    """[SIDE, SIDE] of deviation one: white noise, smoothed by a Gaussian of SIGMA pixels around its own edges."""
    noise = torch.randn(1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(SEED))
    window = gaussian_window(TAPS, SIGMA)
    for axis in (0, 1):
        margins, shape = [(0, 0), (0, 0)], [1, 1, 1, 1]
        margins[axis], shape[3 - axis] = (TAPS // 2, TAPS // 2), TAPS
        noise = F.conv2d(F.pad(noise, margins[0] + margins[1], mode="circular"), window.view(shape))
    return noise[0, 0] / noise.std(correction=0)


def grain(y: Tensor, levels: float | Tensor, top: int | Tensor = 0, left: int | Tensor = 0) -> Tensor:
    """y [n, 3, h, w] in 0..1 with grain of `levels` of 255 where it is of middle grey, one or [n]; (top, left) is where in the field it begins, likewise."""
    place = lambda start, length: (torch.as_tensor(start, device=y.device).view(-1, 1) + torch.arange(length, device=y.device)) % SIDE
    rows, columns = place(top, y.shape[2]), place(left, y.shape[3])
    noise = field().to(y.device)[rows[:, :, None], columns[:, None, :]][:, None]
    r, g, b = y.detach().clamp(0, 1).split(1, 1)
    light = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b
    return y + torch.as_tensor(levels, device=y.device).view(-1, 1, 1, 1) / 255 * (4 * light * (1 - light)).clamp(min=0).sqrt() * noise
