// Runs in the browser: what a program written for OpenAI Realtime does, with a camera added as its documentation says.
import { OpenAIRealtimeWebRTC, RealtimeAgent, RealtimeSession } from '@openai/agents-realtime';

/** @returns {Promise<object>} what typed listeners of the stock client were told, from connecting to the second answer */
globalThis.talk = async (baseUrl) => {
  const media = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
  const transport = new OpenAIRealtimeWebRTC({
    baseUrl,
    mediaStream: new MediaStream(media.getAudioTracks()),
    changePeerConnection: (peer) => {
      peer.addTrack(media.getVideoTracks()[0], media);
      return peer;
    },
  });
  const session = new RealtimeSession(new RealtimeAgent({ name: 'stock' }), {
    transport,
    model: 'gpt-realtime',
  });
  const errors = [];
  const seen = [];
  session.on('error', (error) => errors.push(JSON.stringify(error)));
  session.on('transport_event', (event) => seen.push(event.type));
  const answered = () => new Promise((resolve) => transport.once('response.done', resolve));

  await session.connect({ apiKey: 'ek_test' });
  transport.sendEvent({ type: 'session.update', session: { type: 'realtime', max_output_tokens: 32 } });
  let done = answered();
  session.sendMessage('how many shapes are there');
  const typed = await done;

  done = answered();
  const spoken = await done; // The microphone's file asks, once.

  session.interrupt();
  await new Promise((resolve) => setTimeout(resolve, 300));
  const roles = session.history.map((item) => item.role);
  const callId = transport.callId;
  session.close();
  return { typed: typed.response.status, spoken: spoken.response.status, roles, seen, errors, callId };
};
