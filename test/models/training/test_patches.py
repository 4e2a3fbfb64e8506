"""The autoencoder on squares of pixels: it is one on channels between pixel unshuffle and shuffle, and the importer's fixture is what it computes."""

import json
import unittest
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import load_file

from vae import Autoencoder

FIXTURE = Path(__file__).resolve().parents[2] / "fixtures/checkpoints/tiny-patches"


class Patches(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vae = Autoencoder(json.loads((FIXTURE / "vae/config.json").read_text()))
        cls.vae.load_state_dict(load_file(FIXTURE / "vae/diffusion_pytorch_model.safetensors"))
        cls.expected = load_file(FIXTURE / "expected.safetensors")

    @torch.no_grad()
    def test_squares_of_pixels_are_channels(self):
        x = self.expected["x"]
        self.assertEqual(self.vae.patch, 2)
        squares = torch.stack([x[:, :, row::2, column::2] for row in (0, 1) for column in (0, 1)], 2).flatten(1, 2)
        torch.testing.assert_close(self.vae.encode(x), self.vae.encoder(squares).chunk(2, 1)[0])
        z = self.expected["latent_mean"]
        torch.testing.assert_close(F.pixel_unshuffle(self.vae.decode(z), 2), self.vae.decoder(z))

    @torch.no_grad()
    def test_the_importers_fixture_is_what_it_computes(self):
        torch.testing.assert_close(self.vae.encode(self.expected["x"]), self.expected["latent_mean"], rtol=1e-4, atol=1e-5)
        scale = self.vae.config["scaling_factor"]
        torch.testing.assert_close(self.vae.decode(self.expected["z0"] / scale), self.expected["image"], rtol=1e-4, atol=1e-4)


if __name__ == "__main__":
    unittest.main()
