"""The autoencoder: AutoencoderKL's structure and key names in Diffusers' layout.

Facts about the layout: Hugging Face Diffusers, models/autoencoders (Apache-2.0); the code is our own.
All norms are group norms with eps 1e-6; a stage halves the image by a 3x3 convolution of stride 2 after padding
right and bottom by one; the decoder has one residual block more per stage than the encoder.

Where the autoencoder takes and gives 3 p^2 channels, these are the squares of p x p pixels of the picture (pixel unshuffle and shuffle, as GenDR-Pix has
them around its UNet, arXiv 2602.10630): nothing is computed at the picture's own size, which is what a picture enlarged p times holds nothing at.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

EPS, MIDDLE = 1e-6, 2


def patch_of(config: dict) -> int:
    """Side of the squares of pixels that an autoencoder takes as channels; 1 where it takes pixels."""
    return math.isqrt(config["in_channels"] // 3)


class Residual(nn.Module):
    """x + conv(silu(norm(conv(silu(norm(x)))))), [n, channels, h, w] to [n, out_channels, h, w].

    With `time_channels`, a time embedding [n, time_channels] is added as a bias between the convolutions.
    """

    def __init__(self, channels: int, out_channels: int, groups: int, eps: float = EPS, time_channels: int = 0):
        super().__init__()
        self.norm1 = nn.GroupNorm(groups, channels, eps)
        self.conv1 = nn.Conv2d(channels, out_channels, 3, padding=1)
        if time_channels:
            self.time_emb_proj = nn.Linear(time_channels, out_channels)
        self.norm2 = nn.GroupNorm(groups, out_channels, eps)
        self.conv2 = nn.Conv2d(out_channels, out_channels, 3, padding=1)
        self.conv_shortcut = nn.Conv2d(channels, out_channels, 1) if channels != out_channels else None

    def forward(self, x: Tensor, time: Tensor | None = None) -> Tensor:
        h = self.conv1(F.silu(self.norm1(x)))
        if time is not None:
            h = h + self.time_emb_proj(F.silu(time))[:, :, None, None]
        h = self.conv2(F.silu(self.norm2(h)))
        return h + (x if self.conv_shortcut is None else self.conv_shortcut(x))


class Sampler(nn.Module):
    """Halves or doubles the image, then or thereby convolves; a module of its own because the layout names it."""

    def __init__(self, channels: int, direction: str, padding: int = 0):
        super().__init__()
        self.direction = direction
        down = direction == "down"
        self.padding = padding
        self.conv = nn.Conv2d(channels, channels, 3, stride=2 if down else 1, padding=padding if down else 1)

    def forward(self, x: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """`size` is the doubled size where it is odd."""
        if self.direction == "up":
            return self.conv(F.interpolate(x, size or tuple(2 * n for n in x.shape[-2:]), mode="nearest"))
        return self.conv(F.pad(x, (0, 1, 0, 1)) if self.padding == 0 else x)


class SpatialAttention(nn.Module):
    """Self-attention of one head over all positions, with biases, x + attention(norm(x))."""

    def __init__(self, channels: int, groups: int):
        super().__init__()
        self.group_norm = nn.GroupNorm(groups, channels, EPS)
        self.to_q, self.to_k, self.to_v = (nn.Linear(channels, channels) for _ in range(3))
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        tokens = self.group_norm(x).flatten(2).transpose(1, 2)
        seen = F.scaled_dot_product_attention(*(f(tokens)[:, None] for f in (self.to_q, self.to_k, self.to_v)))
        return x + self.to_out[0](seen[:, 0]).transpose(1, 2).reshape(x.shape)


class Middle(nn.Module):
    """Residual blocks, with attention after the first where wanted."""

    def __init__(self, channels: int, layers: int, groups: int, attention: bool):
        super().__init__()
        self.resnets = nn.ModuleList(Residual(channels, channels, groups) for _ in range(layers))
        self.attentions = nn.ModuleList([SpatialAttention(channels, groups)] if attention else [])

    def forward(self, x: Tensor) -> Tensor:
        for block in (*self.resnets[:1], *self.attentions, *self.resnets[1:]):
            x = block(x)
        return x


class Stage(nn.Module):
    """Residual blocks at one size, then a change of size where wanted."""

    def __init__(self, channels: int, out_channels: int, layers: int, groups: int, sampler: str | None):
        super().__init__()
        self.resnets = nn.ModuleList(
            Residual(channels if i == 0 else out_channels, out_channels, groups) for i in range(layers)
        )
        if sampler:
            setattr(self, f"{sampler}samplers", nn.ModuleList([Sampler(out_channels, sampler)]))
        self.sampler = sampler

    def forward(self, x: Tensor) -> Tensor:
        for resnet in self.resnets:
            x = resnet(x)
        return getattr(self, f"{self.sampler}samplers")[0](x) if self.sampler else x


def layers_of(config: dict) -> tuple[list[int], list[int]]:
    """Residual blocks of encoder and decoder at each size, the full one first, and in the middle.

    `layers_per_block` is the encoder's number, the decoder having one more, or, other than in Diffusers, {"encoder": [...], "decoder": [...]}.
    """
    layers, sizes = config["layers_per_block"], len(config["block_out_channels"])
    return (layers["encoder"], layers["decoder"]) if isinstance(layers, dict) else ([layers] * sizes + [MIDDLE], [layers + 1] * sizes + [MIDDLE])


class Encoder(nn.Module):
    """[n, in_channels, h, w] in -1..1 to [n, 2 * latent_channels, h/f, w/f] (mean, log variance), f = 2^(stages - 1)."""

    def __init__(self, config: dict):
        super().__init__()
        widths, groups = config["block_out_channels"], config["norm_num_groups"]
        *stages, middle = layers_of(config)[0]
        self.conv_in = nn.Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.down_blocks = nn.ModuleList(
            Stage(widths[max(i - 1, 0)], width, layers, groups, "down" if i < len(widths) - 1 else None)
            for i, (width, layers) in enumerate(zip(widths, stages, strict=True))
        )
        self.mid_block = Middle(widths[-1], middle, groups, config["mid_block_add_attention"])
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], EPS)
        self.conv_out = nn.Conv2d(widths[-1], 2 * config["latent_channels"], 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv_in(x)
        for block in self.down_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(self.mid_block(x))))


class Decoder(nn.Module):
    """[n, latent_channels, h, w] to [n, out_channels, f h, f w], about -1..1."""

    def __init__(self, config: dict):
        super().__init__()
        widths, groups = config["block_out_channels"][::-1], config["norm_num_groups"]
        *stages, middle = layers_of(config)[1]
        self.conv_in = nn.Conv2d(config["latent_channels"], widths[0], 3, padding=1)
        self.mid_block = Middle(widths[0], middle, groups, config["mid_block_add_attention"])
        self.up_blocks = nn.ModuleList(
            Stage(widths[max(i - 1, 0)], width, layers, groups, "up" if i < len(widths) - 1 else None)
            for i, (width, layers) in enumerate(zip(widths, stages[::-1], strict=True))
        )
        self.conv_norm_out = nn.GroupNorm(groups, widths[-1], EPS)
        self.conv_out = nn.Conv2d(widths[-1], config["out_channels"], 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        x = self.mid_block(self.conv_in(z))
        for block in self.up_blocks:
            x = block(x)
        return self.conv_out(F.silu(self.conv_norm_out(x)))


class Autoencoder(nn.Module):
    """Encoder and decoder of one AutoencoderKL; `config` has Diffusers' keys."""

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        self.patch = patch_of(config)
        self.encoder = Encoder(config)
        self.decoder = Decoder(config)
        channels = config["latent_channels"]
        self.quant_conv = nn.Conv2d(2 * channels, 2 * channels, 1) if config["use_quant_conv"] else None
        self.post_quant_conv = nn.Conv2d(channels, channels, 1) if config["use_post_quant_conv"] else None

    def posterior(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Mean and log variance, each [n, latent_channels, h/8, w/8], of x [n, 3, h, w] in -1..1; sides are multiples of 8."""
        moments = self.encoder(F.pixel_unshuffle(x, self.patch))
        mean, log_variance = (moments if self.quant_conv is None else self.quant_conv(moments)).chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)

    def encode(self, x: Tensor) -> Tensor:
        """The posterior's mean."""
        return self.posterior(x)[0]

    def decode(self, z: Tensor) -> Tensor:
        """The picture, about -1..1, of an unscaled latent."""
        return F.pixel_shuffle(self.decoder(z if self.post_quant_conv is None else self.post_quant_conv(z)), self.patch)

    @torch.no_grad()
    def evened(self) -> "Autoencoder":
        """The same in Diffusers' layout, which knows one number of residual blocks for all sizes: those that are missing have a last convolution of zeros."""
        encoder, decoder = (layers[:-1] for layers in layers_of(self.config))
        even = Autoencoder(self.config | {"layers_per_block": max(*encoder, *(layers - 1 for layers in decoder))})
        own = self.state_dict()
        even.load_state_dict({name: own[name] if name in own else idle(name, value) for name, value in even.state_dict().items()})
        return even


def idle(name: str, value: Tensor) -> Tensor:
    """A weight of a residual block that does nothing."""
    return torch.zeros_like(value) if ".conv" in name else value
