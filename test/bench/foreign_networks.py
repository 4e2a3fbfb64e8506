"""Networks of other programs, computed by PyTorch layer by layer: TensorFlow.js' layers models and ncnn's, of the layers that the rivals have."""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

HALVES = 0x01306B47


class KerasGraph:
    """A layers model of TensorFlow.js, of the layers that these networks have; `full` is white in its own units."""

    def __init__(self, folder: Path):
        about = json.loads((folder / "model.json").read_text())
        self.layers = about["modelTopology"]["model_config"]["config"]["layers"]
        self.weights = {}
        for group in about["weightsManifest"]:
            data = np.concatenate([np.fromfile(folder / path, np.float32) for path in group["paths"]])
            for entry in group["weights"]:
                count = int(np.prod(entry["shape"]))
                self.weights[entry["name"]] = torch.from_numpy(data[:count].reshape(entry["shape"]))
                data = data[count:]
        # Networks that enlarge by shuffling pixels take 0..1, those that repeat them 0..255.
        self.full = 1.0 if any(layer["class_name"].startswith("PixelShuffle") for layer in self.layers) else 255.0

    def __call__(self, x: Tensor) -> Tensor:
        """The picture four times as large, [n, 3, 4h, 4w]; x [n, 3, h, w], both in 0..1."""
        results = {}
        for layer in self.layers:
            inputs = [results[node[0]] for node in (layer["inbound_nodes"] or [[]])[0]]
            results[layer["name"]] = self.compute(layer, inputs) if inputs else x * self.full
        return results[self.layers[-1]["name"]] / self.full

    def compute(self, layer: dict, inputs: list[Tensor]) -> Tensor:
        """One layer; Keras keeps kernels as [h, w, in, out]."""
        kind, config = layer["class_name"], layer["config"]
        if kind == "Conv2D":
            kernel = self.weights[f"{layer['name']}/kernel"].permute(3, 2, 0, 1)
            return F.conv2d(inputs[0], kernel, self.weights[f"{layer['name']}/bias"], padding=config["padding"])
        if kind == "Activation":
            return {"relu": F.relu, "linear": lambda x: x}[config["activation"]](inputs[0])
        if kind == "UpSampling2D":
            mode = {"nearest": {"mode": "nearest"}, "bilinear": {"mode": "bilinear", "align_corners": False}}[config["interpolation"]]
            return F.interpolate(inputs[0], scale_factor=config["size"][0], **mode)
        if kind.startswith("PixelShuffle"):
            n, channels, height, width = inputs[0].shape
            size = config["scale"]  # TensorFlow's depth_to_space has the colour innermost
            squares = inputs[0].reshape(n, size, size, channels // size**2, height, width)
            return squares.permute(0, 3, 4, 1, 5, 2).reshape(n, -1, height * size, width * size)
        return {"Concatenate": lambda: torch.cat(inputs, 1), "Add": lambda: sum(inputs), "MultiplyBeta": lambda: config["beta"] * inputs[0]}[kind]()


class NcnnGraph:
    """A network of ncnn, of the layers that Upscayl's lite model has (facts about the format: ncnn's wiki, param and model file structure)."""

    def __init__(self, stem: Path):
        magic, _, *lines = stem.with_suffix(".param").read_text().splitlines()
        if magic != "7767517":
            raise ValueError(f"{stem}.param: expected ncnn's magic number 7767517, got {magic}")
        data, at = stem.with_suffix(".bin").read_bytes(), 0
        self.layers = []

        def take(count: int, kind: type = np.float32) -> Tensor:
            nonlocal at
            values = np.frombuffer(data, kind, count, at)
            at += -(-values.nbytes // 4) * 4
            return torch.from_numpy(values.astype(np.float32))

        for kind, _, inputs, outputs, *rest in map(str.split, lines):
            ins, outs = int(inputs), int(outputs)
            names, settings = rest[: ins + outs], dict(pair.split("=") for pair in rest[ins + outs :])
            weights = []
            if kind == "Convolution":
                halves = int(np.frombuffer(data, np.uint32, 1, at)[0]) == HALVES
                at += 4
                out, side, count = (int(settings[key]) for key in ("0", "1", "6"))
                kernel = take(count, np.float16 if halves else np.float32)
                weights = [kernel.reshape(out, -1, side, side), take(out)]
            elif kind == "PReLU":
                weights = [take(int(settings["0"]))]
            self.layers.append((kind, names[:ins], names[ins:], settings, weights))
        if at != len(data):
            raise ValueError(f"{stem}.bin: expected {at} bytes, got {len(data)}")

    def __call__(self, x: Tensor) -> Tensor:
        """The picture four times as large, [n, 3, 4h, 4w]; x [n, 3, h, w], both in 0..1."""
        results = {}
        for kind, inputs, outputs, settings, weights in self.layers:
            result = self.compute(kind, [results[name] for name in inputs] or [x], settings, weights)
            results |= dict.fromkeys(outputs, result)
        return result

    def compute(self, kind: str, inputs: list[Tensor], settings: dict[str, str], weights: list[Tensor]) -> Tensor:
        """One layer."""
        x = inputs[0]
        if kind in ("Input", "Split"):
            return x
        if kind == "Convolution":
            return F.conv2d(x, *weights, padding=int(settings["4"]))
        if kind == "PReLU":
            return F.prelu(x, *weights)
        if kind == "Interp":
            return F.interpolate(x, scale_factor=float(settings["1"]), mode="nearest")
        return {"PixelShuffle": lambda: F.pixel_shuffle(x, int(settings["0"])), "BinaryOp": lambda: sum(inputs)}[kind]()
