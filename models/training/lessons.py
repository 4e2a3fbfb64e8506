"""What a trained network teaches one with fewer blocks: its own restorations, and of the detail that it draws what is founded.

A network that was asked for detail draws some where it knows nothing: beads along edges, a fine regular pattern on surfaces. There its detailed restoration is far
stronger in the finest bands than its faithful one, which draws only what is certain. With a the faithful restoration, d what the detailed one adds to it,
and low_1, low_2 Gaussians, the lesson is

    a + 1.5 (low_2 low_1 d + m_2 (low_1 d - low_2 low_1 d) + m_1 (d - low_1 d)),
    m_i = min(1, (limit_i rms(the same band of a) + 0.5 / 255) / rms(that of d)):

what is left is drawn stronger than the teacher does, for what it costs in PSNR is less than what the beads cost.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from metrics import gaussian_window
from restoration import Restoration
from transfer import opponent

SIGMAS, LIMITS, FLOOR = (0.7, 1.5), (2.0, 0.3), 0.5 / 255
STRENGTH, LOCAL = 1.5, 3.0


@torch.no_grad()
def lesson(teacher: Restoration, poor: Tensor, faithful: int) -> Tensor:
    """What a pupil is asked for: of the first so many pictures the faithful restoration, of the others the founded detailed one, [n, 3, h, w]."""
    sure, detailed = teacher(poor, 0), teacher(poor[faithful:], -1)
    with torch.autocast(poor.device.type, enabled=False):
        return torch.cat([sure[:faithful], founded(sure[faithful:], detailed)])


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
