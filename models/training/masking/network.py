"""The full-frame hand network of the masking study: both hands of a whole picture, as the SHARP paper's, at a hundredth of its size.

In: N,3,128,192, colours 0..255 minus MEAN over STD. Out: joints N,2,21,3 (u / width, v / height, z in metres over the camera's focal
length in picture widths) by soft-argmax of heat maps and a depth head; presence logits N,2.
"""

import torch
from torch import nn
from torch.nn import functional

from scene.network import NECK, WIDTHS, Backbone, convolution

WIDTH, HEIGHT = 192, 128
JOINTS = 42


class FullFrameHands(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.coarse, self.lateral = convolution(NECK, 64, 1), convolution(WIDTHS[1], 64, 1)
        self.maps = nn.Sequential(convolution(64, 64), nn.Conv2d(64, JOINTS, 1))
        self.near = nn.Sequential(convolution(NECK, 64, 3, 2), convolution(64, 64, 3, 2))
        self.depth = nn.Sequential(nn.Linear(64 + 2 * JOINTS, 128), nn.ReLU(inplace=True), nn.Linear(128, JOINTS + 2))
        ys, xs = torch.meshgrid((torch.arange(HEIGHT // 4) + 0.5) / (HEIGHT // 4), (torch.arange(WIDTH // 4) + 0.5) / (WIDTH // 4), indexing="ij")
        self.register_buffer("grid", torch.stack([xs, ys]).flatten(1), persistent=False)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        maps = self.backbone(x)
        fine = self.maps(functional.interpolate(self.coarse(maps[1]), scale_factor=2.0) + self.lateral(maps[0])).float()
        place = torch.softmax(fine.flatten(2), -1) @ self.grid.T
        pooled = self.near(maps[2]).float().mean((2, 3))
        tail = self.depth(torch.cat([pooled, place.flatten(1)], 1))
        z = 0.45 * torch.exp(tail[:, :JOINTS].clamp(-3, 3) * 0.5)
        return torch.cat([place, z[..., None]], -1).unflatten(1, (2, 21)), tail[:, JOINTS:]
