// Runs in the browser: a microphone that asks when it is told to, whatever time the machine took to get there.

/**
 * @returns {Promise<{track: MediaStreamTrack, speak: () => void, hum: (level: number) => void, clipMs: number}>} says `globalThis.clip`
 * (base64 of a sound file); `hum` makes the noise of a room (0..1) from then on
 */
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
  const hum = (level) => {
    const noise = context.createBuffer(1, 48_000, 48_000);
    noise.copyToChannel(
      Float32Array.from({ length: 48_000 }, () => (2 * Math.random() - 1) * level),
      0,
    );
    const source = context.createBufferSource();
    source.buffer = noise;
    source.loop = true;
    source.connect(out);
    source.start();
  };
  return { track: out.stream.getAudioTracks()[0], speak, hum, clipMs: clip.duration * 1000 };
}
