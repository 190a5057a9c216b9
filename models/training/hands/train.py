"""Trains one network: `python -m hands.train crop|finder OUT.pt --images N --pool FOLDER[=WEIGHT] ... --background FILE.npy ...`.

Writes OUT.pt (averaged weights, for export) and OUT.pt.resume every 250 steps; run the same command again to go on after a stop.
The learning rate rises over 200 steps, stays, and falls to zero over the last `--fall` of the pictures.
"""

import argparse
import copy
import os
import time

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
import numpy as np
import torch
import torch.multiprocessing as mp

import processor
from unfold import tensors, unfold

from .compose import Maker
from .losses import crop_loss, finder_loss
from .network import CropNet, FinderNet, normalise

NETWORKS = {"crop": CropNet, "finder": FinderNet}
ROWS = {"crop": "crop", "finder": "frame"}
WARM_UP, SAVE_EVERY, MEAN_EVERY = 200, 250, 5
SETTLING = 20  # batches that stand for all when an exported network is unfolded


def feed(queue, kind, pools, banks, batch, seed):
    torch.set_num_threads(1)
    maker, n = Maker(pools, banks, seed), 0
    while True:
        n += 1
        if n % 100 == 0:
            maker.refresh()
        queue.put({k: torch.from_numpy(v) for k, v in maker.batch(ROWS[kind], batch).items()})


def arguments():
    p = argparse.ArgumentParser()
    p.add_argument("kind", choices=NETWORKS)
    p.add_argument("out")
    p.add_argument("--images", type=int, required=True, help="pictures of the whole run")
    p.add_argument("--pool", action="append", required=True)
    p.add_argument("--background", action="append", required=True)
    p.add_argument("--init", help="weights to start from: .pt (entries that are missing or of another shape stay random), or an exported .onnx")
    p.add_argument("--fixed", type=int, default=0, help="first stages of the backbone that keep their starting weights")
    p.add_argument("--batch", type=int, default=24)
    p.add_argument("--rate", type=float, default=1.2e-3)
    p.add_argument("--fall", type=float, default=0.35)
    p.add_argument("--threads", type=int, default=1)
    p.add_argument("--seed", type=int, default=1)
    return p.parse_args()


def learning_rate(a, step, images):
    left = (a.images - images) / (a.images * a.fall)
    return a.rate * min(1.0, (step + 1) / WARM_UP) * min(1.0, max(left, 0.0)) + 1e-6


def level_names(weights, by):
    """Weights with the levels of the backbone's neck counted from `by` later: the finder has none at the crop network's finest stride."""
    out = {}
    for name, value in weights.items():
        parts = name.split(".")
        if parts[0] == "backbone" and parts[1] in ("lateral", "smooth"):
            parts[2] = str(int(parts[2]) - by)
        out[".".join(parts)] = value
    return out


def start(net, path):
    saved = torch.load(path, weights_only=True)
    by = net.backbone.first - NETWORKS[saved["kind"]]().backbone.first
    own = net.state_dict()
    fit = {k: v for k, v in level_names(saved["weights"], by).items() if k in own and own[k].shape == v.shape}
    net.load_state_dict(fit, strict=False)
    print(f"started from {path}: {len(fit)} of {len(own)} tensors", flush=True)
    return saved["images"]


def main():
    a = arguments()
    torch.manual_seed(a.seed)
    torch.set_num_threads(a.threads)
    torch.set_flush_denormal(True)
    net = NETWORKS[a.kind]().to(memory_format=torch.channels_last)
    loss_of = {"crop": crop_loss, "finder": finder_loss}[a.kind]
    step, images, resume = 0, 0, a.out + ".resume"
    going_on = os.path.exists(resume)
    exported = a.init and a.init.endswith(".onnx")
    before = start(net, a.init) if a.init and not exported else 0  # pictures that the starting weights have seen
    if going_on:
        s = torch.load(resume, weights_only=True)
        step, images, before = s["step"], s["images"], s["before"]
    pools = [(p.rsplit("=", 1)[0], float(p.rsplit("=", 1)[1]) if "=" in p else 1.0) for p in a.pool]
    context = mp.get_context("spawn")
    queue = context.Queue(6)
    feeder = context.Process(target=feed, args=(queue, a.kind, pools, a.background, a.batch, a.seed * 1000 + step), daemon=True)
    feeder.start()

    if exported and not going_on:
        seen = torch.cat([normalise(queue.get()["im"]) for _ in range(SETTLING)])
        named, before = tensors(a.init)
        unfold(net, named, seen, a.init)
        print(f"started from {a.init}, {before} pictures", flush=True)
    net.backbone.fixed = a.fixed
    net.train()
    optimiser = torch.optim.AdamW(net.parameters(), a.rate, weight_decay=1e-2, fused=True)
    mean = copy.deepcopy(net).eval()
    if going_on:
        net.load_state_dict(s["net"]), mean.load_state_dict(s["mean"]), optimiser.load_state_dict(s["optimiser"])
        print(f"going on after {images} pictures", flush=True)

    def save():
        torch.save({"kind": a.kind, "weights": mean.state_dict(), "images": before + images}, a.out + ".new")
        os.replace(a.out + ".new", a.out)
        state = {"net": net.state_dict(), "mean": mean.state_dict(), "optimiser": optimiser.state_dict(), "step": step, "images": images, "before": before}
        torch.save(state, resume + ".new")
        os.replace(resume + ".new", resume)

    shown, since, first, waited = None, time.time(), images, 0.0
    while images < a.images:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(a, step, images)
        t = time.time()
        batch = queue.get()
        waited += time.time() - t
        with processor.fastest():
            out = net(normalise(batch["im"]))
        loss, parts = loss_of(out, batch)
        optimiser.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 5.0)
        optimiser.step()
        step, images = step + 1, images + a.batch
        if step % MEAN_EVERY == 0:
            keep = min(0.998, 1 - 1 / (step + 1)) ** MEAN_EVERY
            with torch.no_grad():
                for m, w in zip(mean.state_dict().values(), net.state_dict().values()):
                    m.lerp_(w, 1 - keep) if m.dtype.is_floating_point else m.copy_(w)
        now = np.array(list(parts.values()))
        shown = now if shown is None else 0.98 * shown + 0.02 * now
        if step % 100 == 0:
            spent = time.time() - since
            text = " ".join(f"{k} {v:.4f}" for k, v in zip(parts, shown))
            print(f"{step} steps {images} pictures {(images - first) / spent:.0f}/s waiting {100 * waited / spent:.0f}% {text}", flush=True)
        if step % SAVE_EVERY == 0:
            save()
    save()
    feeder.terminate()
    print("done", flush=True)


if __name__ == "__main__":
    main()
