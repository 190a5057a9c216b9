"""DPT-Hybrid (Ranftl et al., ICCV 2021) as Intel/dpt-hybrid-midas has it, 123 M parameters, built from its configuration by `transformers`.

In: `pixel_values` 1,3,384,384, RGB, mean 0.5 and deviation 0.5. Out: `predicted_depth` 1,384,384, inverse depth of any scale.
"""

import torch
from torch import nn
from transformers import BitConfig, DPTConfig, DPTForDepthEstimation

SIZE = 384


def configuration() -> DPTConfig:
    backbone = BitConfig(
        global_padding="same", layer_type="bottleneck", depths=[3, 4, 9], out_features=["stage1", "stage2", "stage3"], embedding_dynamic_padding=True
    )
    return DPTConfig(
        is_hybrid=True,
        image_size=SIZE,
        backbone_config=backbone,
        backbone_featmap_shape=[1, 1024, 24, 24],
        neck_ignore_stages=[0, 1],
        backbone_out_indices=[2, 5, 8, 11],
        readout_type="project",
        reassemble_factors=[1, 1, 1, 0.5],
        neck_hidden_sizes=[256, 512, 768, 768],
        fusion_hidden_size=256,
        hidden_act="gelu",
        use_auxiliary_head=False,
    )


class DptHybrid(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.model = DPTForDepthEstimation(configuration())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.model(pixel_values=x).predicted_depth


INPUT, OUTPUTS = "pixel_values", ("predicted_depth",)
SHAPE = (1, 3, SIZE, SIZE)
