// Runs in the browser: a microphone that asks when it is told to, whatever time the machine took to get there.

/** @returns {Promise<{track: MediaStreamTrack, speak: () => void, clipMs: number}>} says `globalThis.clip` (base64 of a sound file) */
export async function voice() {
  const context = new AudioContext({ sampleRate: 48_000 });
  const out = context.createMediaStreamDestination();
  const bytes = Uint8Array.from(atob(globalThis.clip), (sign) => sign.codePointAt(0));
  const clip = await context.decodeAudioData(bytes.buffer);
  const speak = () => {
    const source = context.createBufferSource();
    source.buffer = clip;
    source.connect(out);
    source.start();
  };
  return { track: out.stream.getAudioTracks()[0], speak, clipMs: clip.duration * 1000 };
}
