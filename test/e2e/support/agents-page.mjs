// Runs in the browser: what a program written for OpenAI Realtime does, with a camera added as its documentation says.
import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime';
import { talkWith } from './agents-talk.ts';

/** @returns {Promise<object>} what typed listeners of the stock client were told, from connecting to the last answer */
globalThis.talk = async (baseUrl, picture) => {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const transport = new OpenAIRealtimeWebRTC({
    baseUrl,
    mediaStream: new MediaStream(media.getAudioTracks()),
    changePeerConnection: (peer) => {
      peer.addTrack(media.getVideoTracks()[0], media);
      return peer;
    },
  });
  const agent = new RealtimeAgent({ name: 'stock', instructions: 'Answer in one sentence.' });
  const session = new RealtimeSession(agent, { transport, model: 'gpt-realtime' });
  let callId;
  // The microphone's file asks, once, by itself.
  const told = await talkWith({
    session,
    transport,
    apiKey: 'ek_test',
    picture,
    speak: async () => undefined,
    interrupt: () => {
      // Later it is closed, and has none.
      callId = transport.callId;
      session.interrupt();
    },
  });
  return { ...told, callId };
};
