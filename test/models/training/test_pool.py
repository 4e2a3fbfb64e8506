"""Which photographs a pool is made of, what is laid over their crops and how their light changes."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np
from PIL import Image

import real_esrgan
from cutouts import FOLDER, PACKAGE, cutouts, lay
from degradation import degrade, degrade_once
from photographs import catalogue
from pool import chain, plan, relit


class Plan(unittest.TestCase):
    def test_every_pair_has_one_photograph_and_large_ones_give_more(self):
        photographs = [entry for entry in catalogue("train") if not entry.file.endswith(".edj")][:3]
        with tempfile.TemporaryDirectory() as folder, unittest.mock.patch("pool.catalogue", lambda _: photographs):
            for photograph, size in zip(photographs, ((500, 600), (1000, 600), (9000, 9000)), strict=True):
                path = Path(folder) / photograph.package / photograph.file
                path.parent.mkdir(parents=True, exist_ok=True)
                Image.new("RGB", size).save(path)
            planned = plan(Path(folder), 2000, 1)
            self.assertEqual(plan(Path(folder), 2000, 1), planned)
        self.assertEqual(sorted(index for _, indices in planned for index in indices), list(range(2000)))
        small, double, huge = (len(indices) for _, indices in planned)
        self.assertAlmostEqual(double / small, 2, delta=0.4)
        self.assertAlmostEqual(huge / small, 2.2 / 0.3, delta=1.5)


class Chain(unittest.TestCase):
    def test_all_three_make_pictures_smaller_and_ours_two_restore_at_the_same_size(self):
        for scale, chains in ((4, {degrade, degrade_once, real_esrgan.degrade}), (1, {degrade, degrade_once})):
            self.assertEqual({chain(scale, np.random.default_rng(seed)) for seed in range(60)}, chains)


class Cutouts(unittest.TestCase):
    def test_large_ones_with_transparency_are_found_in_order(self):
        with tempfile.TemporaryDirectory() as folder:
            shelf = Path(folder) / PACKAGE / FOLDER / "animals"
            shelf.mkdir(parents=True)
            for name, mode, side in (("b", "RGBA", 200), ("a", "RGBA", 190), ("small", "RGBA", 100), ("opaque", "RGB", 300)):
                Image.new(mode, (side, side)).save(shelf / f"{name}.png")
            self.assertEqual([thing.width for thing in cutouts(Path(folder))], [190, 200])

    def test_without_the_package_there_are_none(self):
        self.assertEqual(cutouts(Path("/nowhere")), [])

    def test_a_thing_covers_what_it_covers_and_nothing_else(self):
        grey = np.full((256, 256, 3), 90, np.uint8)
        thing = Image.new("RGBA", (200, 200), (250, 0, 0, 255))
        laid = lay(grey, [thing], np.random.default_rng(3))
        changed = (laid != grey).any(axis=2).mean()
        self.assertTrue(0.01 < changed < 0.99)
        np.testing.assert_array_equal(lay(grey, [thing], np.random.default_rng(3)), laid)

    def test_what_is_transparent_changes_nothing(self):
        grey = np.full((64, 64, 3), 90, np.uint8)
        np.testing.assert_array_equal(lay(grey, [Image.new("RGBA", (200, 200))], np.random.default_rng(3)), grey)


class Light(unittest.TestCase):
    def test_order_of_tones_stays(self):
        ramp = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 3, axis=2)
        for seed in range(20):
            lit = relit(ramp, np.random.default_rng(seed))
            self.assertEqual((lit.shape, lit.dtype), (ramp.shape, np.uint8))
            self.assertTrue((np.diff(lit.astype(int), axis=1) >= 0).all())

    def test_some_crops_stay_as_they_are(self):
        crop = np.random.default_rng(0).integers(0, 256, (8, 8, 3), dtype=np.uint8)
        same = [np.array_equal(relit(crop, np.random.default_rng(seed)), crop) for seed in range(40)]
        self.assertTrue(5 < sum(same) < 35)
