"""NIQE, a quality measure without a reference (Mittal, Soundararajan and Bovik, "Making a completely blind image
quality analyzer", IEEE Signal Processing Letters 2013). Lower is better.

Conventions, so that another program reproduces the numbers:

- Grey is 0.299 R + 0.587 G + 0.114 B on 0..255, not rounded. The picture is cropped at right and bottom to multiples of 96.
- Local mean m and deviation s: separable Gaussian of 7x7, sigma 7/6, normalised, borders replicated;
  s = sqrt(|G(I^2) - m^2|). Normalised luminance n = (I - m) / (s + 1), over the whole picture, before it is cut into blocks.
- Second scale: the grey picture halved by the cubic kernel (a = -0.5) stretched by two, along rows and columns:
  output i = sum of k[j] * input[2i - 3 + j], j = 0..7, k = [-3, -9, 29, 111, 111, 29, -9, -3] / 256; borders mirrored with
  the edge sample repeated. Its m, s and n are computed anew; its blocks are 48x48 at the same places.
- Features of a block, 18 a scale, first scale first: of n the shape a and (bl + br) / 2; then for each neighbour
  (0, 1), (1, 0), (1, 1), (1, -1) (rows, columns) of p = n * roll(n, neighbour), rolled within the block: a, mean, bl, br, where
  mean = (br - bl) * gamma(2/a) / gamma(1/a).
- Asymmetric generalised Gaussian of values v: l = sqrt(mean(v^2 | v < 0)), r = sqrt(mean(v^2 | v > 0)), g = l / r,
  q = mean(|v|)^2 / mean(v^2), Q = q (g^3 + 1)(g + 1) / (g^2 + 1)^2; a is the value of 0.2, 0.201, ..., 10 whose
  gamma(2/a)^2 / (gamma(1/a) gamma(3/a)) is nearest to Q; bl = l sqrt(gamma(1/a) / gamma(3/a)), br likewise of r.
- Blocks with a feature that is not finite are left out.
- Pristine model: mean and covariance of the authors' own release (NIQE Software Release, The University of Texas at Austin, 2012), which other programs
  have too, so that figures compare; licence and source are in its file.
- NIQE = sqrt(d' P d), d the difference of the means, P the pseudo-inverse of the mean of both covariances.
"""

import warnings
from pathlib import Path

import numpy as np
from scipy.ndimage import correlate1d
from scipy.special import gamma

PRISTINE = Path(__file__).resolve().parents[2] / "nodes/measure/niqe-pristine.json"
PATCH = 96
NEIGHBOURS = ((0, 1), (1, 0), (1, 1), (1, -1))
SHAPES = np.arange(200, 10001) / 1000
RATIOS = gamma(2 / SHAPES) ** 2 / (gamma(1 / SHAPES) * gamma(3 / SHAPES))
HALVING = np.array([-3, -9, 29, 111, 111, 29, -9, -3]) / 256
WINDOW = np.exp(-0.5 * (np.arange(-3, 4) / (7 / 6)) ** 2)
WINDOW /= WINDOW.sum()


def grey(picture: np.ndarray) -> np.ndarray:
    """uint8 [h, w, 3] as float64 luma, 0..255, cropped to multiples of the patch."""
    height, width = (n // PATCH * PATCH for n in picture.shape[:2])
    return picture[:height, :width].astype(np.float64) @ (0.299, 0.587, 0.114)


def normalised(image: np.ndarray) -> np.ndarray:
    """Normalised luminance of a grey picture [h, w]."""
    smooth = lambda t: correlate1d(correlate1d(t, WINDOW, axis=0, mode="nearest"), WINDOW, axis=1, mode="nearest")
    mean = smooth(image)
    deviation = np.sqrt(np.abs(smooth(image * image) - mean * mean))
    return (image - mean) / (deviation + 1)


def halved(image: np.ndarray) -> np.ndarray:
    """[h, w] at half its size, h and w even."""
    for axis in (0, 1):
        padded = np.pad(image, [(3, 4) if a == axis else (0, 0) for a in (0, 1)], mode="symmetric")
        length = image.shape[axis] // 2
        image = sum(k * np.take(padded, np.arange(length) * 2 + j, axis) for j, k in enumerate(HALVING))
    return image


def asymmetric_gaussian(v: np.ndarray) -> tuple[float, float, float]:
    """Shape and left and right scale of the values."""
    left, right = np.sqrt(np.mean(v[v < 0] ** 2)), np.sqrt(np.mean(v[v > 0] ** 2))
    g = left / right
    q = np.mean(np.abs(v)) ** 2 / np.mean(v * v)
    shape = SHAPES[np.argmin((RATIOS - q * (g**3 + 1) * (g + 1) / (g * g + 1) ** 2) ** 2)]
    factor = np.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * factor, right * factor


def block_features(n: np.ndarray) -> list[float]:
    """The 18 features of one block of normalised luminance."""
    shape, left, right = asymmetric_gaussian(n)
    features = [shape, (left + right) / 2]
    for neighbour in NEIGHBOURS:
        shape, left, right = asymmetric_gaussian(n * np.roll(n, neighbour, axis=(0, 1)))
        features += [shape, (right - left) * gamma(2 / shape) / gamma(1 / shape), left, right]
    return features


def features(picture: np.ndarray) -> np.ndarray:
    """Features [blocks, 36] of a picture uint8 [h, w, 3] of at least 96 x 96."""
    image = grey(picture)
    scales = [normalised(image), normalised(halved(image))]
    rows = []
    for top in range(0, image.shape[0], PATCH):
        for left in range(0, image.shape[1], PATCH):
            block = lambda t, f: t[top // f : (top + PATCH) // f, left // f : (left + PATCH) // f]
            with warnings.catch_warnings(action="ignore", category=RuntimeWarning):  # flat blocks: 0/0, left out below
                rows.append(block_features(block(scales[0], 1)) + block_features(block(scales[1], 2)))
    return np.array(rows)[np.isfinite(rows).all(axis=1)]


def niqe(picture: np.ndarray, pristine: dict) -> float:
    """The distance of a picture uint8 [h, w, 3] from the pristine model {"mean": [36], "covariance": [36][36]}."""
    found = features(picture)
    difference = found.mean(axis=0) - np.array(pristine["mean"])
    covariance = (np.cov(found, rowvar=False) + np.array(pristine["covariance"])) / 2
    return float(np.sqrt(difference @ np.linalg.pinv(covariance) @ difference))
