"""What of the input returns to the restored picture: all that is wide, and of the finer bands as much as a small network lets through.

    y' = y + low(x - y) + sum over bands l of g_l d_l(x - y),      x - y in luma, R - luma and B - luma

The bands d_l and `low` are those of the a trous transform; a gate g_l in 0..1 is one value for each cell of `CELL` pixels, interpolated
between their centres, one for luma and one for colour. The gates come from the energies of both pictures' bands in the cells: where
x is clean, its detail is better than what a latent kept; where it is noisy or blurred, y's is. A Wiener filter that learns its ratios.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

CELL = 8
WIDTH = 24
KINDS = 5
LUMA = (0.299, 0.587, 0.114)
FLOOR, SPREAD, MIDDLE = 1e-6, 4.0, 2.0


def smooth(x: Tensor, level: int) -> Tensor:
    """[1 2 1]/4 along both axes, dilated by 2^level, borders replicated; x [n, c, h, w]."""
    for axis in (3, 2):
        before, after = shifted(x, 2**level, axis)
        x = 0.25 * (before + after) + 0.5 * x
    return x


def shifted(x: Tensor, steps: int, axis: int) -> tuple[Tensor, Tensor]:
    """x moved by so many pixels along an axis, backwards and forwards, borders replicated.

    Not by F.pad: what PyTorch's compiler (2.13) makes of its gradient fails for pictures with the channels last.
    """
    size = x.shape[axis]
    many = tuple(steps if a == axis else -1 for a in range(x.dim()))
    padded = torch.cat([x.narrow(axis, 0, 1).expand(many), x, x.narrow(axis, size - 1, 1).expand(many)], axis)
    return padded.narrow(axis, 0, size), padded.narrow(axis, 2 * steps, size)


def bands(x: Tensor, levels: int) -> tuple[Tensor, Tensor]:
    """Details [n, levels, c, h, w], finest first, and what is wider, [n, c, h, w]; their sum is x.

    Source of the transform: Holschneider et al. 1989; of its use for colour: StableSR (Wang et al. 2023).
    """
    details = []
    for level in range(levels):
        wide = smooth(x, level)
        details.append(x - wide)
        x = wide
    return torch.stack(details, 1), x


def opponent(x: Tensor) -> Tensor:
    """RGB [n, 3, h, w] as luma, R - luma and B - luma (BT.601)."""
    r, g, b = x.split(1, 1)
    y = LUMA[0] * r + LUMA[1] * g + LUMA[2] * b
    return torch.cat([y, r - y, b - y], 1)


def from_opponent(x: Tensor) -> Tensor:
    """The inverse of `opponent`."""
    y, u, v = x.split(1, 1)
    return torch.cat([y + u, y - (LUMA[0] * u + LUMA[2] * v) / LUMA[1], y + v], 1)


def cells(x: Tensor) -> Tensor:
    """Means over cells; those at the right and lower border may be smaller."""
    return F.avg_pool2d(x, CELL, ceil_mode=True)


def features(given: Tensor, restored: Tensor, change: Tensor) -> Tensor:
    """What the gates are decided by: [n, KINDS * levels, rows, columns], about -1.5..1.5.

    given, restored: bands of the luma, [n, levels, 1, h, w]; change: bands of x - y as opponent colours, [n, levels, 3, h, w].
    For each band the logarithms of the energies of x, y, x - y and the colours of x - y, and the correlation of x and y.
    """
    x, y, luma, colour = given[:, :, 0], restored[:, :, 0], change[:, :, 0], change[:, :, 1:].square().mean(2)
    energies = [cells(e) for e in (x * x, y * y, luma * luma, colour)]
    correlation = cells(x * y) / (energies[0] * energies[1] + FLOOR**2).sqrt()
    return torch.cat([*((e + FLOOR).log() / SPREAD + MIDDLE for e in energies), correlation], 1)


class Gates(nn.Module):
    """Features [n, KINDS * levels, rows, columns] to gates in 0..1, [n, 2 * levels, rows, columns]: luma's, then colour's."""

    def __init__(self, levels: int):
        super().__init__()
        self.conv_in = nn.Conv2d(KINDS * levels, WIDTH, 3, 1, 1)
        self.whole = nn.Conv2d(KINDS * levels, WIDTH, 1, bias=False)
        self.conv_mid = nn.Conv2d(WIDTH, WIDTH, 1)
        self.conv_out = nn.Conv2d(WIDTH, 2 * levels, 1)
        with torch.no_grad():  # begins by letting through little that is fine
            self.conv_out.weight.zero_()
            self.conv_out.bias.copy_(torch.linspace(-3, 0, levels).repeat(2))

    def forward(self, f: Tensor) -> Tensor:
        x = F.relu(self.conv_in(f) + self.whole(f.mean((2, 3), keepdim=True)))
        return torch.sigmoid(self.conv_out(F.relu(self.conv_mid(x))))


def transfer(y: Tensor, x: Tensor, gates: Gates, levels: int) -> tuple[Tensor, Tensor]:
    """The restored y with what the gates let through of x, both [n, 3, h, w] in 0..1, not clamped, and the features that decided it."""
    a, b = opponent(x), opponent(y)
    change, wide = bands(a - b, levels)
    given, _ = bands(a[:, :1], levels)
    seen = features(given, given - change[:, :, :1], change)
    luma, colour = enlarged(gates(seen), *x.shape[-2:]).unflatten(1, (2, levels)).unbind(1)
    kept = torch.stack([luma, colour, colour], 2) * change
    return y + from_opponent(wide + kept.sum(1)), seen


def enlarged(gates: Tensor, height: int, width: int) -> Tensor:
    """A gate for each pixel, bilinear between the centres of cells."""
    return F.interpolate(gates, scale_factor=CELL, mode="bilinear", align_corners=False)[..., :height, :width]
