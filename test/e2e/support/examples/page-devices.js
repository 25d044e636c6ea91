// Runs in a page before its own scripts: a camera that shows a picture, and a microphone that asks when it is told to.
// `globalThis.pageMaterial`: {clip, picture}, base64 of a sound file and of a JPEG file.
{
  const { clip, picture } = globalThis.pageMaterial;
  const seen = Promise.withResolvers();
  const connected = Promise.withResolvers();
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...args) {
      super(...args);
      this.addEventListener('connectionstatechange', () => {
        if (this.connectionState === 'connected') connected.resolve();
      });
    }

    createDataChannel(...args) {
      const channel = super.createDataChannel(...args);
      channel.addEventListener('message', ({ data }) => {
        // Told to those alone who ask for it.
        if (JSON.parse(data).type === 'visavis.frame.attended') seen.resolve();
      });
      return channel;
    }
  };

  let say = () => Promise.reject(new Error('nobody has opened the microphone'));
  async function microphone() {
    const context = new AudioContext({ sampleRate: 48_000 });
    const out = context.createMediaStreamDestination();
    const bytes = Uint8Array.from(atob(clip), (sign) => sign.codePointAt(0));
    const buffer = await context.decodeAudioData(bytes.buffer);
    say = () =>
      new Promise((resolve) => {
        const source = new AudioBufferSourceNode(context, { buffer });
        source.addEventListener('ended', () => resolve());
        source.connect(out);
        source.start();
      });
    return out.stream.getAudioTracks()[0];
  }
  async function camera() {
    const image = new Image();
    image.src = `data:image/jpeg;base64,${picture}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    Object.assign(canvas, { width: image.naturalWidth, height: image.naturalHeight });
    const context = canvas.getContext('2d');
    const draw = () => context.drawImage(image, 0, 0);
    draw();
    setInterval(draw, 100);
    return canvas.captureStream(10).getVideoTracks()[0];
  }
  navigator.mediaDevices.getUserMedia = async ({ audio, video }) =>
    new MediaStream([...(audio ? [await microphone()] : []), ...(video ? [await camera()] : [])]);

  /** Resolves when the model has seen the picture. */
  globalThis.seen = () => seen.promise;
  /** Asks aloud, once it is connected; resolves when it has been said. */
  globalThis.say = () => connected.promise.then(() => say());
  /** Asks aloud about what has been seen; resolves when it has been said. */
  globalThis.ask = () => seen.promise.then(() => say());
}
