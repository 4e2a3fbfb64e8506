"""What an export says of the values in wide convolutions."""

import tempfile
import unittest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from export import LOG_VARIANCE, fix_log_variance, ranges
from restoration import Restoration
from test_stages import tiny_config

class LogVariance(unittest.TestCase):
    def test_becomes_one_constant_and_leaves_the_mean_as_it_is(self):
        picture = torch.rand(1, 3, 32, 32) * 2 - 1
        for with_quant_conv in (False, True):
            torch.manual_seed(3)
            config = tiny_config()
            config["vae"]["use_quant_conv"] = with_quant_conv
            model = Restoration(config).eval().requires_grad_(False)
            mean, before = model.vae.posterior(picture)
            fix_log_variance(model)
            same, log_variance = model.vae.posterior(picture)
            torch.testing.assert_close(same, mean)
            torch.testing.assert_close(log_variance, torch.full_like(before, LOG_VARIANCE))


BLOCK = "decoder.mid_block.resnets.0"


class Ranges(unittest.TestCase):
    def setUp(self):
        torch.manual_seed(1)
        config = tiny_config()
        config["vae"].update(block_out_channels=[48, 64], layers_per_block={"encoder": [1, 1, 1], "decoder": [1, 1, 1]})
        self.model = Restoration(config).eval().requires_grad_(False)
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.pool = Path(folder.name)
        np.save(self.pool / "poor.npy", np.random.default_rng(2).integers(256, size=(2, 32, 32, 3), dtype=np.uint8))

    def test_are_the_least_and_greatest_value_that_goes_in_and_of_each_channel_that_comes_out(self):
        block = self.model.vae.get_submodule(BLOCK)
        shifts = torch.linspace(-3, 2, 64)
        block.norm1.weight.zero_()
        block.norm1.bias.copy_(shifts)
        block.conv1.weight.zero_()
        found = ranges(self.model, self.pool)
        torch.testing.assert_close(found[f"{BLOCK}.conv1.input"], torch.stack([F.silu(shifts).min(), F.silu(shifts).max()]))
        torch.testing.assert_close(found[f"{BLOCK}.conv1.output"], torch.stack([block.conv1.bias, block.conv1.bias]))

    def test_are_of_every_picture_in_every_setting(self):
        seen = []
        conv = self.model.vae.get_submodule(BLOCK).conv1
        hook = conv.register_forward_hook(lambda _, given, result: seen.append((given[0], result)))
        found = ranges(self.model, self.pool)
        hook.remove()
        self.assertEqual(len(seen), 4)
        given, results = (torch.cat(tensors) for tensors in zip(*seen, strict=True))
        torch.testing.assert_close(found[f"{BLOCK}.conv1.input"], torch.stack([given.min(), given.max()]))
        torch.testing.assert_close(found[f"{BLOCK}.conv1.output"], torch.stack([results.amin((0, 2, 3)), results.amax((0, 2, 3))]))

    def test_are_told_of_wide_layers_but_not_of_the_one_that_makes_the_picture(self):
        names = {name.rpartition(".")[0] for name in ranges(self.model, self.pool)}
        layers = [(name, module.weight.shape) for name, module in self.model.vae.named_modules() if isinstance(module, torch.nn.Conv2d)]
        wide = {name for name, shape in layers if min(shape[:2]) >= 48 and shape[2:] == (3, 3)}
        self.assertEqual(names, wide - {"decoder.conv_out"})
        self.assertIn("decoder.conv_out", wide)


if __name__ == "__main__":
    unittest.main()
