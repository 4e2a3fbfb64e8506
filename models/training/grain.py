"""Film grain: what of a photograph's fine detail nobody can restore, but everybody misses.

    y' = y + g MOST s sqrt(4 l (1 - l)) noise,      l the luma of y, g how much of it a setting gets

s in 0..1 is where it goes: one value for each cell of the transfer, interpolated between the centres. A small network gives it, from the same measures of both pictures
as the gates (transfer.py), and place_grain.py teaches it: where a picture gets more natural for the least likeness that grain costs.
It may not be seen as grain: s is bounded by what the restored picture's own fine detail masks.
The noise is a hash of the place, smoothed a little: the same for every picture and every run, and it never repeats. Black and white stay as they are.
The host adds the same (nodes/pixels/grain.ts).
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from metrics import gaussian_window
from transfer import KINDS, LUMA, MIDDLE, SPREAD

REACH, SIGMA = 1, 0.6
ACROSS, DOWN, BITS = 0x9E3779B9, 0x7FEB352D, 0xFFFFFFFF
BYTE = (256**2 - 1) / 12
WIDTH, WIDER, BEGIN = 32, (2, 4), -2.0
FINE = 2
GATE = "grain_gate."


class Bound(NamedTuple):
    """Deviations that grain may have in middle grey before it is seen as grain."""

    detail: float  # as a share of the detail that hides it
    smooth: float  # where there is none
    most: float  # anywhere


BOUND = Bound(0.42, 2.4 / 255, 5 / 255)
MOST = BOUND.most


class GrainGate(nn.Module):
    """Features of the transfer [n, KINDS * levels, rows, columns] to where grain goes, [n, 1, rows, columns] in 0..1.

    Each cell sees its neighbours, those two and four cells away, and the mean of all. It begins with a little everywhere. Under a looser bound it exceeds 1.
    """

    def __init__(self, levels: int, bound: Bound = BOUND):
        super().__init__()
        self.bound = bound
        self.conv_in = nn.Conv2d(KINDS * levels, WIDTH, 3, 1, 1)
        self.whole = nn.Conv2d(KINDS * levels, WIDTH, 1, bias=False)
        self.wider = nn.ModuleList(nn.Conv2d(WIDTH, WIDTH, 3, 1, step, step) for step in WIDER)
        self.conv_mid = nn.Conv2d(WIDTH, WIDTH, 1)
        self.conv_out = nn.Conv2d(WIDTH, 1, 1)
        with torch.no_grad():
            self.conv_out.weight.zero_()
            self.conv_out.bias.fill_(BEGIN)
        self.even()

    @torch.no_grad()
    def even(self) -> None:
        """Makes each kernel alike in all directions, so that a turned picture gets its grain turned: sides mean nothing."""
        for conv in (self.conv_in, *self.wider):
            for turned in (lambda w: w.flip(2), lambda w: w.flip(3), lambda w: w.transpose(2, 3)):
                conv.weight.copy_((conv.weight + turned(conv.weight)) / 2)

    def forward(self, f: Tensor) -> Tensor:
        x = F.relu(self.conv_in(f) + self.whole(f.mean((2, 3), keepdim=True)))
        for conv in self.wider:
            x = x + F.relu(conv(x))
        return masked(f, self.bound) * torch.sigmoid(self.conv_out(F.relu(self.conv_mid(x))))


def masked(f: Tensor, bound: Bound = BOUND) -> Tensor:
    """How strong grain may be in each cell before it is seen, as a share of MOST, [n, 1, rows, columns], by features of the transfer.

    Detail hides what is weaker, as contrast masks contrast (Legge and Foley 1980), here a share of the restored picture's own finest bands. Their energy is a
    geometric mean over 3 x 3 cells, which is low where an edge crosses smooth ground.
    """
    levels = f.shape[1] // KINDS
    around = F.avg_pool2d(f[:, levels : levels + min(FINE, levels)], 3, 1, 1, count_include_pad=False)
    energy = ((around - MIDDLE) * SPREAD).exp().sum(1, keepdim=True)
    return (bound.detail**2 * energy + bound.smooth**2).sqrt().clamp(max=bound.most) / MOST


def without_gate(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Those of a Restoration without grain."""
    return {name: weight for name, weight in weights.items() if not name.startswith(GATE)}


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


def grain_of(light: Tensor, where: Tensor, amount: float | Tensor, top: int | Tensor = 0, left: int | Tensor = 0) -> Tensor:
    """What grain adds to a picture with that luma, [n, 1, h, w] in 0..1: `amount` times as much as `where` says, [n, 1, h, w] in 0..1.

    The amount is one or [n]; (top, left) is the picture's place in the noise, likewise.
    """
    each = lambda value: torch.as_tensor(value, device=light.device).reshape(-1)
    deviation = each(amount).view(-1, 1, 1, 1) * MOST * where * (4 * light * (1 - light)).clamp(min=0).sqrt()
    return deviation * noise(light.shape[2], light.shape[3], each(top), each(left))


def grain(y: Tensor, where: Tensor, amount: float | Tensor, top: int | Tensor = 0, left: int | Tensor = 0) -> Tensor:
    """y [n, 3, h, w] in 0..1 with its grain."""
    r, g, b = y.detach().clamp(0, 1).split(1, 1)
    return y + grain_of(LUMA[0] * r + LUMA[1] * g + LUMA[2] * b, where, amount, top, left)
