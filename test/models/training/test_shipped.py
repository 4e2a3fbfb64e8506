"""The shipped model as a checkpoint."""

import json
import unittest
from pathlib import Path

import train
from evaluate import fixture_pairs, measure, restore
from niqe import PRISTINE
from shipped import restoration

REPOSITORY = Path(__file__).resolve().parents[3]


class Shipped(unittest.TestCase):
    def test_it_restores_better_than_bicubic_in_both_settings(self):
        network = restoration(REPOSITORY / "models/gendr-nano", train.read_config("nano")).eval().requires_grad_(False)
        self.assertEqual(network.settings, ["faithful", "detailed"])
        name, sharp, poor = next(fixture_pairs(REPOSITORY / "test/fixtures/photographs"))
        pristine = json.loads(PRISTINE.read_text())
        given, faithful, detailed = (measure(p, sharp, poor, pristine) for p in (poor, *(restore(network, poor, i) for i in (0, 1))))
        with self.subTest(name):
            self.assertGreater(faithful["psnr_y"], given["psnr_y"] + 0.15)
            self.assertGreater(faithful["ssim_y"], given["ssim_y"] + 0.01)
            self.assertLess(detailed["niqe"], given["niqe"] - 1)


if __name__ == "__main__":
    unittest.main()
