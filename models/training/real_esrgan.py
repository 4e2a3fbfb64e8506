"""Real-ESRGAN's own degradation, with the probabilities that it was published with.

Wang et al. 2021, sections 3 and 4, and options/train_realesrgan_x4plus.yml of its repository: kernels of seven kinds, resizing that aliases
(no low-pass before a bilinear or bicubic step), Gaussian or Poisson noise, JPEG, then all of it again, with a sinc filter before or after the last JPEG.
What it lacks is the sharpening of the pictures before. It is harsher than degradation.py's: a picture of it is rarely clean and seldom sharp.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F

from degradation import RESIZE_MODES, filtered, from_bytes, jpeg, sinc_kernel, to_bytes

RADII = range(3, 11)
SINC_SHARE, SECOND_BLUR_SHARE, LAST_SINC_SHARE = 0.1, 0.8, 0.8
KERNELS = ("gaussian", True), ("gaussian", False), ("generalised", True), ("generalised", False), ("plateau", True), ("plateau", False)
KERNEL_SHARES = np.array((0.45, 0.25, 0.12, 0.03, 0.12, 0.03))
GREY_SHARE, GAUSSIAN_SHARE = 0.4, 0.5
JPEG_QUALITY = (30, 95)


@dataclass(frozen=True)
class Round:
    """Greatest deviation of the blur in pixels; shares of enlarging and shrinking, and between which factors; greatest deviation of Gaussian noise
    (of 255) and scale of Poisson noise."""

    blur: float
    enlarged: float
    shrunk: float
    factors: tuple[float, float]
    noise: float
    poisson: float


FIRST = Round(3.0, 0.2, 0.7, (0.15, 1.5), 30, 3.0)
SECOND = Round(1.5, 0.3, 0.4, (0.3, 1.2), 25, 2.5)


def degrade(picture: np.ndarray, scale: int, rng: np.random.Generator) -> np.ndarray:
    """A poor version of `picture`, uint8 [height, width, 3] with sides divisible by scale, `scale` times smaller; a function of the arguments and rng alone."""
    height, width = picture.shape[0] // scale, picture.shape[1] // scale
    x = blur(from_bytes(picture), FIRST, rng)
    x = resize(x, scaled(x.shape[-2:], factor(FIRST, rng)), rng)
    x = jpeg(noise(x, FIRST, rng), rng.uniform(*JPEG_QUALITY), rng)
    if rng.random() < SECOND_BLUR_SHARE:
        x = blur(x, SECOND, rng)
    x = noise(resize(x, scaled((height, width), factor(SECOND, rng)), rng), SECOND, rng)
    is_jpeg_first = rng.random() < 0.5
    if is_jpeg_first:
        x = jpeg(x, rng.uniform(*JPEG_QUALITY), rng)
    x = resize(x, (height, width), rng)
    if rng.random() < LAST_SINC_SHARE:
        x = sinc(x, math.pi / 3, int(rng.choice(RADII)), rng)
    return to_bytes(x if is_jpeg_first else jpeg(x, rng.uniform(*JPEG_QUALITY), rng))


def scaled(size: tuple[int, int], by: float) -> tuple[int, int]:
    """The size by a factor, at least 8 pixels."""
    return max(8, int(size[0] * by)), max(8, int(size[1] * by))


def factor(stage: Round, rng: np.random.Generator) -> float:
    """By how much a round resizes."""
    draw = rng.random()
    if draw < stage.enlarged:
        return rng.uniform(1, stage.factors[1])
    return rng.uniform(stage.factors[0], 1) if draw < stage.enlarged + stage.shrunk else 1.0


def resize(x: torch.Tensor, size: tuple[int, int], rng: np.random.Generator) -> torch.Tensor:
    """x [1, 3, height, width] at `size` by a random interpolation; it aliases where that is not by area."""
    mode = RESIZE_MODES[rng.integers(len(RESIZE_MODES))]
    if tuple(x.shape[-2:]) == size:
        return x
    return F.interpolate(x, size, mode=mode) if mode == "area" else F.interpolate(x, size, mode=mode, align_corners=False).clamp(0, 1)


def blur(x: torch.Tensor, stage: Round, rng: np.random.Generator) -> torch.Tensor:
    """One of the kernels: sinc, or a Gaussian, generalised Gaussian or plateau (Liu et al. 2020), round or stretched."""
    radius = int(rng.choice(RADII))
    if rng.random() < SINC_SHARE:
        return sinc(x, math.pi / 3 if radius < 6 else math.pi / 5, radius, rng)
    kind, is_round = KERNELS[rng.choice(len(KERNELS), p=KERNEL_SHARES)]
    sigma = rng.uniform(0.2, stage.blur)
    other = sigma if is_round else rng.uniform(0.2, stage.blur)
    angle = rng.uniform(-math.pi, math.pi)
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    distance = ((u * math.cos(angle) + v * math.sin(angle)) / sigma).square() + ((v * math.cos(angle) - u * math.sin(angle)) / other).square()
    if kind == "generalised":
        return filtered(x, torch.exp(-0.5 * distance.pow(exponent(0.5, 4, rng))))
    if kind == "plateau":
        return filtered(x, 1 / (1 + distance.pow(exponent(1, 2, rng))))
    return filtered(x, torch.exp(-0.5 * distance))


def exponent(least: float, most: float, rng: np.random.Generator) -> float:
    """As often below one as above it."""
    return rng.uniform(least, 1) if rng.random() < 0.5 else rng.uniform(1, most)


def sinc(x: torch.Tensor, lowest: float, radius: int, rng: np.random.Generator) -> torch.Tensor:
    """Ringing and overshoot of a sharp low-pass, whose cutoff is at least `lowest` (in 0..pi)."""
    return filtered(x, sinc_kernel(rng.uniform(lowest, math.pi), radius)).clamp(0, 1)


def noise(x: torch.Tensor, stage: Round, rng: np.random.Generator) -> torch.Tensor:
    """Gaussian noise, or Poisson noise of as many levels as the picture has, scaled; of all channels or grey."""
    rng = np.random.default_rng(rng.integers(2**63))  # how many draws Poisson's takes hangs on the last bit of the light
    is_grey = rng.random() < GREY_SHARE
    if rng.random() < GAUSSIAN_SHARE:
        grain = rng.standard_normal((1, 1 if is_grey else 3, *x.shape[-2:]), dtype=np.float32) * np.float32(rng.uniform(1, stage.noise) / 255)
        return (x + torch.from_numpy(grain)).clamp(0, 1)
    levels = ((x.mean(1, keepdim=True) if is_grey else x) * 255).round() / 255
    photons = 2 ** math.ceil(math.log2(max(2, len(torch.unique(levels)))))
    arrived = torch.from_numpy(rng.poisson((levels * photons).numpy()).astype(np.float32)) / photons
    return (x + (arrived - levels) * rng.uniform(0.05, stage.poisson)).clamp(0, 1)
