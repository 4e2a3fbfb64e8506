"""Representation alignment (REPA, Yu et al. 2024, arXiv 2410.06940): features of the network learn to predict those of a frozen encoder."""

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Projection(nn.Sequential):
    """Three linear layers with SiLU from feature channels to the encoder's, at every position: [n, c, h, w] to [n, d, h, w]."""

    def __init__(self, channels: int, target_channels: int, hidden: int = 512):
        super().__init__(
            nn.Conv2d(channels, hidden, 1),
            nn.SiLU(),
            nn.Conv2d(hidden, hidden, 1),
            nn.SiLU(),
            nn.Conv2d(hidden, target_channels, 1),
        )


def alignment(projected: Tensor, target: Tensor) -> Tensor:
    """Minus the mean cosine between projected features [n, d, h, w] and the encoder's [n, d, rows, columns] (REPA, equation 8).

    The features are brought to the encoder's grid by bilinear interpolation.
    """
    projected = F.interpolate(projected, target.shape[-2:], mode="bilinear", align_corners=False)
    return -F.cosine_similarity(projected, target, dim=1).mean()


class FrozenEncoder(nn.Module):
    """A TorchScript network by path, never trained: pictures [n, 3, h, w] in 0..1 to features [n, d, rows, columns].

    The script takes pictures normalised with ImageNet's mean and deviation, as DINOv2 does, and gives [n, d, rows, columns] or
    tokens [n, rows * columns, d]. Sides are brought to multiples of `patch` first.
    """

    def __init__(self, path: Path, patch: int = 14):
        super().__init__()
        self.network = torch.jit.load(str(path), map_location="cpu").eval()
        self.patch = patch
        self.register_buffer("mean", torch.tensor(IMAGENET_MEAN)[:, None, None])
        self.register_buffer("deviation", torch.tensor(IMAGENET_DEVIATION)[:, None, None])

    @torch.no_grad()
    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (max(1, n // self.patch) for n in x.shape[-2:])
        x = F.interpolate(x, (rows * self.patch, columns * self.patch), mode="bicubic", antialias=True)
        features = self.network((x - self.mean) / self.deviation)
        return features if features.dim() == 4 else features.transpose(1, 2).unflatten(2, (rows, columns))
