"""The one-step network: UNet2DConditionModel's structure and key names in Diffusers' layout.

Facts about the layout: Hugging Face Diffusers, models/unets (Apache-2.0); the code is our own. Only what our
configurations use exists here: linear projections, GEGLU with exact GELU, one transformer layer per block.
`attention_head_dim` holds numbers of heads (a historic misnomer of the layout).
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from vae import Residual, Sampler


class Attention(nn.Module):
    """Multi-head attention of tokens [n, t, channels] to a context [n or 1, s, context_channels]; no bias on q, k, v."""

    def __init__(self, channels: int, context_channels: int, heads: int):
        super().__init__()
        self.heads = heads
        self.to_q = nn.Linear(channels, channels, bias=False)
        self.to_k = nn.Linear(context_channels, channels, bias=False)
        self.to_v = nn.Linear(context_channels, channels, bias=False)
        self.to_out = nn.ModuleList([nn.Linear(channels, channels)])

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        q, k, v = (
            t.unflatten(-1, (self.heads, -1)).transpose(1, 2)
            for t in (self.to_q(x), self.to_k(context), self.to_v(context))
        )
        return self.to_out[0](F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


class GatedLinear(nn.Module):
    """GEGLU (Shazeer 2020): one half of a projection, gated by the GELU of the other."""

    def __init__(self, channels: int, hidden: int):
        super().__init__()
        self.proj = nn.Linear(channels, 2 * hidden)

    def forward(self, x: Tensor) -> Tensor:
        value, gate = self.proj(x).chunk(2, dim=-1)
        return value * F.gelu(gate)


class FeedForward(nn.Module):
    """Gated expansion by four and projection back."""

    def __init__(self, channels: int):
        super().__init__()
        self.net = nn.ModuleList([GatedLinear(channels, 4 * channels), nn.Identity(), nn.Linear(4 * channels, channels)])

    def forward(self, x: Tensor) -> Tensor:
        return self.net[2](self.net[0](x))


class TransformerBlock(nn.Module):
    """Self-attention, cross-attention and feed-forward, each on a layer norm and added back."""

    def __init__(self, channels: int, context_channels: int, heads: int):
        super().__init__()
        self.norm1, self.norm2, self.norm3 = (nn.LayerNorm(channels) for _ in range(3))
        self.attn1 = Attention(channels, channels, heads)
        self.attn2 = Attention(channels, context_channels, heads)
        self.ff = FeedForward(channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        seen = self.norm1(x)
        x = x + self.attn1(seen, seen)
        x = x + self.attn2(self.norm2(x), context)
        return x + self.ff(self.norm3(x))


class Transformer(nn.Module):
    """A transformer block over the positions of x [n, channels, h, w], added back to x."""

    def __init__(self, channels: int, context_channels: int, heads: int, groups: int):
        super().__init__()
        self.norm = nn.GroupNorm(groups, channels, 1e-6)
        self.proj_in = nn.Linear(channels, channels)
        self.transformer_blocks = nn.ModuleList([TransformerBlock(channels, context_channels, heads)])
        self.proj_out = nn.Linear(channels, channels)

    def forward(self, x: Tensor, context: Tensor) -> Tensor:
        tokens = self.proj_in(self.norm(x).flatten(2).transpose(1, 2))
        tokens = self.transformer_blocks[0](tokens, context)
        return x + self.proj_out(tokens).transpose(1, 2).reshape(x.shape)


class Level(nn.Module):
    """Residual blocks, each with a transformer where wanted, then a change of size where wanted."""

    def __init__(self, config: dict, inputs: list[int], channels: int, heads: int | None, sampler: str | None):
        super().__init__()
        groups, time_channels = config["norm_num_groups"], 4 * config["block_out_channels"][0]
        self.resnets = nn.ModuleList(
            Residual(width, channels, groups, config["norm_eps"], time_channels) for width in inputs
        )
        if heads:
            self.attentions = nn.ModuleList(
                Transformer(channels, config["cross_attention_dim"], heads, groups) for _ in inputs
            )
        self.attends = bool(heads)
        if sampler:
            setattr(self, f"{sampler}samplers", nn.ModuleList([Sampler(channels, sampler, padding=1)]))
        self.sampler = sampler

    def layer(self, index: int, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        """The index-th residual block and its transformer."""
        x = self.resnets[index](x, time)
        return self.attentions[index](x, context) if self.attends else x

    def resample(self, x: Tensor, size: tuple[int, int] | None = None) -> Tensor:
        """The change of size at the end of this level; upwards, to `size`."""
        return getattr(self, f"{self.sampler}samplers")[0](x, size)


class UNetMiddle(nn.Module):
    """Residual block, transformer, residual block."""

    def __init__(self, config: dict):
        super().__init__()
        width, groups = config["block_out_channels"][-1], config["norm_num_groups"]
        time_channels = 4 * config["block_out_channels"][0]
        self.resnets = nn.ModuleList(Residual(width, width, groups, config["norm_eps"], time_channels) for _ in range(2))
        self.attentions = nn.ModuleList(
            [Transformer(width, config["cross_attention_dim"], config["attention_head_dim"][-1], groups)]
        )

    def forward(self, x: Tensor, time: Tensor, context: Tensor) -> Tensor:
        return self.resnets[1](self.attentions[0](self.resnets[0](x, time), context), time)


class TimeEmbedding(nn.Module):
    """Two linear layers with SiLU between them."""

    def __init__(self, channels: int):
        super().__init__()
        self.linear_1 = nn.Linear(channels, 4 * channels)
        self.linear_2 = nn.Linear(4 * channels, 4 * channels)

    def forward(self, x: Tensor) -> Tensor:
        return self.linear_2(F.silu(self.linear_1(x)))


def sinusoids(timestep: float | Tensor, channels: int) -> Tensor:
    """[1 or n, channels]: cosines, then sines of t / 10000^(i / half), i < half (flip_sin_to_cos, freq_shift 0)."""
    half = channels // 2
    t = torch.as_tensor(timestep, dtype=torch.float32).reshape(-1, 1)
    angles = t * torch.exp(-math.log(10000) * torch.arange(half, dtype=torch.float32, device=t.device) / half)
    return torch.cat([angles.cos(), angles.sin()], dim=1)


class UNet(nn.Module):
    """e = unet(z, t, c): z and e [n, 16, h, w], t one number or [n], c [1, tokens, cross_attention_dim]; `config` has Diffusers' keys."""

    def __init__(self, config: dict):
        super().__init__()
        self.config = config
        widths, layers = config["block_out_channels"], config["layers_per_block"]
        heads = config["attention_head_dim"]
        last = len(widths) - 1
        self.conv_in = nn.Conv2d(config["in_channels"], widths[0], 3, padding=1)
        self.time_embedding = TimeEmbedding(widths[0])
        self.down_blocks = nn.ModuleList()
        skips = [widths[0]]
        for i, (kind, width) in enumerate(zip(config["down_block_types"], widths, strict=True)):
            inputs = [widths[max(i - 1, 0)]] + [width] * (layers - 1)
            attends = heads[i] if kind.startswith("CrossAttn") else None
            self.down_blocks.append(Level(config, inputs, width, attends, "down" if i < last else None))
            skips += [width] * (layers + (i < last))
        self.mid_block = UNetMiddle(config)
        self.up_blocks = nn.ModuleList()
        incoming = widths[-1]
        for i, kind in enumerate(config["up_block_types"]):
            width = widths[last - i]
            inputs = [(incoming if j == 0 else width) + skips.pop() for j in range(layers + 1)]
            attends = heads[last - i] if kind.startswith("CrossAttn") else None
            self.up_blocks.append(Level(config, inputs, width, attends, "up" if i < last else None))
            incoming = width
        self.conv_norm_out = nn.GroupNorm(config["norm_num_groups"], widths[0], config["norm_eps"])
        self.conv_out = nn.Conv2d(widths[0], config["out_channels"], 3, padding=1)

    def forward(self, z: Tensor, timestep: float | Tensor, context: Tensor, taps: dict[str, Tensor] | None = None) -> Tensor:
        """e; `taps` takes the features after the first level ("shallow") and in the middle ("deep")."""
        time = self.time_embedding(sinusoids(timestep, self.config["block_out_channels"][0]).to(z))
        context = context.expand(z.shape[0], -1, -1)
        x = self.conv_in(z)
        skips = [x]
        for level in self.down_blocks:
            for index in range(len(level.resnets)):
                x = level.layer(index, x, time, context)
                skips.append(x)
            if level.sampler:
                x = level.resample(x)
                skips.append(x)
            if taps is not None:
                taps.setdefault("shallow", x)
        x = self.mid_block(x, time, context)
        if taps is not None:
            taps["deep"] = x
        for level in self.up_blocks:
            for index in range(len(level.resnets)):
                x = level.layer(index, torch.cat([x, skips.pop()], dim=1), time, context)
            if level.sampler:
                x = level.resample(x, tuple(skips[-1].shape[-2:]))
        return self.conv_out(F.silu(self.conv_norm_out(x)))
