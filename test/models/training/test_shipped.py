"""The shipped model as a checkpoint."""

import itertools
import json
import unittest
from pathlib import Path

import numpy as np

import train
from evaluate import MEASURES, fixture_pairs, measure, restore
from niqe import PRISTINE
from shipped import restoration

REPOSITORY = Path(__file__).resolve().parents[3]
PICTURES = 3


class Shipped(unittest.TestCase):
    def test_it_restores_better_than_bicubic_in_both_settings(self):
        network = restoration(REPOSITORY / "models/gendr-nano", train.read_config("nano")).eval().requires_grad_(False)
        self.assertEqual(network.settings, ["faithful", "detailed"])
        pristine = json.loads(PRISTINE.read_text())
        measures = []
        for _, sharp, poor in itertools.islice(fixture_pairs(REPOSITORY / "test/fixtures/photographs"), PICTURES):
            pictures = (poor, *(restore(network, poor, setting) for setting in (0, 1)))
            measures.append([measure(picture, sharp, poor, pristine) for picture in pictures])
        given, faithful, detailed = ({name: np.mean([m[name] for m in side]) for name in MEASURES} for side in zip(*measures, strict=True))
        self.assertGreater(faithful["psnr_y"], given["psnr_y"] + 0.8)
        self.assertGreater(faithful["ssim_y"], given["ssim_y"] + 0.03)
        self.assertLess(detailed["niqe"], given["niqe"] - 2)


if __name__ == "__main__":
    unittest.main()
