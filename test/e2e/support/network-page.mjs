// Runs in the browser: a call by the SDK, and by which way it went.
import { connect } from '@vis-a-vis/client/browser';
import { voice } from './voice.mjs';

/** @returns {Promise<object>} the pair of candidates that is in use */
async function pairOf(call) {
  const { report: stats } = await call.stats();
  const all = [...stats.values()];
  const transport = all.find(
    ({ type, selectedCandidatePairId }) => type === 'transport' && selectedCandidatePairId,
  );
  const pair = stats.get(transport?.selectedCandidatePairId);
  const { address, port, candidateType, relayProtocol, protocol } = stats.get(pair?.localCandidateId) ?? {};
  const remote = stats.get(pair?.remoteCandidateId) ?? {};
  return {
    id: pair?.id,
    local: { address, port, type: candidateType, relay: relayProtocol, protocol },
    remote: { address: remote.address, port: remote.port },
    rttMs: (pair?.currentRoundTripTime ?? 0) * 1000,
    gathered: all.filter(({ type }) => type === 'local-candidate').map((one) => one.candidateType),
  };
}

/** Offers are made with all candidates, as clients do that do not trickle; the newest is kept. */
globalThis.gather = () => {
  const { prototype } = RTCPeerConnection;
  // oxlint-disable-next-line typescript/unbound-method -- called with the connection below
  const setLocal = prototype.setLocalDescription;
  prototype.setLocalDescription = async function (...args) {
    await setLocal.apply(this, args);
    while (this.iceGatheringState !== 'complete') await new Promise((resolve) => setTimeout(resolve, 10));
    globalThis.offered = this.localDescription.sdp;
  };
};

/** One call: how it is connected, and an answer to what is typed. */
globalThis.dial = async (options = {}) => {
  const seen = [];
  const fromMs = performance.now();
  const call = await connect({ timeoutMs: 20_000, ...options });
  const connectMs = performance.now() - fromMs;
  call.on('event', (event) => seen.push(event));
  try {
    const answer = await call.say('hello').done;
    const { text, status } = answer;
    return { text, status, connectMs, pair: await pairOf(call), types: seen.map(({ type }) => type) };
  } finally {
    call.close();
  }
};

/** A question by voice, with ICE begun anew `afterMs` into it, and then one in writing. */
globalThis.restart = async ({ camera, afterMs, options }) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: camera });
  const { track, speak } = await voice();
  const call = await connect({ microphone: track, camera: media.getVideoTracks()[0], ...options });
  const events = [];
  call.on('event', (event) => events.push(event));
  const frames = new Promise((resolve) => call.on('frame', resolve));
  await frames;
  const before = await pairOf(call);
  const answered = new Promise((resolve) => call.on('answer', resolve));
  speak();
  await new Promise((resolve) => setTimeout(resolve, afterMs));
  const fromMs = performance.now();
  await call.restartIce();
  const restartMs = performance.now() - fromMs;
  const first = await answered;
  // What was said before is known after it: the conversation is the same.
  const moved = async () => {
    for (const end = performance.now() + 10_000; performance.now() < end;) {
      const now = await pairOf(call);
      if (now.id !== before.id) return now;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    return before;
  };
  const after = await moved();
  const typed = await call.say('how many shapes are there').done;
  const types = events.map(({ type }) => type);
  call.close();
  return { first, typed, before, after, types, restartMs };
};
