"""An exported network that is unfolded answers as before."""

import unittest

import torch
from torch import nn

from unfold import unfold


class Small(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4), nn.ReLU())
        self.shared = nn.Sequential(nn.Conv2d(4, 4, 1, bias=False), nn.BatchNorm2d(4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x)
        return self.shared(x) + self.shared(x[:, :, ::2, ::2]).mean((2, 3), keepdim=True)


def trained() -> Small:
    """With statistics, scales and shifts that are not those of the beginning."""
    net = Small()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            for value in (module.weight, module.running_var):
                nn.init.uniform_(value, 0.5, 2.0)
            for value in (module.bias, module.running_mean):
                nn.init.normal_(value)
    return net.eval()


class Unfolding(unittest.TestCase):
    def setUp(self) -> None:
        torch.manual_seed(3)
        self.net, self.pictures = trained(), torch.randn(6, 3, 12, 12)
        norm, convolution = self.net.first[1], self.net.first[0]
        scale = norm.weight / (norm.running_var + norm.eps).sqrt()
        # As an export names them: the first normalisation is folded, the shared one is whole.
        self.named = {name: value for name, value in self.net.state_dict().items() if not name.startswith("first.1")}
        self.named["first.0.weight"] = convolution.weight * scale[:, None, None, None]
        self.named["first.0.bias"] = norm.bias - norm.running_mean * scale

    def test_the_answers_are_those_of_before(self) -> None:
        again = Small()
        unfold(again, self.named, self.pictures, "a test")
        with torch.no_grad():
            torch.testing.assert_close(again(self.pictures), self.net(self.pictures), rtol=1e-4, atol=1e-4)

    def test_normalisation_sees_what_it_will_see_in_training(self) -> None:
        again = Small()
        unfold(again, self.named, self.pictures, "a test")
        with torch.no_grad():
            inside = again.first[1](again.first[0](self.pictures))
        mean = inside.mean((0, 2, 3))
        torch.testing.assert_close(mean, again.first[1].bias.data, rtol=1e-3, atol=1e-3)

    def test_weights_of_another_network_are_refused(self) -> None:
        with self.assertRaises(SystemExit):
            unfold(Small(), {k: v for k, v in self.named.items() if k != "shared.0.weight"}, self.pictures, "a test")


if __name__ == "__main__":
    unittest.main()
