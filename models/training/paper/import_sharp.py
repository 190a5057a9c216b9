"""Turns released SHARP checkpoints, which a user has the files of, into ONNX with manifests. Nothing is downloaded.

    python -m paper.import_sharp --pose POSE.pth --action ACTION.pth DIR
    python -m paper.import_sharp --self-test DIR      # checkpoints with the released keys and shapes, made here
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from action.classes import ACTIONS, OBJECTS
from action.network import FRAMES, WIDTH, ActionTransformer
from paper.effhandegonet3d import INPUT, OUTPUTS, SHAPE, EffHandEgoNet3D

WRAPPERS = ("model_state_dict", "state_dict", "model")

POSE_MANIFEST = """name = "sharp-hands"
version = "released"
task = "hands"
family = "effhandegonet3d"
file = "sharp-hands.onnx"
sha256 = ""
bytes = 0
licence = "unknown: the authors state none"

[origin]
source = "checkpoint of Mucha et al., SHARP, ICPR 2024, given by the user"
command = "python -m paper.import_sharp"

[input]
names = ["image"]
layout = "nchw"
size = [512, 512]
channels = "rgb"
resize = "stretch"
mean = [123.675, 116.28, 103.53]
std = [58.395, 57.12, 57.375]

[output.heatmaps]
shape = [1, 42, 128, 128]
meaning = "21 heat maps a hand, left hand first, 0..1"

[output.left]
shape = [1, 2]
meaning = "logits: left hand absent, present"

[output.right]
shape = [1, 2]
meaning = "logits: right hand absent, present"

[output.z]
shape = [1, 42]
meaning = "millimetres along the camera's axis"
"""

ACTION_MANIFEST = f"""name = "sharp-action"
version = "released"
task = "action"
family = "sharp-transformer"
file = "sharp-action.onnx"
sha256 = ""
bytes = 0
licence = "unknown: the authors state none"
layout = "2.5d"
scores = "logits"
labels = {ACTIONS}
objects = {OBJECTS}

[origin]
source = "checkpoint of Mucha et al., SHARP, ICPR 2024, given by the user"
command = "python -m paper.import_sharp"

[window]
frames = 20
seconds = 3.0

[input]
names = ["frames"]
shape = [1, 20, 135]

[output.logits]
shape = [-1, 36]
meaning = "one logit an action"
""".replace("'", '"')


def state(path: pathlib.Path) -> dict[str, torch.Tensor]:
    """The tensors of a checkpoint, whatever they are wrapped in."""
    kept = torch.load(path, map_location="cpu", weights_only=True)
    while found := next((kept[w] for w in WRAPPERS if w in kept and isinstance(kept[w], dict)), None):
        kept = found
    return {key.removeprefix("module."): value for key, value in kept.items()}


def filled(model: torch.nn.Module, tensors: dict[str, torch.Tensor], path: pathlib.Path) -> torch.nn.Module:
    """The model with these weights; says what does not fit."""
    own = model.state_dict()
    missing, strange = sorted(own.keys() - tensors.keys()), sorted(tensors.keys() - own.keys())
    shapes = [f"{k} {tuple(tensors[k].shape)} instead of {tuple(own[k].shape)}" for k in own.keys() & tensors.keys() if own[k].shape != tensors[k].shape]
    if missing or shapes:
        raise SystemExit(f"{path} is no checkpoint of {type(model).__name__}: missing {missing[:5]}, other shapes {shapes[:5]}, unknown {strange[:5]}")
    if strange:
        print(f"{path}: {len(strange)} tensors are not used, for example {strange[0]}")
    model.load_state_dict({k: tensors[k] for k in own})
    return model


def write(model: torch.nn.Module, shape: tuple[int, ...], entry: str, outputs: tuple[str, ...], manifest: str, folder: pathlib.Path, name: str) -> None:
    file, text = folder / f"{name}.onnx", folder / f"{name}.toml"
    inputs = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    error = onnx_file.export(model, inputs, file, entry, outputs, free_batch=len(shape) == 3)
    text.write_text(manifest)
    onnx_file.stamp(text, file)
    print(f"{file} and {text}: ONNX Runtime against PyTorch {error:.1e}")


def released_shapes() -> dict[str, dict[str, tuple[int, ...]]]:
    """Keys and shapes of the released checkpoints as the authors' code defines them, apart from the backbone's, which are torchvision's."""
    pose: dict[str, tuple[int, ...]] = {}
    for hand in ("left_hand", "right_hand"):
        pose |= {f"{hand}.weight": (2, 81920), f"{hand}.bias": (2,)}
    for side in ("l", "r"):
        pose |= {f"z_estimation_{side}.weight": (21, 81920), f"z_estimation_{side}.bias": (21,)}
    for hand in ("left_pose", "right_pose"):
        for k in range(1, 6):
            pose |= {f"{hand}.deconv{k}.deconv.weight": (1280 if k == 1 else 256, 256, 2, 2), f"{hand}.deconv{k}.deconv.bias": (256,)}
            pose |= {f"{hand}.deconv{k}.norm.0.{n}": (256,) for n in ("weight", "bias", "running_mean", "running_var")}
            pose[f"{hand}.deconv{k}.norm.0.num_batches_tracked"] = ()
        pose |= {f"{hand}.final.weight": (21, 256, 1, 1), f"{hand}.final.bias": (21,)}
    action: dict[str, tuple[int, ...]] = {"class_token": (1, 135), "mlp.1.weight": (136,), "mlp.1.bias": (136,), "mlp.2.weight": (36, 136), "mlp.2.bias": (36,)}
    action |= {"input_norm.weight": (135,), "input_norm.bias": (135,), "linear_mapper.weight": (135, 135), "linear_mapper.bias": (135,)}
    for k in range(2):
        at = f"encoder_layers.{k}"
        action |= {f"{at}.MultHeaAtten.in_proj_weight": (405, 135), f"{at}.MultHeaAtten.in_proj_bias": (405,)}
        action |= {f"{at}.MultHeaAtten.out_proj.weight": (135, 135), f"{at}.MultHeaAtten.out_proj.bias": (135,)}
        action |= {f"{at}.ffn.0.weight": (135, 135), f"{at}.ffn.0.bias": (135,)}
        action |= {f"{at}.layer_norm_{n}.{w}": (21, 135) for n in (1, 2) for w in ("weight", "bias")}
    return {"pose": pose, "action": action}


def made_up(shapes: dict[str, tuple[int, ...]]) -> dict[str, torch.Tensor]:
    """Random tensors of these shapes; variances are positive, counters whole."""
    torch.manual_seed(0)
    value = lambda key, shape: torch.tensor(1) if not shape else torch.rand(shape) + 0.5 if key.endswith("running_var") else torch.randn(shape) * 0.05
    return {key: value(key, shape) for key, shape in shapes.items()}


def self_test(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path]:
    shapes = released_shapes()
    backbone = {k: tuple(v.shape) for k, v in EffHandEgoNet3D().state_dict().items() if k.startswith("backbone.backbone.0.")}
    pose, action = folder / "made-up-pose.pth", folder / "made-up-action.pth"
    torch.save({"model_state_dict": made_up(shapes["pose"] | backbone)}, pose)
    torch.save({f"module.{k}": v for k, v in made_up(shapes["action"]).items()}, action)
    return pose, action


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--pose", type=pathlib.Path)
    parser.add_argument("--action", type=pathlib.Path)
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    if args.self_test:
        args.pose, args.action = self_test(args.dir)
    if not args.pose and not args.action:
        parser.error("give --pose, --action or --self-test")
    if args.pose:
        write(filled(EffHandEgoNet3D(), state(args.pose), args.pose), SHAPE, INPUT, OUTPUTS, POSE_MANIFEST, args.dir, "sharp-hands")
    if args.action:
        # The released weights were trained with the slip in the positions.
        model = filled(ActionTransformer(len(ACTIONS), slip=True), state(args.action), args.action)
        write(model, (1, FRAMES, WIDTH), "frames", ("logits",), ACTION_MANIFEST, args.dir, "sharp-action")


if __name__ == "__main__":
    main()
