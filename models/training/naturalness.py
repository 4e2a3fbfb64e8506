"""NIQE as a loss: what niqe.py computes, with a gradient.

The differences: shapes are interpolated between the values of a table a tenth as fine, squares get a little more than nothing where a root is taken of them, and all
but the last step is float32. On photographs both agree within a hundredth.
"""

import json

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from niqe import HALVING, NEIGHBOURS, PATCH, PRISTINE, RATIOS, SHAPES, WINDOW, gamma

EVERY = 10
TINY = 1e-12


class Naturalness:
    """The distance of a grey picture from the pristine model."""

    def __init__(self) -> None:
        shapes, pristine = SHAPES[::EVERY], json.loads(PRISTINE.read_text())
        as_floats = lambda values: torch.tensor(values, dtype=torch.float32)
        self.ratios = as_floats(RATIOS[::EVERY])
        self.tables = as_floats(np.stack([shapes, np.sqrt(gamma(1 / shapes) / gamma(3 / shapes)), gamma(2 / shapes) / gamma(1 / shapes)]))
        self.window, self.halving = as_floats(WINDOW), as_floats(HALVING)
        self.mean, self.covariance = (torch.tensor(pristine[name], dtype=torch.float64) for name in ("mean", "covariance"))

    def __call__(self, image: Tensor) -> Tensor:
        """NIQE, [], of a picture [1, 1, h, w] of 0..255, of at least two patches; cropped to whole patches."""
        height, width = (n // PATCH * PATCH for n in image.shape[2:])
        image = image[:, :, :height, :width]
        scales = [patches(self.normalised(scale), side) for scale, side in ((image, PATCH), (self.halved(image), PATCH // 2))]
        kept = torch.stack([is_uneven(n) for n in scales]).all(0)
        found = torch.cat([self.features(n[kept]) for n in scales], 1).double()
        difference = found.mean(0) - self.mean
        covariance = (found.T.cov() + self.covariance) / 2
        return (difference @ torch.linalg.solve(covariance, difference)).sqrt()

    def normalised(self, image: Tensor) -> Tensor:
        """Normalised luminance."""
        mean = self.smooth(image)
        deviation = (self.smooth(image * image) - mean * mean).abs().clamp(min=TINY).sqrt()
        return (image - mean) / (deviation + 1)

    def smooth(self, image: Tensor) -> Tensor:
        reach = len(self.window) // 2
        padded = F.pad(image, (reach,) * 4, mode="replicate")
        return F.conv2d(F.conv2d(padded, self.window.view(1, 1, 1, -1)), self.window.view(1, 1, -1, 1))

    def halved(self, image: Tensor) -> Tensor:
        """The picture at half its size, sides even."""
        for axis in (2, 3):
            size = image.shape[axis]
            mirrored = torch.cat([torch.arange(2, -1, -1), torch.arange(size), torch.arange(size - 1, size - 4, -1)])
            shape, stride = ((1, 1, -1, 1), (2, 1)) if axis == 2 else ((1, 1, 1, -1), (1, 2))
            image = F.conv2d(image.index_select(axis, mirrored), self.halving.view(shape), stride=stride)
        return image

    def features(self, n: Tensor) -> Tensor:
        """The 18 features of patches [patches, side, side] of normalised luminance, likewise."""
        own, *products = fields(n)
        shape, left, right, _ = self.asymmetric_gaussian(own)
        found = [shape, (left + right) / 2]
        for product in products:
            shape, left, right, factor = self.asymmetric_gaussian(product)
            found += [shape, (right - left) * factor, left, right]
        return torch.stack(found, 1)

    def asymmetric_gaussian(self, v: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Of each patch's values shape, left and right scale, and gamma(2 / shape) / gamma(1 / shape)."""
        squares = v * v
        root = lambda chosen: ((squares * chosen).sum((1, 2)) / chosen.sum((1, 2)) + TINY).sqrt()
        left, right = root(v < 0), root(v > 0)
        g = left / right
        q = v.abs().mean((1, 2)) ** 2 / (squares.mean((1, 2)) + TINY)
        shape, scale, factor = self.shaped(q * (g**3 + 1) * (g + 1) / (g * g + 1) ** 2)
        return shape, left * scale, right * scale, factor

    def shaped(self, ratio: Tensor) -> Tensor:
        """The tables' values, [3, patches], where the ratio is this."""
        ratio = ratio.clamp(self.ratios[0].item(), self.ratios[-1].item())
        after = torch.searchsorted(self.ratios, ratio.detach()).clamp(1, len(self.ratios) - 1)
        before = after - 1
        beyond = (ratio - self.ratios[before]) / (self.ratios[after] - self.ratios[before])
        return torch.lerp(self.tables[:, before], self.tables[:, after], beyond)


def patches(n: Tensor, side: int) -> Tensor:
    """[1, 1, h, w] as [patches, side, side]."""
    return n[0, 0].unflatten(1, (-1, side)).unflatten(0, (-1, side)).transpose(1, 2).flatten(0, 1)


def fields(n: Tensor) -> list[Tensor]:
    """Normalised luminance, and its products with the neighbours."""
    return [n, *(n * n.roll(neighbour, (1, 2)) for neighbour in NEIGHBOURS)]


def is_uneven(n: Tensor) -> Tensor:
    """Which patches have all features: of each field values on both sides of nothing, [patches]."""
    return torch.stack([(field < 0).any(2).any(1) & (field > 0).any(2).any(1) for field in fields(n)]).all(0)
