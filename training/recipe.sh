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

# The world and the speech (50 minutes on one core).
once "$WORK/frames0/clips.pkl" pocket.stages.frames --out "$WORK/frames0" --clips 9000 --seed 1
once "$WORK/frames1/clips.pkl" pocket.stages.frames --out "$WORK/frames1" --clips 6000 --seed 3 --cards 0.95
once "$WORK/frames2/clips.pkl" pocket.stages.frames --out "$WORK/frames2" --clips 4000 --seed 4 --cards 0.2 --video 1
once "$WORK/frames3/clips.pkl" pocket.stages.frames --out "$WORK/frames3" --clips 4000 --seed 5 --cards 0.1 --video 0.35 --moves 0.6
once "$WORK/framesval/clips.pkl" pocket.stages.frames --out "$WORK/framesval" --clips 500 --seed 2 --video 0.4
once "$WORK/speech1/meta.npz" pocket.stages.speech_texts --out "$WORK/speech1" --seed 1
once "$WORK/speech2/meta.npz" pocket.stages.speech_texts --out "$WORK/speech2" --seed 2 --closed 2 --repeat 2500 --translate 1500 --content 500 --wide 1500
once "$WORK/speech3/meta.npz" pocket.stages.speech_texts --out "$WORK/speech3" --seed 3 --closed 2 --repeat 3500 --translate 1500 --content 500 --wide 1500
once "$WORK/speech4/meta.npz" pocket.stages.speech_texts --out "$WORK/speech4" --seed 4 --closed 2 --repeat 3000 --translate 1200 --content 500 --wide 1500 --lang zh
once "$WORK/speech5/meta.npz" pocket.stages.speech_texts --out "$WORK/speech5" --seed 5 --closed 2 --repeat 3000 --translate 1200 --content 500 --wide 1500
held_out=(--split validation --closed 1 --repeat 400 --translate 200 --sums 100 --content 100 --seed 77)
once "$WORK/speechval/meta.npz" pocket.stages.speech_texts --out "$WORK/speechval" --lang en "${held_out[@]}"
once "$WORK/speechvalzh/meta.npz" pocket.stages.speech_texts --out "$WORK/speechvalzh" --lang zh --wide 200 "${held_out[@]}"
once "$WORK/beginnings/meta.npz" pocket.stages.turn_texts --out "$WORK/beginnings" --seed 3
once "$WORK/beginningsval/meta.npz" pocket.stages.turn_texts --out "$WORK/beginningsval" --split validation --most 400 --seed 78
once "$WORK/tokenizer.json" pocket.stages.tokenizer --out "$WORK/tokenizer.json"

# Stage 0: unimodal starts. The two may run side by side, one core each.
step pocket.stages.stage0_vision --frames "$WORK"/frames{0,1,2} --validation "$WORK/framesval" --out "$WORK/run_v0" --steps 2400 --batch 48 --rate 2e-3
step pocket.stages.stage0_audio --speech "$WORK"/speech{1,2,3,4,5} --validation "$WORK"/speechval{,zh} --out "$WORK/run_a0" --steps 3400

# Image-language stage I: the projector alone.
step pocket.stages.stage1_projector --frames "$WORK"/frames{0,1} --validation "$WORK/framesval" --vision "$WORK/run_v0/last.pt" --cache "$WORK/cache" --out "$WORK/run_p1" --steps 1200

omni() {
  step pocket.stages.omni --frames "$WORK"/frames{0,1,2,3} --validation-frames "$WORK/framesval" --speech "$WORK"/speech{1,2,3,4,5} \
    --validation-speech "$WORK"/speechval{,zh} --tokenizer "$WORK/tokenizer.json" --cache "$WORK/cache3" --threads 2 "$@"
}
# Image and video language, typed: drills teach which of several things is meant.
# Shares: drill film hear ask talk.
omni --vision "$WORK/run_v0/last.pt" --projector "$WORK/run_p1/last.pt" --audio "$WORK/run_a0/last.pt" --out "$WORK/run_l1" --muon --steps 2700 --batch 16 --rate 1.5e-3 \
  --first 0.72 0.28 0 0 0 --last 0.62 0.38 0 0 0
# Omni-alignment and the whole mixture. The audio encoder learns along at first and then stays as it is, which makes a step a third cheaper.
omni --start-from "$WORK/run_l1/last.pt" --out "$WORK/run_m1" --muon --steps 6500 --batch 16 --rate 1e-3 --audio-rate 0.4 --audio-until 0.2 \
  --first 0.30 0.30 0.12 0.20 0.08 --last 0.08 0.25 0.17 0.34 0.16 --move 0.35 0.75

# The turn-end head, on the encoder as it is now.
step pocket.stages.turn_end --encoder "$WORK/run_m1/last.pt" --speech "$WORK"/speech{1,2,3,4,5} --beginnings "$WORK/beginnings" --validation "$WORK"/speechval{,zh} \
  --validation-beginnings "$WORK/beginningsval" --out "$WORK/run_t1"

step pocket.export.export --checkpoint "$WORK/run_m1/last.pt" --turn-end "$WORK/run_t1/last.pt" --tokenizer "$WORK/tokenizer.json" --out ../models/visavis-pocket
step pocket.export.parity --checkpoint "$WORK/run_m1/last.pt" --turn-end "$WORK/run_t1/last.pt" --folder ../models/visavis-pocket
step pocket.release.testset --out ../tools/eval/set
step pocket.release.fixtures --out ../test/fixtures/call --e2e ../test/fixtures/e2e
step pocket.export.greedy --checkpoint "$WORK/run_m1/last.pt" --folder ../models/visavis-pocket --set ../tools/eval/set
