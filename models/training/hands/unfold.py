"""From an exported network back to one that can be trained on.

`hands.export` folds each batch normalisation into the convolution before it. Here every normalisation gets the statistics of its own
input on some pictures, and the scale and shift that give the folded network's output again.
"""

import numpy as np
import onnx
import torch
from onnx import numpy_helper

IMAGES = "pictures"  # key in the file's metadata: how many the network has learnt from


def tensors(path: str) -> tuple[dict[str, torch.Tensor], int]:
    """Weights by their names in PyTorch, and the number of pictures that they were learnt from (0 when the file does not say)."""
    model = onnx.load(path)
    known = {p.key: p.value for p in model.metadata_props}
    named = {t.name.removesuffix("_half"): torch.from_numpy(numpy_helper.to_array(t).astype(np.float32)) for t in model.graph.initializer}
    return named, int(known.get(IMAGES, 0))


@torch.no_grad()
def unfold(net: torch.nn.Module, path: str, pictures: torch.Tensor) -> int:
    """Loads the weights of `path` into `net`; `pictures` [B, 3, H, W], normalised, stand for what it will see. Returns pictures learnt from."""
    named, images = tensors(path)
    parts = dict(net.named_modules())
    hooks = []
    for name, module in parts.items():
        if isinstance(module, torch.nn.BatchNorm2d):
            stem, number = name.rsplit(".", 1)
            shift = named.pop(f"{stem}.{int(number) - 1}.bias")

            def settle(norm, inputs, shift=shift):
                x = inputs[0].float()
                mean, var = x.mean((0, 2, 3)), x.var((0, 2, 3))
                norm.running_mean.copy_(mean), norm.running_var.copy_(var)
                norm.weight.copy_((var + norm.eps).sqrt()), norm.bias.copy_(shift + mean)

            hooks.append(module.register_forward_pre_hook(settle))
    missing, unknown = net.load_state_dict(named, strict=False)
    plain = [m for m in missing if not isinstance(parts[m.rsplit(".", 1)[0]], torch.nn.BatchNorm2d)]
    if plain or unknown:
        raise SystemExit(f"{path} is not a network of this kind: it lacks {plain}, and has {unknown}")
    net.eval()
    net(pictures)
    for hook in hooks:
        hook.remove()
    return images
