"""The base diffusion model on the latents of sharp pictures: noise prediction, with representation alignment where an encoder is given."""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from alignment import FrozenEncoder, Projection, alignment
from diffusion import Schedule, denoising
from loop import Stage, follow, learning_rate, rated, set_rate, sheet_of, to_tensor
from restoration import Restoration, one_setting

AVERAGE = 0.999
ALIGNMENT = 0.5
HELD_OUT_TIMES = (100, 300, 500, 700, 900)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this stage reads."""
    parser.add_argument("--autoencoder", type=Path, required=True, help="checkpoint whose averaged autoencoder is used, frozen")
    parser.add_argument("--encoder", type=Path, help="TorchScript of a frozen encoder (DINOv2) for REPA; without it, no alignment")


@torch.no_grad()
def unit_scale(model: Restoration, pool: Path, crops: int = 64) -> float:
    """1 / deviation of the latents of the pool's first sharp crops: noise and latents are then of one size."""
    sharp = np.load(pool / "sharp.npy", mmap_mode="r")[:crops]
    device = next(model.parameters()).device
    latents = torch.cat([model.vae.encode(2 * to_tensor(picture[None]).to(device) - 1) for picture in sharp])
    return round(1 / latents.std().item(), 4)


class Base(Stage):
    """UNet and prompt embedding on a frozen autoencoder."""

    def __init__(self, config: dict, options: argparse.Namespace):
        self.peak = config["training"]["rates"]["base"]
        self.schedule = Schedule()
        config.update(one_setting(config))
        self.model, self.average = (Restoration(config).to(options.device, memory_format=torch.channels_last) for _ in range(2))
        state = torch.load(options.autoencoder, map_location="cpu", weights_only=False)
        self.model.vae.load_state_dict({n[4:]: weight for n, weight in state["average"].items() if n.startswith("vae.")})
        self.model.scale = self.average.scale = config["vae"]["scaling_factor"] = unit_scale(self.model, options.pool)
        self.average.load_state_dict(self.model.state_dict())
        self.average.requires_grad_(False)
        self.model.vae.requires_grad_(False)
        self.encoder = FrozenEncoder(options.encoder).to(options.device) if options.encoder else None
        trained = [*self.model.unet.parameters(), self.model.prompt]
        self.projection = None
        if self.encoder:
            features = self.encoder(torch.zeros(1, 3, 56, 56, device=options.device)).shape[1]
            self.projection = Projection(config["unet"]["block_out_channels"][0], features).to(options.device)
            trained += self.projection.parameters()
        self.trained = trained
        self.optimiser = torch.optim.AdamW(rated(trained), lr=self.peak, betas=(0.9, 0.99), weight_decay=0.01)

    def parts(self) -> dict:
        parts = {"model": self.model, "average": self.average, "optimiser": self.optimiser}
        return parts | ({"projection": self.projection} if self.projection else {})

    def update(self, sharp: Tensor, poor: Tensor, progress: float) -> dict[str, Tensor]:
        set_rate(self.optimiser, learning_rate(self.step, progress, self.peak))
        model = self.model
        with torch.no_grad():
            z = model.vae.encode(2 * sharp - 1) * model.scale
        t = self.schedule.draw(len(z), 0, 1).to(z.device)
        noise = torch.randn_like(z)
        taps: dict[str, Tensor] = {}
        e = model.unet(self.schedule.diffuse(z, noise, t), t, model.prompt, taps)
        losses = {"denoising": denoising(e, noise)}
        total = losses["denoising"]
        if self.encoder:
            losses["alignment"] = alignment(self.projection(taps["shallow"]), self.encoder(sharp))
            total = total + ALIGNMENT * losses["alignment"]
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        torch.nn.utils.clip_grad_norm_(self.trained, 1.0)
        self.optimiser.step()
        follow(self.average.parameters(), model.parameters(), self.step + 1, AVERAGE)
        return {name: loss.detach() for name, loss in losses.items()}

    @torch.no_grad()
    def validate(self, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
        """The error at a few noise levels, and what one step makes of each."""
        model, generator = self.average, torch.Generator().manual_seed(0)
        device = next(model.parameters()).device
        errors, rows = [], []
        for picture in sharp[:4]:
            target = to_tensor(picture[None, :256, :256])
            z = model.vae.encode(2 * target.to(device) - 1) * model.scale
            row = [target]
            for time in HELD_OUT_TIMES:
                t = torch.tensor([time], device=device)
                noise = torch.randn(z.shape, generator=generator).to(device)
                z_t = self.schedule.diffuse(z, noise, t)
                e = model.unet(z_t, t, model.prompt)
                errors.append(float(denoising(e, noise)))
                row.append((model.vae.decode(self.schedule.clean(z_t, e, t) / model.scale) + 1) / 2)
            rows.append(row)
        sheet_of(rows, sheet)
        return {"denoising": round(float(np.mean(errors)), 5)}
