"""peers: preset S on other engines, beside our own, in one table.

    peers.py BENCH_MODEL [--threads N] [--seconds S] [--rounds N] [--only WORD]
             [--photo JPEG]

BENCH_MODEL is the program of bench_model.c; JPEG is a grey photo that it also
colours from file to file. Every contender runs in processes of its own, and the
rounds go round all of them, so that a noisy minute harms each alike; its figure
is its best round. Needs torch; onnxruntime, openvino and onnx if their lines
are wanted. A contender that fails is named with its reason.
"""
import argparse
import importlib.metadata
import json
import os
import platform
import resource
import subprocess
import sys
import time

CHANNELS, UNITS = (32, 64, 128, 256, 512), (1, 2, 2, 2, 2)


def network():
    import torch
    from torch import nn
    from torch.nn import functional

    class Unit(nn.Module):
        def __init__(self, ci, co, stride=1, up=False):
            super().__init__()
            self.up = up
            self.conv = nn.Conv2d(ci, co, 3, stride, 1, bias=False)
            self.norm = nn.BatchNorm2d(co)

        def forward(self, x):
            if self.up:
                x = functional.interpolate(x, scale_factor=2.0, mode="nearest")
            return functional.relu(self.norm(self.conv(x)), inplace=True)

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.down, self.up, self.after = (nn.ModuleList() for _ in range(3))
            ci = 1
            for level, co in enumerate(CHANNELS):
                units = [Unit(ci, co, 2 if level else 1)]
                units += [Unit(co, co) for _ in range(UNITS[level] - 1)]
                self.down.append(nn.Sequential(*units))
                ci = co
            for co in reversed(CHANNELS[:-1]):
                self.up.append(Unit(ci, co, up=True))
                self.after.append(Unit(2 * co, co))
                ci = co
            self.head = nn.Conv2d(ci, 2, 3, 1, 1)

        def forward(self, x):
            skips = []
            for level in self.down:
                x = level(x)
                skips.append(x)
            skips.pop()
            for up, after in zip(self.up, self.after):
                x = after(torch.cat([up(x), skips.pop()], 1))
            return torch.sigmoid(self.head(x))

    torch.manual_seed(1)
    return Net()


def folded(net):
    import torch

    net = net.eval()
    for unit in list(net.modules()):
        if hasattr(unit, "norm"):
            unit.conv = torch.nn.utils.fusion.fuse_conv_bn_eval(
                unit.conv, unit.norm)
            unit.norm = torch.nn.Identity()
    return net


def onnx_file(path, side):
    """The folded network as ONNX; batch is free."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    net, nodes, weights = folded(network()), [], []

    def constant(name, array):
        weights.append(numpy_helper.from_array(array, name))
        return name

    def node(kind, inputs, **attributes):
        out = f"t{len(nodes)}"
        nodes.append(helper.make_node(kind, inputs, [out], **attributes))
        return out

    def conv(x, module, stride):
        n = len(nodes)
        w = constant(f"w{n}", module.weight.detach().numpy())
        b = constant(f"b{n}", module.bias.detach().numpy())
        return node("Conv", [x, w, b], kernel_shape=[3, 3],
                    strides=[stride, stride], pads=[1, 1, 1, 1])

    def unit(x, module):
        if module.up:
            import numpy
            scales = constant(f"s{len(nodes)}",
                              numpy.array([1, 1, 2, 2], numpy.float32))
            x = node("Resize", [x, "", scales], mode="nearest",
                     coordinate_transformation_mode="asymmetric",
                     nearest_mode="floor")
        return node("Relu", [conv(x, module.conv, module.conv.stride[0])])

    x, skips = "x", []
    for level in net.down:
        for module in level:
            x = unit(x, module)
        skips.append(x)
    skips.pop()
    for up, after in zip(net.up, net.after):
        x = unit(node("Concat", [unit(x, up), skips.pop()], axis=1), after)
    nodes.append(helper.make_node("Sigmoid", [conv(x, net.head, 1)], ["y"]))
    graph = helper.make_graph(
        nodes, "S",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT,
                                       ["n", 1, side, side])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT,
                                       ["n", 2, side, side])], weights)
    onnx.save(helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17)]), path)


# Contenders: each returns a function that does one round of a case.


def torch_infer(case, compiled, last):
    import torch

    net, x = folded(network()), torch.rand(case.batch, 1, case.side, case.side)
    layout = torch.channels_last if last else torch.contiguous_format
    net, x = net.to(memory_format=layout), x.to(memory_format=layout)
    if case.precision == "bf16":
        net, x = net.bfloat16(), x.bfloat16()
    if compiled:
        net = torch.compile(net, mode=compiled)

    def run():
        with torch.inference_mode():
            net(x)
    return run


def torch_train(case, compiled, last):
    import torch

    layout = torch.channels_last if last else torch.contiguous_format
    net = network().train().to(memory_format=layout)
    if compiled:
        net = torch.compile(net, mode=compiled)
    adam = torch.optim.Adam(net.parameters(), 1e-4, fused=True)
    x = torch.rand(case.batch, 1, case.side, case.side)
    want = torch.rand(case.batch, 2, case.side, case.side)
    x = x.to(memory_format=layout)

    def run():
        adam.zero_grad(set_to_none=True)
        with torch.autocast("cpu", torch.bfloat16, case.precision == "bf16"):
            y = net(x)
        torch.nn.functional.l1_loss(y.float(), want).backward()
        adam.step()
    return run


def onnxruntime_infer(case, path):
    import numpy
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = case.threads
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(
        path, options, providers=["CPUExecutionProvider"])
    x = numpy.random.rand(case.batch, 1, case.side, case.side)
    x = x.astype(numpy.float32)
    return lambda: session.run(None, {"x": x})


def openvino_infer(case, path):
    import numpy
    import openvino

    core = openvino.Core()
    model = core.read_model(path)
    model.reshape([case.batch, 1, case.side, case.side])
    compiled = core.compile_model(model, "CPU", {
        "INFERENCE_NUM_THREADS": case.threads,
        "PERFORMANCE_HINT": "LATENCY",
        "INFERENCE_PRECISION_HINT": case.precision})
    request = compiled.create_infer_request()
    x = numpy.random.rand(case.batch, 1, case.side, case.side)
    x = x.astype(numpy.float32)
    return lambda: request.infer({0: x})


def frozen(case):
    import torch._inductor.config as config

    config.freezing = True
    return torch_infer(case, "default", True)


PATIENCE = 120  # seconds: some compilers never end

CONTENDERS = {
    "PyTorch": ("infer", lambda c: torch_infer(c, None, False)),
    "PyTorch channels_last": ("infer", lambda c: torch_infer(c, None, True)),
    "PyTorch compile": ("infer", lambda c: torch_infer(c, "default", True)),
    "PyTorch compile, frozen": ("infer", frozen),
    "onnxruntime": ("infer", lambda c: onnxruntime_infer(c, c.onnx)),
    "OpenVINO": ("infer", lambda c: openvino_infer(c, c.onnx)),
    "PyTorch step": ("train", lambda c: torch_train(c, None, False)),
    "PyTorch step channels_last":
        ("train", lambda c: torch_train(c, None, True)),
    "PyTorch step compile":
        ("train", lambda c: torch_train(c, "default", True)),
}


def child(case):
    """One contender, for some seconds: best wall and CPU seconds, peak MB."""
    if "PyTorch" in case.child:
        import torch

        torch.set_num_threads(case.threads)
    run = CONTENDERS[case.child][1](case)
    run()
    best, end = (1e9, 1e9), time.monotonic() + case.seconds
    while not case.once and (time.monotonic() < end or best[0] == 1e9):
        w, c = time.perf_counter(), time.process_time()
        run()
        best = (min(best[0], time.perf_counter() - w),
                min(best[1], time.process_time() - c))
    print(json.dumps({
        "wall": best[0],
        "cpu": time.process_time() if case.once else best[1],
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def measure(command, threads):
    # PyTorch's threads sleep when they wait, as ours do
    env = dict(os.environ, OMP_NUM_THREADS=str(threads), GOMP_SPINCOUNT="1000")
    try:
        done = subprocess.run(command, env=env, capture_output=True, text=True,
                              timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        return None, f"no result within {PATIENCE} s"
    lines = done.stdout.strip().splitlines()
    if done.returncode or not lines:
        why = done.stderr.strip().splitlines() or ["no output"]
        return None, why[-1][:100]
    return json.loads(lines[-1]), None


def first_picture(args):
    """From the start of a process to the first result, wall and CPU seconds."""
    commands = {"Tintype": [args.bench, "plain", args.model],
                "Tintype, mirrored": [args.bench, "first", args.model]}
    if args.photo:  # more than the others do
        commands["Tintype, files"] = [args.bench, "photo", args.model,
                                      args.photo, args.onnx + ".coloured"]
    for name in ("PyTorch channels_last", "onnxruntime", "OpenVINO"):
        commands[name] = [
            sys.executable, os.path.abspath(__file__), args.bench, "--child",
            name, "--once", "--threads", str(args.threads), "--onnx", args.onnx,
            "--case", "infer", "f32", "1", "128"]
    best = {}
    for _ in range(args.rounds + 2):
        for name in list(commands):
            start = time.monotonic()
            figures, why = measure(commands[name], args.threads)
            if not figures:
                print(f"  {name}: {why}")
                del commands[name]
                continue
            figures["wall"] = time.monotonic() - start
            old = best.setdefault(name, figures)
            for key in ("wall", "cpu", "peak_mb"):
                old[key] = min(old[key], figures[key])
    return best


def compare(case, args, contenders):
    """Best figures of each contender for one case."""
    words = [case["use"], case["precision"], str(case["batch"]),
             str(case["side"])]
    commands = {"Tintype": [args.bench, str(args.seconds)] + words}
    for name, (use, _) in contenders.items():
        if use == case["use"] and \
                not (name == "onnxruntime" and case["precision"] != "f32"):
            commands[name] = [
                sys.executable, os.path.abspath(__file__), args.bench,
                "--child", name, "--threads", str(args.threads), "--seconds",
                str(args.seconds), "--onnx", args.onnx, "--case"] + words
    best = {}
    for _ in range(args.rounds):
        for name in list(commands):
            figures, why = measure(commands[name], args.threads)
            if not figures:
                print(f"  {name}: {why}")
                del commands[name]
                continue
            old = best.setdefault(name, figures)
            for key in ("wall", "cpu", "peak_mb"):
                old[key] = min(old[key], figures[key])
    return best


def table(title, n, best):
    print(title)
    ours = {k: b for k, b in best.items() if k.startswith("Tintype")}
    peers = [b for name, b in best.items() if name not in ours]
    for name, b in sorted(best.items(), key=lambda i: i[1]["cpu"]):
        print(f"  {name:30} {1e3 * b['wall'] / n:8.2f} ms an image, cpu "
              f"{1e3 * b['cpu'] / n:8.2f} ms, peak {b['peak_mb']:6.0f} MB")
    for name, b in ours.items() if peers else ():
        print(f"  {name} against the fastest peer: "
              f"{min(p['wall'] for p in peers) / b['wall']:.2f} by wall, "
              f"{min(p['cpu'] for p in peers) / b['cpu']:.2f} by cpu",
              flush=True)


def machine(threads):
    with open("/proc/cpuinfo") as f:
        names = [x.split(": ")[1].strip() for x in f if "model name" in x]
    versions = []
    for name in ("torch", "onnxruntime", "openvino"):
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            versions.append(f"no {name}")
    return (f"{names[0] if names else platform.machine()}, {threads} threads, "
            f"load {os.getloadavg()[0]:.1f}; " + ", ".join(versions))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bench")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--seconds", type=float, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="")
    parser.add_argument("--onnx", default="build/bench/S.onnx")
    parser.add_argument("--model", default="model/weights/portrait-1.h5")
    parser.add_argument("--photo")
    parser.add_argument("--once", action="store_true")
    parser.add_argument("--write")
    parser.add_argument("--child")
    parser.add_argument("--case", nargs=4)
    args = parser.parse_args()
    if args.write:
        return onnx_file(args.write, 128)
    if args.child:
        args.use, args.precision = args.case[:2]
        args.batch, args.side = int(args.case[2]), int(args.case[3])
        return child(args)
    cases = [dict(zip(("use", "precision", "batch", "side"), row)) for row in (
        ("infer", "f32", 1, 128), ("infer", "f32", 16, 128),
        ("infer", "bf16", 1, 128), ("infer", "bf16", 16, 128),
        ("train", "f32", 32, 64), ("train", "f32", 32, 128),
        ("train", "bf16", 32, 64), ("train", "bf16", 32, 128))]
    # by a child: a process counts its parent's memory into its peak
    write = subprocess.run([sys.executable, os.path.abspath(__file__),
                            args.bench, "--write", args.onnx])
    print(machine(args.threads))
    if write.returncode:
        print("  no ONNX file: onnxruntime and OpenVINO cannot run")
    for case in cases:
        if args.only in " ".join(str(v) for v in case.values()):
            table("{use} {precision}, {side} px, batch {batch}".format(**case),
                  case["batch"], compare(case, args, CONTENDERS))
    if args.only in "first":
        table("from the start of the process to the first picture, 128 px", 1,
              first_picture(args))


if __name__ == "__main__":
    main()
