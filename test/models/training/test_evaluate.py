"""What is judged."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np
from PIL import Image

from evaluate import WHOLE, again, folder_of, grid, split_of, whole_pairs
from photographs import catalogue


class Pairs(unittest.TestCase):
    def test_whole_photographs_keep_their_shape_at_the_usual_area_and_are_poor_in_the_same_way_each_time(self):
        photographs = [entry for entry in catalogue("validation") if not entry.file.endswith(".edj")][:2]
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch("photographs.catalogue", lambda _: photographs):
            for photograph, (width, height) in zip(photographs, ((1500, 1000), (900, 1600)), strict=True):
                path = Path(folder) / photograph.package / photograph.file
                path.parent.mkdir(parents=True, exist_ok=True)
                noise = np.random.default_rng(1).integers(0, 256, (height // 50, width // 50, 3), dtype=np.uint8)
                Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC).save(path, "PNG")
            pairs, once_more = (list(whole_pairs(split_of(Path(folder), "validation"))) for _ in range(2))
        self.assertEqual([sharp.shape for _, sharp, _ in pairs], [(512, 768, 3), (832, 480, 3)])
        for (name, sharp, poor), (_, _, other) in zip(pairs, once_more, strict=True):
            with self.subTest(name):
                self.assertAlmostEqual(sharp.shape[0] * sharp.shape[1] / WHOLE, 1, delta=0.05)
                self.assertEqual(poor.shape, sharp.shape)
                np.testing.assert_array_equal(poor, other)
                self.assertGreater(np.abs(sharp.astype(int) - poor).mean(), 1)

    def test_pictures_of_a_folder_are_taken_in_order_and_small_ones_as_they_are(self):
        with tempfile.TemporaryDirectory() as folder:
            for name, size in (("b.png", (97, 64)), ("a.jpg", (1536, 1024)), ("read.me", (8, 8))):
                Image.new("L", size, 90).save(Path(folder) / name, "PNG")
            shapes = {name: sharp.shape for name, sharp, _ in whole_pairs(folder_of(Path(folder)))}
        self.assertEqual(list(shapes.items()), [("a", (512, 768, 3)), ("b", (64, 96, 3))])

    def test_each_picture_is_poor_in_as_many_ways_as_asked_for_the_first_as_without(self):
        pictures = [(name, Image.effect_noise((96, 64), 60).convert("RGB")) for name in ("a", "b")]
        pairs = list(whole_pairs(pictures, 3))
        self.assertEqual([name for name, _, _ in pairs], ["a", "a 2", "a 3", "b", "b 2", "b 3"])
        self.assertEqual(len({poor.tobytes() for _, _, poor in pairs}), 6)
        for (_, _, poor), (_, _, first) in zip(whole_pairs(pictures), pairs[::3], strict=True):
            np.testing.assert_array_equal(poor, first)

    def test_each_other_chain_makes_other_poor_pictures_of_the_same_sharp_ones(self):
        sharp = np.random.default_rng(1).integers(0, 256, (64, 96, 3), dtype=np.uint8)
        made = {chain: next(again(iter([("noise", sharp, sharp)]), chain)) for chain in ("bicubic", "classical", "real-esrgan", "same-size")}
        for chain, (name, target, poor) in made.items():
            with self.subTest(chain):
                self.assertEqual((name, poor.shape), ("noise", sharp.shape))
                np.testing.assert_array_equal(target, sharp)
                self.assertGreater(np.abs(sharp.astype(int) - poor).mean(), 1)
        self.assertEqual(len({poor.tobytes() for _, _, poor in made.values()}), 4)


class Grid(unittest.TestCase):
    def test_lines_at_a_period_of_eight_stand_out_and_noise_does_not(self):
        noise = np.random.default_rng(1).standard_normal((256, 384))
        self.assertLess(grid(noise), 2)
        noise[:, ::8] += 1
        self.assertGreater(grid(noise), 5)


if __name__ == "__main__":
    unittest.main()
