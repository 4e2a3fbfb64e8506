"""Lets the decoder tell the settings apart from the first step of training.

A decoder has no input but the latent, so it learns two settings only where their latents differ; left to themselves they begin
alike, and a network that is asked for one thing in both keeps them so. Here the first group of channels of the UNet's last block
carries nothing but the timestep, and its last convolution turns that into an offset of the latent: none for the first setting,
`DISTANCE` deviations of each channel, up and down in turn, for the last.
"""

from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from loop import to_tensor
from restoration import Restoration

DISTANCE = 6.0
SAMPLES = 48


def sample(pool: Path) -> np.ndarray:
    """Poor pictures of a pool, uint8 [48, 256, 256, 3], enough to take means from."""
    return np.load(pool / "poor.npy", mmap_mode="r")[:SAMPLES]


@torch.no_grad()
def tell_apart(model: Restoration, poor: np.ndarray) -> None:
    """Changes a fresh model so that its UNet answers the same everywhere in a picture: nothing in the first setting, DISTANCE deviations in the last.

    poor: uint8 [n, h, w, 3], what the latents' deviation is taken from. A group of the UNet's norms must have more than two channels: of two, the norm
    leaves only the order.
    """
    unet, block = model.unet, model.unet.up_blocks[-1].resnets[-1]
    z = model.vae.encode(2 * to_tensor(poor) - 1) * model.scale
    offset = DISTANCE * z.std((0, 2, 3)) * torch.tensor([1.0, -1.0]).repeat(z.shape[1] // 2)
    own = channels_of_settings(model)
    block.conv1.weight[own] *= 0.01
    block.time_emb_proj.weight[own] *= 80
    for layer in (block.conv2, block.conv_shortcut):
        layer.weight[own] = 0
        layer.bias[own] = 0
    mixed = block.conv2.weight[own, own, 1, 1]
    block.conv2.weight[own, own, 1, 1] = torch.randn_like(mixed) / own.stop**0.5
    means = [mean_features(model, z, setting) for setting in (0, -1)]
    change = torch.zeros_like(means[0])
    change[own] = (means[1] - means[0])[own]
    weight = offset[:, None] * change[None] / change.square().sum()
    unet.conv_out.weight.zero_()
    unet.conv_out.weight[..., 1, 1] = weight
    unet.conv_out.bias.copy_(-weight @ means[0])


def mean_features(model: Restoration, z: torch.Tensor, setting: int) -> torch.Tensor:
    """Means of what the UNet's last convolution sees, [channels], for latents z in one setting."""
    seen = []
    hook = model.unet.conv_norm_out.register_forward_hook(lambda *call: seen.append(F.silu(call[-1]).mean((0, 2, 3))))
    model.unet(z, *model.asked(setting))
    hook.remove()
    return seen[0]


def channels_of_settings(model: Restoration) -> slice:
    """The channels of the UNet's last block that carry the setting: one group of its norms."""
    return slice(model.unet.config["block_out_channels"][0] // model.unet.config["norm_num_groups"])
