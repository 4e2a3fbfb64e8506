"""The whole restoration: encode, one step, decode, transfer (design: one-step restoration as in GenDR).

    z  = encode(2x - 1) * scale
    e  = unet(z, t, c),                          t and c of the setting
    z0 = (z - sqrt(beta) e) / sqrt(alpha),    alpha = beta = 0.5
    y  = (decode(z0 / scale) + 1) / 2, then what the transfer returns of x, and the setting's grain
"""

import math
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from grain import GrainGate, grain
from transfer import Gates, enlarged, transfer
from unet import UNet
from vae import Autoencoder

ALPHA = BETA = 0.5


def one_setting(config: dict) -> dict:
    """The configuration with its default setting alone and no grain: what is trained without a choice between settings."""
    return config | {"settings": dict([list(config["settings"].items())[-1]]), "grain": {}}


class Restoration(nn.Module):
    """Autoencoder, one-step network, prompt embeddings and the gates of the transfer, trained together.

    A setting is how the UNet is asked: one timestep and one prompt. `config["settings"]` has the timestep of each by name,
    `prompt` is [settings, tokens, channels]; settings are told by their index, and the last is the default. `config["grain"]` has how much
    grain a setting gets, times what the gate of the grain says, which place_grain.py adds; those that it does not name get none.
    """

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        self.settings = list(config["settings"])
        timesteps = torch.tensor([float(t) for t in config["settings"].values()])
        self.register_buffer("timesteps", timesteps, persistent=False)
        grains = torch.tensor([config.get("grain", {}).get(setting, 0.0) for setting in self.settings])
        self.register_buffer("grains", grains, persistent=False)
        self.levels = config["colour_levels"]
        self.scale = config["vae"]["scaling_factor"]
        self.vae = Autoencoder(config["vae"])
        self.unet = UNet(config["unet"])
        self.gates = Gates(self.levels)
        self.grain_gate = GrainGate(self.levels) if config.get("grain") else None
        self.prompt = nn.Parameter(torch.randn(len(self.settings), config["prompt_tokens"], config["unet"]["cross_attention_dim"]))
        self.multiple = 8 * 2 ** (len(config["unet"]["block_out_channels"]) - 1)

    def asked(self, setting: int | Tensor = -1) -> tuple[Tensor, Tensor]:
        """Timesteps [1 or n] and prompts [1 or n, tokens, channels] of one setting, or of one for each of n pictures."""
        one = setting % len(self.settings)
        index = slice(one, one + 1) if isinstance(setting, int) else one
        return self.timesteps[index], self.prompt[index]

    def step(self, z: Tensor, setting: int | Tensor = -1) -> Tensor:
        """The restored latent of z [n, 16, h, w], both scaled."""
        e = self.unet(z, *self.asked(setting))
        return (z - math.sqrt(BETA) * e) / math.sqrt(ALPHA)

    def network(self, x: Tensor, setting: int | Tensor = -1) -> Tensor:
        """The restored picture before the transfer; x [n, 3, h, w] in 0..1, sides multiples of `multiple`."""
        z = self.vae.encode(2 * x - 1) * self.scale
        return (self.vae.decode(self.step(z, setting) / self.scale) + 1) / 2

    def transfer(self, y: Tensor, x: Tensor) -> tuple[Tensor, Tensor]:
        """y with what returns of x, and the features that decided it, in float32."""
        with torch.autocast(y.device.type, enabled=False):
            return transfer(y.float(), x, self.gates, self.levels)

    def reconstruct(self, x: Tensor) -> Tensor:
        """decode(encode(x)) in 0..1, the autoencoder alone."""
        return (self.vae.decode(self.vae.encode(2 * x - 1)) + 1) / 2

    def both(self, x: Tensor, sharp: Tensor, setting: int | Tensor = -1) -> tuple[Tensor, Tensor]:
        """forward(x) and reconstruct(sharp) in one pass through encoder and decoder; equal heights and widths."""
        z = self.vae.encode(2 * torch.cat([x, sharp]) - 1)
        given, kept = z[: len(x)] * self.scale, z[len(x) :]
        z0 = self.step(given, setting)
        y, reconstructed = ((self.vae.decode(torch.cat([z0 / self.scale, kept])).float() + 1) / 2).split([len(x), len(sharp)])
        return self.transfer(y, x)[0], reconstructed

    def forward(self, x: Tensor, setting: int | Tensor = -1) -> Tensor:
        """The restored picture, [n, 3, h, w], not clamped; x is the upscaled poor picture in 0..1."""
        return self.transfer(self.network(x, setting), x)[0]

    def restore(self, x: Tensor, setting: int | Tensor = -1) -> Tensor:
        """As forward, for any size, with grain, clamped to 0..1."""
        restored, seen = self.observed(x, setting)
        if self.grain_gate:
            restored = grain(restored, enlarged(self.grain_gate(seen), *x.shape[-2:]), self.grains[setting])
        return restored.clamp(0, 1)

    def observed(self, x: Tensor, setting: int | Tensor = -1) -> tuple[Tensor, Tensor]:
        """As forward, for any size, and the transfer's features: reflects at the borders up to the multiple, and crops."""
        height, width = x.shape[-2:]
        margins = (0, -width % self.multiple, 0, -height % self.multiple)
        return self.transfer(self.network(F.pad(x, margins, mode="reflect"), setting)[..., :height, :width], x)


def load_average(checkpoint: Path) -> tuple[Restoration, dict]:
    """The model with averaged weights, and the checkpoint."""
    state = torch.load(checkpoint, map_location="cpu", weights_only=False)
    model = Restoration(state["config"])
    model.load_state_dict(state["average"])
    return model.eval().requires_grad_(False), state
