"""Helping processes. Real: the processes, and the signal that kills one."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor

import pytest

from pocket.children import end_with_parent


def parent() -> None:
    """A run with a helper; tells the helper's process and waits to be killed."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=end_with_parent) as ahead:
        print(ahead.submit(os.getpid).result(), flush=True)
        time.sleep(60)


def alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("by", [signal.SIGKILL, signal.SIGTERM])
def test_a_helper_ends_with_the_run_that_is_killed(by: signal.Signals) -> None:
    run = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    assert run.stdout is not None
    helper = int(run.stdout.readline())
    assert alive(helper)
    run.send_signal(by)
    run.wait()
    end = time.monotonic() + 10
    while alive(helper):
        assert time.monotonic() < end, "the helper goes on alone"
        time.sleep(0.02)


if __name__ == "__main__":
    parent()
