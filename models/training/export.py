"""Writes a checkpoint's averaged weights as a Diffusers-layout model folder.

    python export.py --checkpoint runs/checkpoint.pt --pool FOLDER --out FOLDER [--precision float16]

vae/ and unet/ (config.json, diffusion_pytorch_model.safetensors), gates/ (the same without a configuration, with the gate of the grain if there is one), prompt_embeds.safetensors with the prompt of each setting under
its name, ranges.safetensors (what wide convolutions take and give), and gendr.json with the settings' timesteps.
scaling_factor becomes 1 / std of the latents of sharp training crops; the UNet's first and last convolution take
up the change, so the restored picture stays the same.
"""

import argparse
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from grain import GATE
from loop import to_tensor
from restoration import ALPHA, BETA, Restoration, load_average
from stages.base import unit_scale

PRECISIONS = {"float16": torch.float16, "float32": torch.float32}
LOG_VARIANCE = -12.0
LEAST_CHANNELS = 48


def rescale(model: Restoration, pool: Path) -> float:
    """Sets the scale to that of latents of deviation one without changing the result; returns it."""
    scale = unit_scale(model, pool)
    ratio = scale / model.scale
    model.unet.conv_in.weight.div_(ratio)
    model.unet.conv_out.weight.mul_(ratio)
    model.unet.conv_out.bias.mul_(ratio)
    model.scale = scale
    return scale


def fix_log_variance(model: Restoration) -> None:
    """Training uses the posterior's mean alone; its log variance becomes one small constant."""
    out = model.vae.encoder.conv_out if model.vae.quant_conv is None else model.vae.quant_conv
    half = out.out_channels // 2
    out.weight[half:] = 0
    out.bias[half:] = LOG_VARIANCE


@torch.no_grad()
def ranges(model: Restoration, pool: Path, crops: int = 128) -> dict[str, torch.Tensor]:
    """Least and greatest values of what the wide 3x3 convolutions of the autoencoder take, [2], and of each channel that they give, [2, channels].

    Over poor crops in each setting. The host's importer computes these in eight bits for a CPU. Not among them is what makes the latent and the picture,
    whose values should keep more.
    """
    found: dict[str, torch.Tensor] = {}

    def widen(name: str, values: torch.Tensor) -> None:
        own = torch.stack([values.amin(-1), values.amax(-1)])
        known = found.get(name, own)
        found[name] = torch.stack([torch.minimum(known[0], own[0]), torch.maximum(known[1], own[1])])

    def watched(name: str) -> Callable:
        def watch(module: torch.nn.Module, given: tuple[torch.Tensor], result: torch.Tensor) -> None:
            widen(f"{name}.input", given[0].flatten())
            widen(f"{name}.output", result.transpose(0, 1).flatten(1))

        return watch

    hooks = [module.register_forward_hook(watched(name)) for name, module in model.vae.named_modules() if is_wide(name, module)]
    pictures = np.load(pool / "poor.npy", mmap_mode="r")
    for poor in pictures[:: max(1, len(pictures) // crops)]:
        for setting in range(len(model.settings)):
            model.network(to_tensor(poor[None]), setting)
    for hook in hooks:
        hook.remove()
    return found


def is_wide(name: str, module: torch.nn.Module) -> bool:
    """Whether a layer is a convolution that is worth eight bits."""
    is_convolution = isinstance(module, torch.nn.Conv2d) and module.kernel_size == (3, 3)
    return is_convolution and min(module.in_channels, module.out_channels) >= LEAST_CHANNELS and not name.endswith("coder.conv_out")


def write(model: Restoration, state: dict, out: Path, precision: str, pool: Path) -> None:
    """Writes the folder beside its place, then renames it."""
    with torch.no_grad():
        scale = rescale(model, pool)
        fix_log_variance(model)
    config = state["config"]
    vae = model.vae.evened()
    fresh = out.with_name(out.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    parts = {
        "vae": ({"_class_name": "AutoencoderKL", **vae.config, "scaling_factor": scale}, vae),
        "unet": ({"_class_name": "UNet2DConditionModel", **config["unet"]}, model.unet),
    }
    kind = PRECISIONS[precision]
    for name, (settings, module) in parts.items():
        folder = fresh / name
        folder.mkdir(parents=True)
        (folder / "config.json").write_text(json.dumps(settings, indent=2) + "\n")
        weights = {key: value.to(kind).contiguous() for key, value in module.state_dict().items()}
        save_file(weights, folder / "diffusion_pytorch_model.safetensors", {"format": "pt"})
    (fresh / "gates").mkdir()
    gates = {key: value.to(kind).contiguous() for key, value in model.state_dict().items() if key.startswith(("gates.", GATE))}
    save_file(gates, fresh / "gates/diffusion_pytorch_model.safetensors", {"format": "pt"})
    prompts = {name: prompt[None].to(kind).contiguous() for name, prompt in zip(model.settings, model.prompt.detach(), strict=True)}
    save_file(prompts, fresh / "prompt_embeds.safetensors", {"format": "pt"})
    save_file(ranges(model, pool), fresh / "ranges.safetensors", {"format": "pt"})
    about = {
        "name": config["name"],
        "prompt": model.settings[-1],
        "timesteps": config["settings"],
        "grain": config.get("grain", {}),
        "prediction_type": "epsilon",
        "alpha": ALPHA,
        "beta": BETA,
        "color_transfer": {"method": "gated", "levels": config["colour_levels"]},
        "licence": "MIT (weights); trained on photographs under the licences in models/training/photographs.json",
        "source": "trained by models/training on freely licensed photographs from Debian packages, OpenStax textbooks, the Cloudinary Image Dataset '22 and the backgrounds of Budgie and Ubuntu MATE",
        "made_by": "python models/training/train.py, then python models/training/export.py (docs/model-card.md)",
        "trained": {"steps": state["step"], "minutes": round(state["seconds"] / 60)},
        "description": "A small one-step restoration model with GenDR's architecture: 16-channel autoencoder and one UNet call, asked to be faithful or detailed.",
    }
    (fresh / "gendr.json").write_text(json.dumps(about, indent=2) + "\n")
    old = out.with_name(out.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        os.replace(out, old)
    os.replace(fresh, out)
    shutil.rmtree(old, ignore_errors=True)


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--checkpoint", type=Path, default=here / "runs/checkpoint.pt")
    parser.add_argument("--pool", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--precision", choices=sorted(PRECISIONS), default="float16")
    options = parser.parse_args()
    averaged, checkpoint = load_average(options.checkpoint)
    write(averaged, checkpoint, options.out, options.precision, options.pool)
