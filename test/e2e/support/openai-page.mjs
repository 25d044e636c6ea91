// Runs in the browser: a program of `openai/realtime/webrtc`, whose tracks and whose way to the service are its own.
import { OpenAIRealtimeWebRTC } from 'openai/realtime/webrtc';
import { talkWith } from './openai-talk.ts';

/** @returns {Promise<object>} what the client told, from connecting to the last answer */
globalThis.talk = async (address, picture) => {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const client = new OpenAIRealtimeWebRTC();
  for (const track of media.getTracks()) client.peerConnection.addTrack(track, media);
  const troubles = [];
  client.onConnectionEvent((event) => event.type === 'error' && troubles.push(String(event.error)));
  const exchangeSdp = async (offer, { signal }) => {
    const headers = { 'content-type': 'application/sdp' };
    const response = await fetch(address, { method: 'POST', headers, body: offer, signal });
    if (!response.ok) throw new Error(await response.text());
    return response.text();
  };
  const told = await talkWith({
    send: (event) => client.send(event),
    onEvent: (handler) => client.onEvent(handler),
    connect: () => client.connect({ exchangeSdp }),
    picture,
    speak: async () => undefined,
  });
  client.close();
  return { ...told, troubles };
};
