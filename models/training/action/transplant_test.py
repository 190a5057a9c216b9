"""Known answers of transplanted errors: `python -m unittest action.transplant_test`."""

import pathlib
import unittest

import numpy as np
import torch

from action import stream, stream_network
from action.stream_evaluate import Exported
from action.transplant import transplanted

ROOT = pathlib.Path(__file__).resolve().parents[2]


def row(rng: np.random.Generator, t: int) -> np.ndarray:
    """1,t,159 with both hands, three objects, and frames about the second of them."""
    wrist = np.array([[[0.3, 0.6, 0.4]], [[0.7, 0.5, 0.5]]])
    hands = wrist + 0.05 * rng.random((1, t, 2, 21, 3))
    boxes = np.zeros((1, t, 8, 4))
    boxes[:, :, [1, 3, 6]] = np.array([[0.1, 0.2, 0.3, 0.5], [0.4, 0.4, 0.6, 0.7], [0.7, 0.1, 0.8, 0.4]]) + 0.01 * rng.random((1, t, 3, 1))
    return np.concatenate([hands.reshape(1, t, 126), np.full((1, t, 1), 4.0), boxes.reshape(1, t, 32)], -1).astype(np.float32)


class Transplanted(unittest.TestCase):
    def setUp(self) -> None:
        self.rng = np.random.default_rng(3)
        self.x, self.true = row(self.rng, 30), row(self.rng, 30)

    def test_no_error_changes_nothing(self) -> None:
        np.testing.assert_allclose(transplanted(self.x, self.true, self.true, self.rng), self.x, atol=2e-6)

    def test_errors_laid_over_their_own_motion_are_what_was_found(self) -> None:
        found = self.true.copy()
        found[..., :126] *= 1 + 0.1 * self.rng.random((1, 30, 126), dtype=np.float32)
        found[0, 5:9, :63] = 0  # the left hand is lost,
        found[0, 12:15, 127 + 4 * 3 : 127 + 4 * 4] = 0  # and the object that the frames are about,
        found[0, 12:15, 126] = 2  # so that another one is taken for it
        out = transplanted(self.true, found, self.true, self.rng)
        # Which of the two others stands for which is left to chance.
        self.assertTrue(np.isin(out[0, 12:15, 126], [2, 7]).all())
        out[0, 12:15, 126] = 2
        np.testing.assert_allclose(out, found, atol=2e-6)

    def test_a_lost_object_is_lost_and_another_is_taken_for_it(self) -> None:
        found = self.true.copy()
        found[0, 12:15, 127 + 4 * 3 : 127 + 4 * 4] = 0
        found[0, 12:15, 126] = 0
        out = transplanted(self.x, found, self.true, self.rng)
        lost = (out[0, :, 127 + 4 * 3 : 127 + 4 * 4] == 0).all(-1)
        self.assertEqual(np.flatnonzero(lost).tolist(), [12, 13, 14])
        self.assertEqual(np.flatnonzero(out[0, :, 126] == 0).tolist(), [12, 13, 14])


class Weights(unittest.TestCase):
    def test_an_exported_network_is_read_back(self) -> None:
        path = ROOT / "zoo/ego-action-stream.onnx"
        model = stream_network.StreamTransformer(last=True)
        model.load_state_dict(stream_network.weights(path))
        x = row(np.random.default_rng(5), stream.WINDOW)
        with torch.no_grad():
            np.testing.assert_allclose(model.eval()(torch.from_numpy(x)).numpy(), Exported(path)(torch.from_numpy(x))[:, 0].numpy(), atol=1e-3)


if __name__ == "__main__":
    unittest.main()
