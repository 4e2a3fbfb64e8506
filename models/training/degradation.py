"""From a sharp photograph to a poor one: two random chains.

`degrade` is of second order, after Real-ESRGAN (Wang et al. 2021, section 3): blur, resize, noise and JPEG, then the same again,
ending at the wanted size. One number, the severity, widens all ranges together: 1 is the published ranges (noise to 30
and 25 of 255, JPEG from 30, blur to 3 and 1.5), and some pictures are only made smaller, so that the model also meets
inputs that need no more than upscaling.

`degrade_once` is the classical model (section 3.1, equation 1): the same steps, each once. That is what most pictures of the web went through.
"""

import io
import math

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image

RESIZE_MODES = ("area", "bilinear", "bicubic")
CLEAN_SHARE = 0.15
SECOND_ROUND_SHARE = 0.7
ONCE_BLUR_SHARE, ONCE_NOISE_SHARE, ONCE_JPEG_SHARE = 0.85, 0.8, 0.9


def degrade(picture: np.ndarray, scale: int, rng: np.random.Generator) -> np.ndarray:
    """A poor version of `picture`, `scale` times smaller.

    picture: uint8 [height, width, 3], sides divisible by scale. Returns uint8 [height/scale, width/scale, 3].
    The result is a function of the arguments and the state of rng alone.
    """
    size = (picture.shape[0] // scale, picture.shape[1] // scale)
    x = from_bytes(picture)
    if rng.random() < CLEAN_SHARE:
        x = resize(x, size, rng)
        return to_bytes(jpeg(x, rng.uniform(85, 98), rng) if rng.random() < 0.3 else x)
    severity = rng.uniform(0.15, 1.0)
    reach = scale / 4
    if rng.random() < 0.9:
        x = blur(x, rng.uniform(0.2, 0.4 + 2.6 * severity * reach), rng)
    x = resize(x, intermediate_size(picture.shape[:2], scale, rng), rng)
    if rng.random() < 0.8:
        x = noise(x, rng.uniform(1, 3 + 27 * severity) / 255, rng)
    if rng.random() < 0.8:
        x = jpeg(x, rng.uniform(95 - 65 * severity, 95), rng)
    if rng.random() < SECOND_ROUND_SHARE:
        if rng.random() < 0.5:
            x = blur(x, rng.uniform(0.2, 0.4 + 1.1 * severity * reach), rng)
        x = resize(x, size, rng)
        if rng.random() < 0.5:
            x = noise(x, rng.uniform(0.5, 2 + 23 * severity) / 255, rng)
        if rng.random() < 0.15:
            x = ring(x, rng)
    x = resize(x, size, rng)
    if rng.random() < 0.7:
        x = jpeg(x, rng.uniform(95 - 65 * severity, 95), rng)
    return to_bytes(x)


def degrade_once(picture: np.ndarray, scale: int, rng: np.random.Generator) -> np.ndarray:
    """A poor version of `picture` by blur, one resize, noise at the final size and JPEG; arguments and result as those of `degrade`."""
    x = from_bytes(picture)
    if rng.random() < ONCE_BLUR_SHARE:
        x = blur(x, rng.uniform(0.2, 1 + 2 * scale / 4), rng)
    x = resize(x, (picture.shape[0] // scale, picture.shape[1] // scale), rng)
    if rng.random() < ONCE_NOISE_SHARE:
        x = noise(x, rng.uniform(0.5, 15) / 255, rng)
    return to_bytes(jpeg(x, rng.uniform(30, 95), rng) if rng.random() < ONCE_JPEG_SHARE else x)


def intermediate_size(full: tuple[int, int], scale: int, rng: np.random.Generator) -> tuple[int, int]:
    """A size between somewhat below the final one and somewhat above the full one."""
    factor = math.exp(rng.uniform(math.log(0.7 / scale), math.log(1.2)))
    return max(8, round(full[0] * factor)), max(8, round(full[1] * factor))


def resize(x: torch.Tensor, size: tuple[int, int], rng: np.random.Generator) -> torch.Tensor:
    """x [1, 3, height, width] at `size` by a random interpolation, low-pass filtered where it shrinks."""
    mode = RESIZE_MODES[rng.integers(len(RESIZE_MODES))]
    if tuple(x.shape[-2:]) == size:
        return x
    if mode == "area":
        return F.interpolate(x, size, mode="area")
    return F.interpolate(x, size, mode=mode, antialias=True, align_corners=False).clamp(0, 1)


def blur(x: torch.Tensor, sigma: float, rng: np.random.Generator) -> torch.Tensor:
    """Gaussian blur, round in half of the cases, else stretched along a random direction."""
    other = sigma if rng.random() < 0.5 else sigma * rng.uniform(0.3, 1.0)
    angle = rng.uniform(0, math.pi)
    radius = max(1, math.ceil(2.5 * sigma))
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    v, u = torch.meshgrid(axis, axis, indexing="ij")
    along = u * math.cos(angle) + v * math.sin(angle)
    across = v * math.cos(angle) - u * math.sin(angle)
    return filtered(x, torch.exp(-0.5 * ((along / sigma) ** 2 + (across / other) ** 2)))


def ring(x: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """Ringing of a sharp low-pass."""
    return filtered(x, sinc_kernel(rng.uniform(math.pi / 2, math.pi), 6)).clamp(0, 1)


def sinc_kernel(cutoff: float, radius: int) -> torch.Tensor:
    """The circular low-pass J1(cr)/(2 pi r) * c of Real-ESRGAN, section 3.3, [2 radius + 1, 2 radius + 1]; cutoff in 0..pi."""
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    distance = torch.sqrt(axis[:, None] ** 2 + axis[None, :] ** 2)
    kernel = cutoff * torch.special.bessel_j1(cutoff * distance) / (2 * math.pi * distance.clamp(min=1e-6))
    kernel[radius, radius] = cutoff**2 / (4 * math.pi)
    return kernel


def filtered(x: torch.Tensor, kernel: torch.Tensor) -> torch.Tensor:
    """Each channel of x convolved with the normalised kernel [n, n], borders replicated."""
    kernel = (kernel / kernel.sum()).expand(3, 1, *kernel.shape)
    radius = kernel.shape[-1] // 2
    return F.conv2d(F.pad(x, (radius,) * 4, mode="replicate"), kernel, groups=3)


def noise(x: torch.Tensor, sigma: float, rng: np.random.Generator) -> torch.Tensor:
    """Gaussian or signal-dependent noise of about `sigma` (in units of full scale), sometimes grey."""
    channels = 1 if rng.random() < 0.4 else 3
    grain = torch.from_numpy(rng.standard_normal((1, channels, *x.shape[-2:]), dtype=np.float32))
    if rng.random() < 0.4:
        grain = grain * (x.mean(1, keepdim=True) if channels == 1 else x).clamp(min=0.01).sqrt() * 1.4
    return (x + sigma * grain).clamp(0, 1)


def jpeg(x: torch.Tensor, quality: float, rng: np.random.Generator) -> torch.Tensor:
    """x after JPEG of that quality, chroma at half size in three of four cases."""
    buffer = io.BytesIO()
    subsampling = 2 if rng.random() < 0.75 else 0
    Image.fromarray(to_bytes(x)).save(buffer, "JPEG", quality=round(quality), subsampling=subsampling)
    return from_bytes(Image.open(buffer))


def from_bytes(picture: np.ndarray | Image.Image) -> torch.Tensor:
    """uint8 [height, width, 3] as [1, 3, height, width] in 0..1."""
    return torch.from_numpy(np.array(picture)).permute(2, 0, 1)[None].float() / 255


def to_bytes(x: torch.Tensor) -> np.ndarray:
    """[1, 3, height, width] in 0..1 as uint8 [height, width, 3]."""
    return (x[0].clamp(0, 1) * 255).round().byte().permute(1, 2, 0).numpy()
