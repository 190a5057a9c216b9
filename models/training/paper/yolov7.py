"""A detector of YOLOv7's layout and size (Wang et al., CVPR 2023), written from the paper's figures; 36.9 M parameters with 80 classes.

In: `images` 1,3,640,640. Out: `output` 1,25200,5+C: centre and size in input pixels, object score, class scores, each 0..1. SHARP
trains it for the 8 objects of H2O and the left and right hand.
"""

import math

import torch
from torch import nn

SIZE, H2O_CLASSES = 640, 10
STRIDES = (8, 16, 32)
# Pixels; the published prior boxes of each stride.
ANCHORS = (((12, 16), (19, 36), (40, 28)), ((36, 75), (76, 55), (72, 146)), ((142, 110), (192, 243), (459, 401)))


def conv(i: int, o: int, kernel: int = 1, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(i, o, kernel, stride, kernel // 2, bias=False), nn.BatchNorm2d(o), nn.SiLU())


class Elan(nn.Module):
    """Efficient layer aggregation: two 1x1 branches, one of them continued by 3x3 layers, all kept and merged."""

    def __init__(self, i: int, o: int, width: int, step: int, layers: int, every: int) -> None:
        super().__init__()
        self.one, self.two = conv(i, width), conv(i, width)
        self.chain = nn.ModuleList([conv(width if k == 0 else step, step, 3) for k in range(layers)])
        self.every = every
        self.merge = conv(2 * width + step * (layers // every), o)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        kept = [self.one(x), self.two(x)]
        y = kept[-1]
        for k, layer in enumerate(self.chain):
            y = layer(y)
            if (k + 1) % self.every == 0:
                kept.append(y)
        return self.merge(torch.cat(kept[::-1], 1))


class Halving(nn.Module):
    """Half the size by pooling and by a strided layer, side by side."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.pooled = nn.Sequential(nn.MaxPool2d(2), conv(i, o))
        self.strided = nn.Sequential(conv(i, o), conv(o, o, 3, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([self.strided(x), self.pooled(x)], 1)


class Pyramid(nn.Module):
    """Spatial pyramid pooling with a cross-stage path."""

    def __init__(self, i: int, o: int) -> None:
        super().__init__()
        self.before = nn.Sequential(conv(i, o), conv(o, o, 3), conv(o, o))
        self.after = nn.Sequential(conv(4 * o, o), conv(o, o, 3))
        self.aside, self.merge = conv(i, o), conv(2 * o, o)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.before(x)
        pooled = [nn.functional.max_pool2d(y, k, 1, k // 2) for k in (5, 9, 13)]
        return self.merge(torch.cat([self.after(torch.cat([y, *pooled], 1)), self.aside(x)], 1))


class YoloV7(nn.Module):
    def __init__(self, classes: int = H2O_CLASSES) -> None:
        super().__init__()
        body = lambda i, o, w: Elan(i, o, w, w, 4, 2)
        neck = lambda i, o: Elan(i, o, o, o // 2, 4, 1)
        self.stem = nn.Sequential(conv(3, 32, 3), conv(32, 64, 3, 2), conv(64, 64, 3), conv(64, 128, 3, 2), body(128, 256, 64))
        self.c3 = nn.Sequential(Halving(256, 128), body(256, 512, 128))
        self.c4 = nn.Sequential(Halving(512, 256), body(512, 1024, 256))
        self.c5 = nn.Sequential(Halving(1024, 512), body(1024, 1024, 256))
        self.pyramid = Pyramid(1024, 512)
        self.up5, self.route4, self.top4 = conv(512, 256), conv(1024, 256), neck(512, 256)
        self.up4, self.route3, self.top3 = conv(256, 128), conv(512, 128), neck(256, 128)
        self.down3, self.out4 = Halving(128, 128), neck(512, 256)
        self.down4, self.out5 = Halving(256, 256), neck(1024, 512)
        self.last = nn.ModuleList([conv(128, 256, 3), conv(256, 512, 3), conv(512, 1024, 3)])
        self.detect = nn.ModuleList([nn.Conv2d(c, 3 * (5 + classes), 1) for c in (256, 512, 1024)])
        for layer, stride in zip(self.detect, STRIDES):
            # As training begins: eight objects in a picture, all classes alike. Else every cell of an untrained network is an object.
            bias = layer.bias.detach().view(3, 5 + classes)
            bias[:, 4] += math.log(8 / (SIZE / stride) ** 2)
            bias[:, 5:] += math.log(0.6 / (classes - 0.99))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        double = lambda y: nn.functional.interpolate(y, scale_factor=2.0)
        c3 = self.c3(self.stem(x))
        c4 = self.c4(c3)
        p5 = self.pyramid(self.c5(c4))
        p4 = self.top4(torch.cat([self.route4(c4), double(self.up5(p5))], 1))
        p3 = self.top3(torch.cat([self.route3(c3), double(self.up4(p4))], 1))
        p4 = self.out4(torch.cat([self.down3(p3), p4], 1))
        p5 = self.out5(torch.cat([self.down4(p4), p5], 1))
        return torch.cat([self.decoded(k, self.detect[k](self.last[k](p))) for k, p in enumerate((p3, p4, p5))], 1)

    def decoded(self, level: int, raw: torch.Tensor) -> torch.Tensor:
        n, channels, rows, columns = raw.shape
        y = torch.sigmoid(raw.view(n, 3, channels // 3, rows, columns).permute(0, 1, 3, 4, 2))
        grid = torch.stack(torch.meshgrid(torch.arange(columns), torch.arange(rows), indexing="xy"), -1).float()
        anchors = torch.tensor(ANCHORS[level]).float().view(1, 3, 1, 1, 2)
        centre = (y[..., :2] * 2 - 0.5 + grid) * STRIDES[level]
        return torch.cat([centre, (y[..., 2:4] * 2) ** 2 * anchors, y[..., 4:]], -1).reshape(n, -1, channels // 3)


INPUT, OUTPUTS = "images", ("output",)
SHAPE = (1, 3, SIZE, SIZE)
