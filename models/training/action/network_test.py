"""The action transformer against what is known of the paper's: positions and number of parameters.

    python -m unittest action.network_test
"""

import math
import unittest

import torch

from action.network import PAPER_PARAMETERS, ActionTransformer, parameters, positions


class Positions(unittest.TestCase):
    def near(self, found: torch.Tensor, wanted: list[float]) -> None:
        self.assertLess((found - torch.tensor(wanted)).abs().max().item(), 1e-6)

    def test_the_released_table_has_its_slip(self) -> None:
        """Rows 0 and 1 as the released weights were trained with: odd columns are the sine of the cosine."""
        table = positions(slip=True)
        self.assertEqual(table.shape, (21, 135))
        self.near(table[0, :4], [0, 0.841471, 0, 0.841471])
        self.near(table[1, :4], [0.841471, 0.514395, 0.765907, 0.599560])

    def test_the_papers_table_has_sines_and_cosines(self) -> None:
        table = positions(slip=False)
        self.near(table[0, :4], [0, 1, 0, 1])
        self.near(table[1, :4], [0.841471, 0.540302, 0.765907, 0.642952])
        # Last row, last column (even: a sine), written out.
        self.near(table[20, 134], math.sin(20 / 10000 ** (134 / 135)))
        self.near(table[20, 133], math.cos(20 / 10000 ** (132 / 135)))

    def test_a_network_adds_the_table_it_was_asked_for(self) -> None:
        for slip in (False, True):
            self.assertTrue(torch.equal(ActionTransformer(36, slip).positions, positions(slip)))

    def test_it_has_the_papers_number_of_parameters(self) -> None:
        self.assertEqual(PAPER_PARAMETERS, 230_249)
        self.assertEqual(parameters(ActionTransformer(36)), PAPER_PARAMETERS)


if __name__ == "__main__":
    unittest.main()
