"""One-step restoration from a base diffusion model: VSD, SiD, CiD or CiDA (GenDR, arXiv 2503.06790, section 3).

One frozen UNet carries four adapters: the restorer, the score of good pictures, the score of the restorer's pictures, and
the discriminator. Each step trains the restorer by the method's loss, then both scores and the discriminator on its output.
"""

import argparse
import copy
import math
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from adapters import activate, adapt, adapter_parameters, merge
from alignment import FrozenEncoder, Projection, alignment
from diffusion import Schedule, denoising
from distillation import cid, cida, deceive, discriminate, sid, vsd
from loop import Stage, learning_rate, set_rate
from restoration import ALPHA, BETA, Restoration, one_setting
from stages.direct import validate

METHODS = ("vsd", "sid", "cid", "cida")
ROLES = ("restorer", "real", "fake", "critic")
WEIGHTS = (1.0, 0.1, 0.1)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What only this stage reads."""
    parser.add_argument("--base", type=Path, required=True, help="checkpoint of the base stage")
    parser.add_argument("--method", choices=METHODS, default="cida")
    parser.add_argument("--xi", type=float, default=0.5, help="weight of the score gap in SiD and CiD")
    parser.add_argument("--lambdas", type=float, nargs=3, default=WEIGHTS, help="CiD, adversarial and REPA in CiDA")
    parser.add_argument("--encoder", type=Path, help="TorchScript of a frozen encoder (DINOv2) for REPA; without it, that term is nothing")


class Head(nn.Sequential):
    """From deep features [n, channels, h, w] to one value at each position, high where they seem to be of a true picture."""

    def __init__(self, channels: int):
        super().__init__(nn.GroupNorm(8, channels), nn.Conv2d(channels, 64, 1), nn.SiLU(), nn.Conv2d(64, 1, 1))


class Distil(Stage):
    """The base with its adapters, the head of the discriminator, and their optimisers."""

    def __init__(self, config: dict, options: argparse.Namespace):
        training, widths = config["training"], config["unet"]["block_out_channels"]
        self.method, self.xi, self.lambdas = options.method, options.xi, tuple(options.lambdas)
        self.peaks = {"restorer": training["rates"]["distil"], "scores": training["rates"]["scores"]}
        self.schedule = Schedule()
        state = torch.load(options.base, map_location="cpu", weights_only=False)
        config["vae"]["scaling_factor"] = state["config"]["vae"]["scaling_factor"]
        config.update(one_setting(config))
        self.model = Restoration(config)
        self.model.load_state_dict(state["average"])
        self.model.requires_grad_(False)
        adapt(self.model.unet, ROLES, **training["adapter"])
        self.model.to(options.device, memory_format=torch.channels_last)
        self.head = Head(widths[-1]).to(options.device)
        self.encoder = FrozenEncoder(options.encoder).to(options.device) if options.encoder else None
        restorer = adapter_parameters(self.model.unet, "restorer")
        self.projection = None
        if self.encoder:
            features = self.encoder(torch.zeros(1, 3, 56, 56, device=options.device)).shape[1]
            self.projection = Projection(widths[0], features).to(options.device)
            restorer += self.projection.parameters()
        scores = [p for role in ("real", "fake", "critic") for p in adapter_parameters(self.model.unet, role)]
        self.trained = {"restorer": restorer, "scores": [*scores, *self.head.parameters()]}
        self.optimisers = {
            name: torch.optim.AdamW(parameters, lr=self.peaks[name], betas=(0.5, 0.99), weight_decay=0.0)
            for name, parameters in self.trained.items()
        }

    def parts(self) -> dict:
        parts = {"model": self.model, "average": self.restorer(), "head": self.head}
        parts |= {f"{name}_optimiser": optimiser for name, optimiser in self.optimisers.items()}
        return parts | ({"projection": self.projection} if self.projection else {})

    def restorer(self) -> Restoration:
        """A plain restoration with the restorer's adapter merged into its weights."""
        model = copy.deepcopy(self.model)
        merge(model.unet, "restorer")
        return model

    def predict(self, role: str, z: Tensor, t: Tensor | float, taps: dict[str, Tensor] | None = None) -> Tensor:
        """The noise that the UNet predicts in one of its roles."""
        return activate(self.model.unet, role)(z, t, self.model.prompt, taps)

    def scores(self, z_t: Tensor, t: Tensor) -> tuple[Tensor, Tensor]:
        """The clean latents that both score networks predict."""
        real, fake = (self.schedule.clean(z_t, self.predict(role, z_t, t), t) for role in ("real", "fake"))
        return real, fake

    def judge(self, z_t: Tensor, t: Tensor) -> Tensor:
        """The discriminator's values for a diffused latent."""
        taps: dict[str, Tensor] = {}
        self.predict("critic", z_t, t, taps)
        return self.head(taps["deep"])

    def noisy(self, z: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """z diffused to random times: z_t, the noise and the times."""
        t = self.schedule.draw(len(z)).to(z.device)
        noise = torch.randn_like(z)
        return self.schedule.diffuse(z, noise, t), noise, t

    def update(self, sharp: Tensor, poor: Tensor, progress: float) -> dict[str, Tensor]:
        for name, optimiser in self.optimisers.items():
            set_rate(optimiser, learning_rate(self.step, progress, self.peaks[name]))
        with torch.no_grad():
            z_l, z_h = (self.model.vae.encode(2 * x - 1) * self.model.scale for x in (poor, sharp))
        taps: dict[str, Tensor] = {}
        z_g = (z_l - math.sqrt(BETA) * self.predict("restorer", z_l, self.model.timesteps[-1], taps)) / math.sqrt(ALPHA)
        losses = self.improve(z_g, z_h, sharp, taps)
        losses |= self.teach(z_g.detach(), z_h)
        return {name: loss.detach() for name, loss in losses.items()}

    def improve(self, z_g: Tensor, z_h: Tensor, sharp: Tensor, taps: dict[str, Tensor]) -> dict[str, Tensor]:
        """One step of the restorer; returns its losses."""
        z_t, _, t = self.noisy(z_g)
        if self.method == "vsd":
            with torch.no_grad():
                real, fake = self.scores(z_t, t)
            loss, losses = vsd(z_g, real, fake), {}
        else:
            real, fake = self.scores(z_t, t)
            loss = sid(z_g, real, fake, self.xi) if self.method == "sid" else cid(z_h, z_g, real, fake, self.xi)
            losses = {"identity": loss}
        if self.method == "cida":
            losses["adversarial"] = deceive(self.judge(z_t, t))
            losses["alignment"] = torch.zeros((), device=z_g.device)
            if self.encoder:
                losses["alignment"] = alignment(self.projection(taps["shallow"]), self.encoder(sharp))
            loss = cida(losses["identity"], losses["adversarial"], losses["alignment"], self.lambdas)
        self.step_of("restorer", loss)
        return losses | {"restorer": loss, "distance": (z_g - z_h).square().mean()}

    def teach(self, z_g: Tensor, z_h: Tensor) -> dict[str, Tensor]:
        """One step of the scores, each on its own pictures, and of the discriminator; VSD and SiD keep the base as real score."""
        g_t, g_noise, g_time = self.noisy(z_g)
        h_t, h_noise, h_time = self.noisy(z_h)
        losses = {"fake": denoising(self.predict("fake", g_t, g_time), g_noise)}
        if self.method in ("cid", "cida"):
            losses["real"] = denoising(self.predict("real", h_t, h_time), h_noise)
        if self.method == "cida":
            losses["critic"] = discriminate(self.judge(h_t, h_time), self.judge(g_t, g_time))
        self.step_of("scores", sum(losses.values()))
        return losses

    def step_of(self, name: str, loss: Tensor) -> None:
        """One step of one optimiser; gradients that reached the other's parameters are thrown away with it."""
        for optimiser in self.optimisers.values():
            optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.trained[name], 1.0)
        self.optimisers[name].step()

    def validate(self, sharp: np.ndarray, poor: np.ndarray, sheet: Path) -> dict[str, float]:
        return validate(self.restorer(), sharp, poor, sheet)
