"""Where the photographs come from and under which licences."""

import unittest
from pathlib import Path

import numpy as np
from PIL import Image

import photographs
from photographs import catalogue
from textbooks import figures, is_sharp_photograph, licence

MODULE = """<document xmlns="http://cnx.rice.edu/cnxml"><content>
<figure id="a"><media alt="Goats   in a valley."><image mime-type="image/jpeg" src="../../media/goats.jpg"/></media>
<caption>Goats graze. (credit: \u201cGoats\u201d by <emphasis>James</emphasis>/flickr,
  CC BY 2.0)</caption></figure>
<figure id="b"><media alt="A plot."><image mime-type="image/png" src="../../media/plot.png"/></media><caption>No source.</caption></figure>
<figure id="c"><media alt="Two."><image mime-type="image/png" src="1.png"/><image mime-type="image/png" src="2.png"/></media>
<caption>Two. (credit: A, CC0)</caption></figure></content></document>"""


class Catalogue(unittest.TestCase):
    def test_names_and_files_stand_there_once(self):
        entries = catalogue()
        self.assertEqual(len({entry.name for entry in entries}), len(entries))
        self.assertEqual(len({(entry.package, entry.file) for entry in entries}), len(entries))

    def test_each_has_a_free_licence_and_an_author(self):
        free = r"^(CC0-1\.0|CC-BY(-SA)?(-[1-4]\.\d)?|BSD-2-Clause|GPL-2\+|LGPL-2\.1\+|public domain)$"
        for entry in catalogue():
            self.assertRegex(entry.licence, free, entry.name)
            self.assertTrue(entry.author, entry.name)

    def test_each_repository_has_its_commit(self):
        listed = Path(photographs.__file__).with_name("repositories.txt").read_text().split("\n")[:-1]
        commits = dict(line.split(" ") for line in listed)
        self.assertEqual(set(commits), {entry.package for entry in catalogue() if "/" in entry.package})
        for commit in commits.values():
            self.assertRegex(commit, "^[0-9a-f]{40}$")


class Textbooks(unittest.TestCase):
    def test_a_figure_with_one_picture_and_a_credit_is_found(self):
        self.assertEqual(list(figures(MODULE)), [("goats.jpg", "\u201cGoats\u201d by James/flickr, CC BY 2.0", "Goats in a valley.")])

    def test_only_one_free_licence_is_taken(self):
        cases = {
            "credit: A/flickr, CC BY 2.0": "CC-BY-2.0",
            "credit: A / Attribution 2.0 Generic (CC-BY 2.0)": "CC-BY-2.0",
            "credit: A, CC0": "CC0-1.0",
            "credit: NASA, Public Domain": "public domain",
            "credit: A, CC BY 2.0; B, CC BY 2.0": "CC-BY-2.0",
            "credit: A, CC BY 2.0; B, Public Domain": None,
            "credit: A, CC BY-NC 2.0": None,
            "credit: A, CC BY-ND 2.0": None,
            "credit: A, CC BY-NC-SA 2.0": None,
            "credit: A/flickr": None,
            "credit: \u00a9 A, CC BY 4.0": None,
        }
        self.assertEqual({credit: licence(credit) for credit in cases}, cases)

    def test_small_plain_and_grey_pictures_are_left(self):
        noise = np.random.default_rng(1).integers(0, 256, (600, 800, 3), dtype=np.uint8)
        picture = Image.fromarray(noise)
        self.assertTrue(is_sharp_photograph(picture.resize((800, 600))))
        self.assertFalse(is_sharp_photograph(picture.crop((0, 0, 800, 400))))
        self.assertFalse(is_sharp_photograph(picture.convert("L")))
        self.assertFalse(is_sharp_photograph(Image.new("RGB", (800, 600), (200, 30, 30))))
