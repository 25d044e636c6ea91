"""llama.cpp's own HTTP server on loopback, until its standard input ends: so it never outlives whoever started it.

Its address is one JSON line on standard output; all else it has to say goes to standard error.
"""
from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

import xllamacpp

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--model", required=True)
parser.add_argument("--projector")
parser.add_argument("--port", type=int, default=0, help="0: any free one")
parser.add_argument("--ctx", type=int, required=True, help="tokens of one slot")
parser.add_argument("--slots", type=int, required=True, help="requests at once, each with a cache of its own")
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--prompts", choices=("hidden", "told"), default="hidden", help="told: /slots says what each slot's model has read")
arguments = parser.parse_args()

# The server writes to what is standard output for it, too: that becomes standard error, and what was there is ours alone.
told = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)

if arguments.prompts == "told":
    os.environ["LLAMA_SERVER_SLOTS_DEBUG"] = "1"
params = xllamacpp.CommonParams()
params.model.path = arguments.model
params.model_alias = {"smollm2-135m-instruct"}
if arguments.projector:
    params.mmproj.path = arguments.projector
params.hostnames = ["127.0.0.1"]
params.port = arguments.port
params.n_parallel = arguments.slots
params.n_ctx = arguments.ctx * arguments.slots
params.cpuparams.n_threads = arguments.threads
params.cpuparams_batch.n_threads = arguments.threads
# The model's own template knows of no tools.
params.chat_template = Path(__file__).with_name("smollm2-tools.jinja").read_text(encoding="utf-8")
params.endpoint_slots = True
params.endpoint_metrics = True
# A cache in the host's memory is shared by all slots, and so by all tenants.
params.cache_ram_mib = 0
params.warmup = False

server = xllamacpp.Server(params)
print(json.dumps({"url": server.listening_address}), file=told, flush=True)
sys.stdin.buffer.read()
# Threads of the server that are in the middle of something are not waited for.
os._exit(0)
