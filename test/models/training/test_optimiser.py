"""Muon by what defines it: steps whose singular values are alike."""

import unittest
import unittest.mock

import torch
from torch import nn

from loop import rated, set_rate, take_up
from muon import Muon, orthogonal
from replay import Replayed, replayable


class Orthogonal(unittest.TestCase):
    def test_directions_stay_and_their_strengths_become_alike(self):
        torch.manual_seed(0)
        for rows, columns in ((16, 40), (40, 16), (24, 24)):
            given = torch.randn(3, rows, columns) * torch.logspace(-1, 1, columns)
            u, _, v = torch.linalg.svd(given, full_matrices=False)
            made = orthogonal(given)
            strengths = torch.linalg.svdvals(made)
            self.assertLess(strengths.max().item(), 1.3)
            self.assertGreater(strengths.median().item(), 0.6)
            alike = (made * (u @ v)).sum((1, 2)) / made.norm(dim=(1, 2)) / (u @ v).norm(dim=(1, 2))
            self.assertGreater(alike.min().item(), 0.9)


class Steps(unittest.TestCase):
    def test_a_step_has_the_rates_spectral_norm_and_a_tall_matrix_a_larger_one(self):
        torch.manual_seed(0)
        weights = [nn.Parameter(torch.zeros(*shape)) for shape in ((8, 4, 3, 3), (32, 8), (8, 36))]
        muon = Muon(weights, lr=0.01)
        self.assertEqual(sorted(len(group["params"]) for group in muon.param_groups), [1, 2])
        for weight in weights:
            weight.grad = 1000 * torch.randn_like(weight)
        muon.step()
        for weight, stretch in zip(weights, (1, 2, 1), strict=True):
            norm = torch.linalg.matrix_norm(weight.detach().flatten(1), 2).item()
            self.assertAlmostEqual(norm / 0.01 / stretch, 1, delta=0.3)
            self.assertLess((weight * weight.grad).sum().item(), 0)

    def test_it_minimises_and_goes_on_from_its_state(self):
        torch.manual_seed(0)
        target = torch.randn(12, 20)
        weight = nn.Parameter(torch.zeros_like(target))
        muon, losses = Muon([weight], lr=0.5), []
        for step in range(60):
            if step == 30:
                state, muon = muon.state_dict(), Muon([weight], lr=0.5)
                muon.load_state_dict(state)
            set_rate(muon, 0.5 * (1 - step / 60))
            muon.zero_grad()
            losses.append((weight - target).square().mean())
            losses[-1].backward()
            muon.step()
        self.assertLess(losses[-1].item(), 0.05 * losses[0].item())

    def test_groups_join_later_and_rates_in_tensors_keep_their_place(self):
        early, late = nn.Parameter(torch.zeros(4, 4)), nn.Parameter(torch.zeros(4, 4))
        adam = torch.optim.AdamW(rated([early]) + rated([late], joins=0.5), lr=0.1)
        replayable(adam, "cpu")
        places = [group["lr"] for group in adam.param_groups]
        for progress, expected in ((0.4, [0.2, 0.0]), (0.5, [0.2, 0.2])):
            set_rate(adam, 0.2, progress)
            torch.testing.assert_close(torch.stack(places), torch.tensor(expected))

    def test_a_checkpoint_does_not_say_where_an_optimiser_keeps_its_rates(self):
        weight = nn.Parameter(torch.zeros(4, 4))
        before, after = (torch.optim.AdamW([weight], lr=0.1) for _ in range(2))
        weight.grad = torch.ones_like(weight)
        before.step()
        replayable(after, "cpu")
        place = after.param_groups[0]["lr"]
        take_up(after, before.state_dict())
        self.assertIs(after.param_groups[0]["lr"], place)
        self.assertTrue(after.param_groups[0]["capturable"])
        torch.testing.assert_close(after.state[weight]["exp_avg"], before.state[weight]["exp_avg"])


class Replay(unittest.TestCase):
    def test_without_a_gpu_it_says_what_to_leave_out(self):
        with unittest.mock.patch("torch.cuda.is_available", lambda: False), self.assertRaisesRegex(ValueError, "--replay .* leave it out"):
            Replayed(dict)
