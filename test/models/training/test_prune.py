"""A network with fewer blocks."""

import unittest

import numpy as np
import torch

from loop import to_tensor
from metrics import ssim_y
from prune import blocks, without, worth
from restoration import Restoration
from test_stages import tiny_config
from vae import Residual

DROPPED = [
    "vae.encoder.down_blocks.0.resnets.1",
    "vae.encoder.mid_block.resnets.1",
    "vae.decoder.up_blocks.1.resnets.1",
    "unet.down_blocks.1.attentions",
]


def trained() -> Restoration:
    """A small network whose attention does something, as that of a fresh one does not."""
    torch.manual_seed(1)
    model = Restoration(tiny_config()).eval().requires_grad_(False)
    model.unet.down_blocks[1].attentions[0].proj_out.weight.normal_(0, 0.3)
    return model


class Pruning(unittest.TestCase):
    def test_what_is_left_computes_what_the_network_does_where_the_blocks_add_nothing(self):
        model = trained()
        pruned = without(model, DROPPED)
        for name in DROPPED:
            block = model.get_submodule(name)
            for last in [block.conv2] if isinstance(block, Residual) else [transformer.proj_out for transformer in block]:
                last.weight.zero_()
                last.bias.zero_()
        x = torch.rand(1, 3, 32, 48)
        torch.testing.assert_close(pruned(x), model(x))

    def test_its_configuration_tells_what_is_there(self):
        pruned = without(trained(), DROPPED)
        self.assertEqual(pruned.config["vae"]["layers_per_block"], {"encoder": [1, 1, 1], "decoder": [2, 1, 0]})
        self.assertEqual(pruned.config["unet"]["down_block_types"], ["DownBlock2D", "DownBlock2D"])
        self.assertEqual(blocks(Restoration(pruned.config)), blocks(pruned))

    def test_only_blocks_that_keep_the_width_can_go(self):
        with self.assertRaisesRegex(ValueError, r"vae\.encoder\.down_blocks\.1\.resnets\.0\. There are: vae\.encoder"):
            without(trained(), ["vae.encoder.down_blocks.1.resnets.0"])

    def test_a_block_is_worth_what_is_lost_without_it(self):
        model = trained()
        model.vae.encoder.down_blocks[0].resnets[0].conv2.weight.zero_()
        model.vae.encoder.down_blocks[0].resnets[0].conv2.bias.zero_()
        sharp, poor = (np.random.default_rng(seed).integers(0, 256, (32, 32, 3), dtype=np.uint8) for seed in (1, 2))
        found = worth(model, [("noise", sharp, poor)])
        self.assertEqual(list(found), blocks(model))
        self.assertEqual(found["vae.encoder.down_blocks.0.resnets.0"], (0, 0))
        name = "vae.decoder.up_blocks.1.resnets.1"
        similar = lambda network: ssim_y((255 * network.restore(to_tensor(poor[None]), 0)).round() / 255, to_tensor(sharp[None]))
        self.assertAlmostEqual(found[name][0], similar(model) - similar(without(model, [name])), 4)


if __name__ == "__main__":
    unittest.main()
