"""EffHandEgoNet3D of SHARP: both hands of a whole picture, 28.7 M parameters. Layout as the authors' public code has it; none of it copied.

In: 1,3,512,512, RGB, ImageNet mean and deviation. Out: `heatmaps` 1,42,128,128 (0..1, left hand first), `left` and `right` 1,2
(logits absent, present), `z` 1,42 (millimetres along the camera's axis). Names of modules are those of the released checkpoints.
"""

import torch
from torch import nn
from torchvision.models import efficientnet_v2_s

SIZE, JOINTS = 512, 21
CHANNELS, FLAT = 1280, 1280 * (SIZE // 64) ** 2


class Doubling(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.deconv = nn.ConvTranspose2d(channels, 256, 2, 2)
        self.norm = nn.Sequential(nn.BatchNorm2d(256), nn.ReLU())


class Upsampler(nn.Module):
    """1280 x 16 x 16 to 21 x 128 x 128. Layers 3 and 4 and the last norm are in the released weights but never run."""

    def __init__(self) -> None:
        super().__init__()
        self.deconv1 = Doubling(CHANNELS)
        self.deconv2, self.deconv3, self.deconv4, self.deconv5 = (Doubling(256) for _ in range(4))
        self.final = nn.Conv2d(256, JOINTS, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for layer in (self.deconv1, self.deconv2):
            x = layer.norm(layer.deconv(x))
        return torch.sigmoid(self.final(self.deconv5.deconv(x)))


class Backbone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = nn.Sequential(efficientnet_v2_s(weights=None).features)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.backbone(x)


class EffHandEgoNet3D(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.backbone = Backbone()
        self.left_hand, self.right_hand = nn.Linear(FLAT, 2), nn.Linear(FLAT, 2)
        self.left_pose, self.right_pose = Upsampler(), Upsampler()
        self.z_estimation_l, self.z_estimation_r = nn.Linear(FLAT, JOINTS), nn.Linear(FLAT, JOINTS)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        features = self.backbone(x)
        flat = nn.functional.max_pool2d(features, 2).flatten(1)
        heatmaps = torch.cat([self.left_pose(features), self.right_pose(features)], 1)
        z = torch.cat([self.z_estimation_l(flat), self.z_estimation_r(flat)], 1)
        return heatmaps, self.left_hand(flat), self.right_hand(flat), z


INPUT, OUTPUTS = "image", ("heatmaps", "left", "right", "z")
SHAPE = (1, 3, SIZE, SIZE)
