"""A pool that is being filled: photographs that arrive in parts, rows that are made by turns, and training that follows."""

import tempfile
import unittest
import unittest.mock
from pathlib import Path

import numpy as np
from PIL import Image

import loop
from cutouts import FOLDER, PACKAGE, read
from photographs import catalogue
from rented import arrived, fill, make_ring, pack


def noisy(path: Path, size: tuple[int, int], seed: int) -> None:
    """Writes a picture with much detail."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)).save(path, "PNG")


class Rented(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.path = Path(folder.name)
        self.packed, self.pool = self.path / "packed", self.path / "pool"

    def test_photographs_are_packed_reduced_in_parts_without_those_that_are_too_small(self):
        photographs = [entry for entry in catalogue("train") if not entry.file.endswith(".edj")][:3]
        for photograph, size in zip(photographs, ((1000, 500), (380, 900), (500, 600)), strict=True):
            noisy(self.path / photograph.package / photograph.file, size, 1)
        thing = self.path / PACKAGE / FOLDER / "food/apple.png"
        thing.parent.mkdir(parents=True)
        Image.new("RGBA", (700, 500), (200, 0, 0, 9)).save(thing)
        with unittest.mock.patch("rented.catalogue", lambda _: photographs):
            pack(self.path, self.packed, 2)
        sizes = {str(path.relative_to(self.packed)): read(path).size for path in self.packed.rglob("*.webp")}
        self.assertEqual(sizes, {"0/0000.webp": (800, 400), "0/0002.webp": (400, 480), "cutouts/0000.webp": (338, 241)})

    def filled(self, most: int) -> None:
        """Two processes' rows, one after the other."""
        for worker in range(2):
            fill(self.packed, self.pool, worker, 2, 1, most)

    def test_rows_are_filled_by_turns_and_training_follows(self):
        for index in (0, 2):  # the first of two parts
            noisy(self.packed / f"0/{index:04}.webp", (400, 330), index)
        make_ring(self.pool, 6, 2)
        with unittest.mock.patch.multiple(loop, ENOUGH=1, PATIENCE=1), unittest.mock.patch("time.sleep"):
            with self.assertRaisesRegex(ValueError, "expected 1 pairs after 1 seconds, got 0. Is rented.py running"):
                loop.Pool(self.pool, "cpu")
            fill(self.packed, self.pool, 0, 2, 1, 2)
            with self.assertRaises(ValueError):  # the second process has made none: the row between is empty
                loop.Pool(self.pool, "cpu")
            self.filled(2)
            pool = loop.Pool(self.pool, "cpu")
        self.assertEqual([len(file) for file in pool.pairs], [4, 4])
        self.assertTrue(all(row.any() for file in pool.pairs for row in file))
        first = pool.pairs[0][0].clone()
        self.filled(5)
        pool.follow()
        self.assertEqual([len(file) for file in pool.pairs], [6, 6])
        self.assertFalse((pool.pairs[0][0] == first).all())  # the fourth of the first process's three rows

    def test_without_photographs_it_says_so(self):
        make_ring(self.pool, 2, 1)
        with self.assertRaisesRegex(ValueError, "expected photographs for process 0 of 1, found none"):
            fill(self.packed, self.pool, 0, 1, 1, 1)

    def test_what_is_still_being_copied_waits(self):
        whole, half = self.packed / "0/0000.webp", self.packed / "0/0001.webp"
        noisy(whole, (400, 330), 1)
        half.write_bytes(whole.read_bytes()[:5000])
        self.assertEqual([path for path, _ in arrived([half, whole])], [whole])

    def test_a_part_that_arrives_later_is_used(self):
        noisy(self.packed / "0/0000.webp", (400, 330), 1)
        make_ring(self.pool, 8, 1)
        arrive = lambda *_: noisy(self.packed / "1/0001.webp", (400, 330), 2)
        with unittest.mock.patch("rented.LOOK_AGAIN", 4), unittest.mock.patch("rented.pair") as made:
            made.side_effect = lambda own, *_: (arrive(), np.full((2, 256, 256, 3), own[0][0, 0, 0]))[1]
            fill(self.packed, self.pool, 0, 1, 1, 8)
        sources = [int(row[0, 0, 0]) for row in np.load(self.pool / "sharp.npy")]
        self.assertEqual(len(set(sources[:4])), 1)
        self.assertEqual(len(set(sources)), 2)


if __name__ == "__main__":
    unittest.main()
