/* global window */
// Runs in the page, before its own scripts: remembers what it opens, so that `trouble` can take the microphone away.

const watched = { sender: null, context: null };

window.RTCPeerConnection = class extends window.RTCPeerConnection {
  addTrack(track, ...streams) {
    const sender = super.addTrack(track, ...streams);
    if (track.kind === 'audio') watched.sender = sender;
    return sender;
  }

  addTransceiver(of, init) {
    const transceiver = super.addTransceiver(of, init);
    if (of.kind === 'audio') watched.sender = transceiver.sender;
    return transceiver;
  }
};
window.AudioContext = class extends window.AudioContext {
  constructor(options) {
    super(options);
    watched.context = this;
  }
};

window.trouble = async (what, ms) => {
  const { sender, context } = watched;
  const { track } = sender;
  const pause = () => new Promise((resolve) => setTimeout(resolve, ms));
  switch (what) {
    case 'mute':
      track.enabled = false;
      await pause();
      track.enabled = true;
      return;
    case 'no track':
      await sender.replaceTrack(null);
      await pause();
      return sender.replaceTrack(track);
    case 'another track':
      await pause();
      return sender.replaceTrack(track.clone());
    case 'suspend':
      await context.suspend();
      await pause();
      return context.resume();
  }
};
