// Runs in the browser: somebody in a room of a Janus server, with a canvas as the camera and a sound file as what is said.
import { voice } from '../../e2e/support/voice.mjs';
import { camera } from './table-camera.mjs';

const VIDEO_ROOM = 'janus.plugin.videoroom';
let server;
let me;
const texts = [];

/** One session of the Janus API; answers by transaction, events by handle. */
class Janus {
  static async open(url) {
    const socket = new WebSocket(url, 'janus-protocol');
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const janus = new Janus(socket);
    janus.session = (await janus.request({ janus: 'create' })).data.id;
    return janus;
  }

  constructor(socket) {
    this.socket = socket;
    this.waiting = new Map();
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      const resolve = this.waiting.get(message.transaction);
      if (message.janus === 'ack' || !resolve) return;
      this.waiting.delete(message.transaction);
      resolve(message);
    };
  }

  request(body) {
    const transaction = crypto.randomUUID();
    this.socket.send(
      JSON.stringify({ ...body, transaction, ...(this.session && { session_id: this.session }) }),
    );
    return new Promise((resolve) => this.waiting.set(transaction, resolve));
  }

  async attach(plugin) {
    const id = (await this.request({ janus: 'attach', plugin })).data.id;
    return (body, jsep) => this.request({ janus: 'message', handle_id: id, body, ...(jsep && { jsep }) });
  }
}

globalThis.enter = async (url, room, name) => {
  server = { url, room };
  me = { name, janus: await Janus.open(url), video: null, speak: null };
  const text = await me.janus.attach('janus.plugin.textroom');
  const peer = new RTCPeerConnection();
  const channel = peer.createDataChannel('JanusDataChannel');
  const { jsep } = await text({ request: 'setup' });
  await answer(peer, jsep, (description) => text({ request: 'ack' }, description));
  await opened(channel);
  channel.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.textroom === 'message' && message.from !== name) texts.push(message.text);
  };
  me.write = (body) => channel.send(JSON.stringify({ room, transaction: crypto.randomUUID(), ...body }));
  me.write({ textroom: 'join', username: name, display: name });
};

/** Opens the microphone and a camera that shows these things: [cell, shape, colour]. */
globalThis.publish = async (things) => {
  const { track, speak } = await voice();
  me.speak = speak;
  me.camera = await publishAs(me.janus, me.name, [track, camera(things)]);
};

/** Goes on with the microphone alone. */
globalThis.cameraOff = async () => {
  const { peer, send } = me.camera;
  peer.getTransceivers().find(({ sender }) => sender.track?.kind === 'video').direction = 'inactive';
  await peer.setLocalDescription();
  const { jsep } = await send({ request: 'configure' }, { type: 'offer', sdp: peer.localDescription.sdp });
  await peer.setRemoteDescription(jsep);
};

/** Shares a screen, as a publisher of its own. */
globalThis.share = async (things) => {
  const screen = await Janus.open(server.url);
  me.screen = await publishAs(screen, `${me.name} (screen)`, [camera(things)]);
};

globalThis.unshare = async () => {
  await me.screen.send({ request: 'leave' });
  me.screen.peer.close();
};

globalThis.say = (text) => me.write({ textroom: 'message', text });
globalThis.speak = () => me.speak();
/** What others have said in writing. */
globalThis.texts = () => texts;

async function publishAs(janus, display, tracks) {
  const send = await janus.attach(VIDEO_ROOM);
  await send({ request: 'join', ptype: 'publisher', room: server.room, display });
  const peer = new RTCPeerConnection();
  for (const track of tracks) peer.addTransceiver(track, { direction: 'sendonly' });
  await peer.setLocalDescription();
  await gathered(peer);
  const { jsep } = await send({ request: 'publish' }, { type: 'offer', sdp: peer.localDescription.sdp });
  await peer.setRemoteDescription(jsep);
  return { send, peer };
}

async function answer(peer, offer, send) {
  await peer.setRemoteDescription(offer);
  await peer.setLocalDescription();
  await gathered(peer);
  await send({ type: 'answer', sdp: peer.localDescription.sdp });
}

function gathered(peer) {
  return new Promise((resolve) => {
    const look = () => peer.iceGatheringState === 'complete' && resolve();
    peer.addEventListener('icegatheringstatechange', look);
    look();
  });
}

function opened(channel) {
  return new Promise((resolve) => {
    if (channel.readyState === 'open') resolve();
    else channel.addEventListener('open', resolve, { once: true });
  });
}
