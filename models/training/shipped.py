"""The shipped model's weights as a checkpoint to go on from, for whoever has no checkpoint of the run that made them.

    python shipped.py --model ../gendr-nano --out begin.pt

The importer keeps Diffusers' names in its graphs, and what timestep and prompt decide in conditioning.safetensors; so
everything comes back but the precision that rounding to fp16 took.
"""

import argparse
import json
from pathlib import Path

import onnx
import torch
from onnx.numpy_helper import to_array
from safetensors.torch import load_file

from export import LOG_VARIANCE
from restoration import Restoration
from train import read_config

PROMPTS = "prompts."


def tensors(model: Path) -> dict[str, torch.Tensor]:
    """Every weight of the model folder by its name in Restoration, apart from the prompts'; matrices may be transposed."""
    found = {}
    for part, prefix in (("encoder", "vae."), ("decoder", "vae."), ("unet", "unet."), ("gates", "")):
        graph = onnx.load(model / f"{part}.onnx").graph
        found |= {prefix + tensor.name: torch.from_numpy(to_array(tensor).copy()) for tensor in graph.initializer}
    kept = load_file(model / "conditioning.safetensors")
    return found | {f"unet.{name}": tensor for name, tensor in kept.items() if not name.startswith(PROMPTS)}


def restoration(model: Path, config: dict) -> Restoration:
    """The model folder's network; settings that it has no prompt for begin with its only or default one."""
    manifest = json.loads((model / "manifest.json").read_text())
    config["vae"]["scaling_factor"] = manifest["constants"]["scale"]
    config["grain"] = manifest["conditioning"].get("grain", {})
    network = Restoration(config)
    found = tensors(model)
    state = {}
    for name, parameter in network.state_dict().items():
        if name == "prompt":
            continue
        weight = found[name].float()
        if name.startswith("vae.encoder.conv_out."):  # the graph has the posterior's mean alone
            fill = 0.0 if name.endswith("weight") else LOG_VARIANCE
            weight = torch.cat([weight, torch.full_like(weight, fill)])
        state[name] = weight if weight.shape == parameter.shape else weight.mT
    kept = load_file(model / "conditioning.safetensors")
    default = kept[PROMPTS + manifest["conditioning"]["prompt"]]
    state["prompt"] = torch.stack([kept.get(PROMPTS + name, default) for name in config["settings"]]).float()
    network.load_state_dict(state)
    return network


if __name__ == "__main__":
    here = Path(__file__).resolve().parent
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=here.parent / "gendr-nano")
    parser.add_argument("--size", default="nano")
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    config = read_config(options.size)
    network = restoration(options.model, config)
    torch.save({"config": config, "average": network.state_dict(), "step": 0, "seconds": 0.0}, options.out)
