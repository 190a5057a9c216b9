"""Turns released checkpoints, which a user has the files of, into ONNX with manifests. Nothing is downloaded.

    python -m paper.import_sharp --pose POSE.pth --action ACTION.pth --depth dpt-hybrid-midas DIR
    python -m paper.import_sharp --self-test DIR      # checkpoints with the released keys and shapes, made here
"""

import argparse
import pathlib

import numpy as np
import torch

import onnx_file
from action.classes import ACTIONS
from action.network import FRAMES, WIDTH, ActionTransformer
from paper import dpt_hybrid, manifests
from paper.effhandegonet3d import INPUT, OUTPUTS, SHAPE, EffHandEgoNet3D

WRAPPERS = ("model_state_dict", "state_dict", "model")

SHARP = ("unknown: the authors state none", "checkpoint of Mucha et al., SHARP, ICPR 2024, given by the user", "H2O, by its authors")
DPT = ("Apache-2.0", "checkpoint of Ranftl et al., published as Intel/dpt-hybrid-midas, given by the user", "MIX-6, by its authors")


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


def write(model: torch.nn.Module, shape: tuple[int, ...], entry: str, outputs: tuple[str, ...], folder: pathlib.Path, name: str, version: str) -> None:
    file = folder / f"{name}.onnx"
    inputs = np.random.default_rng(0).normal(0, 1, shape).astype(np.float32)
    error = onnx_file.export(model, inputs, file, entry, outputs, free_batch=len(shape) == 3)
    licence, source, data = DPT if name == "dpt-hybrid" else SHARP
    if version == manifests.RANDOM:
        source, data = "random weights, for a test of this import", "nothing: random weights"
    card = {"trained_on": data, "accuracy": "not measured here"}
    text = manifests.write(name, folder, version, licence, source, "python -m paper.import_sharp", card)
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


def self_test(folder: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    shapes = released_shapes()
    backbone = {k: tuple(v.shape) for k, v in EffHandEgoNet3D().state_dict().items() if k.startswith("backbone.backbone.0.")}
    pose, action = folder / "made-up-pose.pth", folder / "made-up-action.pth"
    torch.save({"model_state_dict": made_up(shapes["pose"] | backbone)}, pose)
    torch.save({f"module.{k}": v for k, v in made_up(shapes["action"]).items()}, action)
    depth = folder / "made-up-dpt"
    torch.manual_seed(0)
    dpt_hybrid.DptHybrid().model.save_pretrained(depth)
    return pose, action, depth


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dir", type=pathlib.Path)
    parser.add_argument("--pose", type=pathlib.Path)
    parser.add_argument("--action", type=pathlib.Path)
    parser.add_argument("--depth", type=pathlib.Path, help="folder with config.json and weights, as Intel/dpt-hybrid-midas is published")
    parser.add_argument("--self-test", action="store_true")
    args = parser.parse_args()
    args.dir.mkdir(parents=True, exist_ok=True)
    version = "released"
    if args.self_test:
        (args.pose, args.action, args.depth), version = self_test(args.dir), manifests.RANDOM
    if not args.pose and not args.action and not args.depth:
        parser.error("give --pose, --action, --depth or --self-test")
    if args.pose:
        write(filled(EffHandEgoNet3D(), state(args.pose), args.pose), SHAPE, INPUT, OUTPUTS, args.dir, "sharp-hands", version)
    if args.action:
        # The released weights were trained with the slip in the positions.
        model = filled(ActionTransformer(len(ACTIONS), slip=True), state(args.action), args.action)
        write(model, (1, FRAMES, WIDTH), "frames", ("logits",), args.dir, "sharp-action", version)
    if args.depth:
        model = dpt_hybrid.DptHybrid()
        loaded, report = dpt_hybrid.DPTForDepthEstimation.from_pretrained(args.depth, local_files_only=True, output_loading_info=True)
        if report["missing_keys"] or report["mismatched_keys"] or loaded.config.image_size != dpt_hybrid.SIZE:
            raise SystemExit(f"{args.depth} is no checkpoint of DPT-Hybrid: missing {sorted(report['missing_keys'])[:5]}")
        model.model = loaded
        write(model, dpt_hybrid.SHAPE, dpt_hybrid.INPUT, dpt_hybrid.OUTPUTS, args.dir, "dpt-hybrid", version)


if __name__ == "__main__":
    main()
