"""Trains backbone, boxes and depth together on a pool of rows, which may still be growing. Resumes from OUT.

The rate falls to zero when so many pictures have been seen or so many minutes have passed, whichever comes first.

    python -m scene.train POOL OUT.pt [--images 90000] [--minutes 60] [--peak 1.5e-3] [--seed 0] [--init RUN.pt]
"""

import argparse
import pathlib
import time

import cv2
import numpy as np
import torch

import processor
from scene import augment, losses
from scene.network import Scene, normalised
from scene.rows import Rows

BATCH, DECAY, WARM_UP = 24, 0.02, 150
SAVE_EVERY_S, LOOK_EVERY = 120, 100


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pool", type=pathlib.Path)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--images", type=int, default=90_000)
    parser.add_argument("--minutes", type=float, default=1e9)
    parser.add_argument("--peak", type=float, default=1.5e-3, help="highest rate")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--init", type=pathlib.Path, help="run to begin with")
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    cv2.setNumThreads(0)
    rows, rng = Rows(args.pool), np.random.default_rng(args.seed)
    model = Scene()
    if args.init:
        model.load_state_dict(torch.load(args.init, weights_only=True)["model"])
    model = model.to(memory_format=torch.channels_last)
    average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=torch.optim.swa_utils.get_ema_multi_avg_fn(0.997), use_buffers=True)
    optimiser = torch.optim.AdamW(model.parameters(), args.peak, weight_decay=DECAY)
    step, wall, cpu = 0, 0.0, 0.0
    if args.out.exists():
        kept = torch.load(args.out, weights_only=True)
        model.load_state_dict(kept["live"]), average.load_state_dict(kept["average"]), optimiser.load_state_dict(kept["optimiser"])
        step, wall, cpu = kept["step"], kept["wall_s"], kept["cpu_s"]
        rng = np.random.default_rng([args.seed, step])
    clock, saved, running = (time.time() - wall, time.process_time() - cpu), time.time(), None

    def save() -> None:
        part = args.out.with_suffix(".part")
        torch.save(dict(model=average.module.state_dict(), live=model.state_dict(), average=average.state_dict(), optimiser=optimiser.state_dict(), step=step,
                        images=step * BATCH, rows=len(rows), seed=args.seed, wall_s=time.time() - clock[0], cpu_s=time.process_time() - clock[1]), part)
        part.rename(args.out)

    while (done := max(step * BATCH / args.images, (time.time() - clock[0]) / 60 / args.minutes)) < 1:
        rate = float(args.peak * min(1, (step + 1) / WARM_UP) * (0.5 + 0.5 * np.cos(np.pi * done)) + 1e-6)
        for group in optimiser.param_groups:
            group["lr"] = rate
        pictures, boxes, inverse, weight = (torch.from_numpy(a) for a in augment.batch(rows, rng, BATCH))
        with processor.fastest():
            maps = model.backbone(normalised(pictures))
            scores, found = model.objects.raw(maps[1:])
            depth = model.depth.raw(maps)
        by_score, by_box = losses.boxes_loss(scores, found, boxes, model.objects.centres)
        by_depth = losses.depth_loss(depth[:, 0], inverse, weight)
        optimiser.zero_grad()
        (by_score + by_box + by_depth).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimiser.step()
        average.update_parameters(model)
        step += 1
        parts = np.array([by_score.item(), by_box.item(), by_depth.item()])
        running = parts if running is None else 0.98 * running + 0.02 * parts
        if step % LOOK_EVERY == 0:
            rows.open()
            print(f"{step * BATCH} pictures of {len(rows)}, {time.time() - clock[0]:.0f} s, {time.process_time() - clock[1]:.0f} s CPU; "
                  f"score {running[0]:.3f} box {running[1]:.3f} depth {running[2]:.3f}", flush=True)
        if time.time() - saved > SAVE_EVERY_S:
            save()
            saved = time.time()
    save()


if __name__ == "__main__":
    main()
