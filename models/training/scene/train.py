"""Trains backbone, boxes and depth together on a pool of rows, which may still be growing. Resumes from OUT.

The rate falls to zero when so many pictures have been seen or so many minutes have passed, whichever comes first.

    python -m scene.train POOL OUT.pt [--images 90000] [--minutes 60] [--peak 1.5e-3] [--seed 0] [--init RUN.pt]
    python -m scene.train POOL OUT.pt --init objects-32.onnx --size 384 224 --deeper --boxes-only ...   a larger detector goes on from a smaller one
"""

import argparse
import concurrent.futures
import pathlib
import time

import cv2
import numpy as np
import torch

import processor
from scene import augment, losses
from scene.network import Scene, Single, normalised
from scene.rows import Rows
from unfold import tensors, unfold

BATCH, DECAY, WARM_UP = 24, 0.02, 150
# Pictures that stand for all when an exported detector is unfolded.
SETTLING = 240
SAVE_EVERY_S, LOOK_EVERY = 120, 100


def begin(model: Scene, path: pathlib.Path, rows: Rows) -> None:
    """Weights of another run, or of an exported detector; what that does not have stays as it is."""
    if path.suffix != ".onnx":
        known = torch.load(path, weights_only=True)["model"]
    else:
        named, _ = tensors(str(path))
        deeper = any(name.startswith("backbone.stages.3.1.") for name in named)
        detector = Single(Scene(model.kind["size"], deeper), "objects")
        wanted = detector.state_dict()
        # So PyTorch's exporter calls the three numbers of `scale`.
        scale = [named[name] for name in ("select", "select_1", "select_2") if name in named]
        named = {name: t for name, t in named.items() if name in wanted or name.endswith(".bias")}
        if len(scale) == len(detector.head.scale):
            named["head.scale"] = torch.stack(scale)
        pictures = augment.batch(rows, np.random.default_rng(0), SETTLING, model.kind["size"])[0]
        unfold(detector, named, normalised(torch.from_numpy(pictures)), str(path))
        known = {name.replace("head.", "objects.", 1): t for name, t in detector.state_dict().items()}
    missing, unknown = model.load_state_dict(known, strict=False)
    new = {m.rsplit(".", 3)[0] for m in missing if not m.startswith("depth.")}
    if any(not u.startswith("depth.") for u in unknown) or not new <= {f"backbone.stages.{k}" for k in ("1.1", "2.2", "3.1")}:
        raise SystemExit(f"{path} is not a run or a detector of this kind: it lacks {sorted(new)}, and has {unknown}")
    print(f"begun from {path.name}; new are {sorted(new) or 'no parts'}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=90_000)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", type=pathlib.Path, help="run to begin with, or an exported detector in 32 bits")
    parser.add_argument("--size", type=int, nargs=2, default=augment.SIZE, metavar=("WIDTH", "HEIGHT"), help="of the input, multiples of 32")
    parser.add_argument("--deeper", action="store_true", help="one more block at each stride")
    parser.add_argument("--boxes-only", action="store_true", help="learn no depth")
    parser.add_argument("--nothing", type=pathlib.Path, help="pictures without objects (objects.nothing), a fifth of what is learnt from")
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args()
    if any(side % 32 or side <= 0 for side in args.size):
        parser.error("--size: width and height have to be multiples of 32")
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(0)
    rows, rng = Rows(args.pool), np.random.default_rng(args.seed)
    bank = np.load(args.nothing, mmap_mode="r") if args.nothing else None
    model = Scene(tuple(args.size), args.deeper, not args.boxes_only)
    if args.init and not args.out.exists():
        begin(model, args.init, rows)
    model = model.to(memory_format=torch.channels_last)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.997), use_buffers=True)
    optimiser = torch.optim.AdamW(model.parameters(), args.peak, weight_decay=DECAY)
    step, wall, cpu = 0, 0.0, 0.0
    if args.out.exists():
        kept = torch.load(args.out, weights_only=True)
        if kept.get("kind", Scene().kind) != model.kind:
            raise SystemExit(f"{args.out} is a run of {kept.get('kind', Scene().kind)}, not of {model.kind}: give the same options, or another OUT")
        model.load_state_dict(kept["live"]), average.load_state_dict(kept["average"]), optimiser.load_state_dict(kept["optimiser"])
        step, wall, cpu = kept["step"], kept["wall_s"], kept["cpu_s"]
        rng = np.random.default_rng([args.seed, step])
    clock, saved, running = (time.time() - wall, time.process_time() - cpu), time.time(), None

    def save() -> None:
        part = args.out.with_suffix(".part")
        torch.save(dict(model=average.module.state_dict(), live=model.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(), step=step,
                        images=step * BATCH, rows=len(rows), seed=args.seed, kind=model.kind, wall_s=time.time() - clock[0], cpu_s=time.process_time() - clock[1]), part)
        part.rename(args.out)

    # The next pictures are made while the network learns from these.
    feeder = concurrent.futures.ThreadPoolExecutor(1)
    ask = lambda: feeder.submit(augment.batch, rows, rng, BATCH, model.kind["size"], bank)
    coming = ask()
    while (done := max(step * BATCH / args.images, (time.time() - clock[0]) / 60 / args.minutes)) < 1:
        rate = float(args.peak * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6)
        for group in optimiser.param_groups:
            group["lr"] = rate
        pictures, boxes, inverse, weight = (torch.from_numpy(a) for a in coming.result())
        if (step + 1) % LOOK_EVERY == 0:
            rows.open()
        coming = ask()
        with processor.fastest():
            maps = model.backbone(normalised(pictures))
            scores, found = model.objects.raw(maps[1:])
            depth = model.depth and model.depth.raw(maps)
        by_score, by_box = losses.boxes_loss(scores, found, boxes, model.objects.centres)
        by_depth = torch.zeros(()) if depth is None else losses.depth_loss(depth[:, 0], inverse, weight)
        optimiser.zero_grad()
        (by_score + by_box + by_depth).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(model)
        step += 1
        parts = np.array([by_score.item(), by_box.item(), by_depth.item()])
        running = parts if running is None else 0.98 * running + 0.02 * parts
        if step % LOOK_EVERY == 0:
            print(f"{step * BATCH} pictures of {len(rows)}, {time.time() - clock[0]:.0f} s, {time.process_time() - clock[1]:.0f} s CPU; "
                  f"score {running[0]:.3f} box {running[1]:.3f} depth {running[2]:.3f}", flush=True)
        if time.time() - saved > SAVE_EVERY_S:
            save()
            saved = time.time()
    save()


if __name__ == "__main__":
    main()
