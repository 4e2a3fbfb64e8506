"""What a trained network teaches another: of the detail that it draws what is founded.

A network that was asked for detail draws some where it knows nothing: beads along edges, a fine regular pattern on surfaces. There its detailed restoration is far
stronger in the finest bands than its faithful one, which draws only what is certain. With a the faithful restoration, d what the detailed one adds to it,
and low_1, low_2 Gaussians, the lesson is

    a + 1.5 (low_2 low_1 d + m_2 (low_1 d - low_2 low_1 d) + m_1 (d - low_1 d)),
    m_i = min(1, (limit_i rms(the same band of a) + 0.5 / 255) / rms(that of d)):

what is left is drawn stronger than the teacher does, for what it costs in PSNR is less than what the beads cost. a is the mean of what the teacher
makes of the picture and of its mirror image: nearer to what can be known than either.

    python lessons.py --teacher CHECKPOINT --pool POOL --out LESSONS [--bf16]      # a pool for train.py direct --lessons LESSONS
"""

import argparse
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from loop import Pool, batch
from metrics import gaussian_window
from pool import new_files
from restoration import Restoration, load_average
from transfer import opponent

TOGETHER = 8
SIGMAS, LIMITS, FLOOR = (0.7, 1.5), (2.0, 0.3), 0.5 / 255
STRENGTH, LOCAL = 1.5, 3.0


@torch.no_grad()
def lesson(teacher: Restoration, poor: Tensor) -> Tensor:
    """What a pupil is asked for in the detailed setting, [n, 3, h, w] in 0..1; sides are multiples of 32."""
    mirrored = teacher(poor.flip(3), 0).flip(3)
    sure, detailed = teacher(poor, 0), teacher(poor, -1)
    with torch.autocast(poor.device.type, enabled=False):
        return founded((sure + mirrored) / 2, detailed)


def make_lessons(teacher: Restoration, options: argparse.Namespace) -> None:
    """Writes a pool whose sharp pictures are the lessons, uint8 [pairs, side, side, 3], for crops of another's poor ones."""
    files = new_files(options.out, options.pairs, options.side)
    pool, rng = Pool(options.pool, options.device).pairs[1:], np.random.default_rng(options.seed)
    for first in range(0, options.pairs, TOGETHER):
        (poor,) = batch(pool, min(TOGETHER, options.pairs - first), options.side, rng)
        poor = poor.to(options.device).contiguous(memory_format=torch.channels_last)
        with torch.autocast(poor.device.type, torch.bfloat16, enabled=options.bf16):
            pictures = (lesson(teacher, poor), poor)
        for file, picture in zip(files, pictures, strict=True):
            file[first : first + TOGETHER] = (picture.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).cpu().numpy()


def founded(sure: Tensor, detailed: Tensor) -> Tensor:
    """The detailed restoration, stronger, but for the finest detail that the sure one does not bear out; [n, 3, h, w] in 0..1."""
    added, result = detailed - sure, sure
    for sigma, limit in zip(SIGMAS, LIMITS, strict=True):
        low, sure_low = low_pass(added, sigma), low_pass(sure, sigma)
        allowed = limit * strength(sure - sure_low) + FLOOR
        result = result + STRENGTH * (allowed / strength(added - low).clamp(min=1e-6)).clamp(max=1) * (added - low)
        added, sure = low, sure_low
    return result + STRENGTH * added


def strength(band: Tensor) -> Tensor:
    """Local root mean square of the luma, [n, 1, h, w]."""
    return low_pass(opponent(band)[:, :1].square(), LOCAL).sqrt()


def low_pass(x: Tensor, sigma: float) -> Tensor:
    """x through a Gaussian along both axes, borders replicated."""
    reach, channels = round(3 * sigma), x.shape[1]
    window = gaussian_window(2 * reach + 1, sigma, x.device).to(x.dtype).expand(channels, 1, 1, -1)
    across = F.conv2d(F.pad(x, (reach, reach, 0, 0), mode="replicate"), window, groups=channels)
    return F.conv2d(F.pad(across, (0, 0, reach, reach), mode="replicate"), window.transpose(2, 3), groups=channels)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--teacher", type=Path, required=True, help="checkpoint of a network of any size")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--pairs", type=int, default=8000)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--bf16", action="store_true", help="the teacher in bfloat16")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    options = parser.parse_args()
    make_lessons(load_average(options.teacher)[0].to(options.device, memory_format=torch.channels_last), options)
