// Runs in the browser: Eyevinn's WHIP client as an application uses it, and an `EventSource` for what is answered.
import { WHIPClient } from '@eyevinn/whip-web-client';
import { voice } from './voice.mjs';

/** What was asked of the gateway: method, status and, of a PATCH, what it was for. */
const requests = [];
const plain = globalThis.fetch;
globalThis.fetch = async (url, init = {}) => {
  const response = await plain(url, init);
  requests.push([init.method ?? 'GET', response.status]);
  return response;
};

/**
 * ICE anew, as RFC 9725 (4.3.3) has it; their client does not do it. The rest of the session stays as it was agreed.
 * @returns {Promise<[number, string]>} status and the new tag
 */
async function restartIce(peer, resource) {
  const before = peer.remoteDescription.sdp;
  peer.restartIce();
  await peer.setLocalDescription(await peer.createOffer());
  const line = (sdp, name) => new RegExp(`^a=${name}:.*`, 'm').exec(sdp)?.[0] ?? '';
  const { sdp } = peer.localDescription;
  const body = [line(sdp, 'ice-ufrag'), line(sdp, 'ice-pwd'), 'm=audio 9 RTP/AVP 0', 'a=mid:0', ''].join(
    '\r\n',
  );
  const response = await plain(resource, {
    method: 'PATCH',
    headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' },
    body,
  });
  const ours = await response.text();
  const answer = before
    .replace(/^a=ice-ufrag:.*$/gm, line(ours, 'ice-ufrag').trim())
    .replace(/^a=ice-pwd:.*$/gm, line(ours, 'ice-pwd').trim());
  await peer.setRemoteDescription({ type: 'answer', sdp: answer });
  return [response.status, response.headers.get('etag')];
}

globalThis.publish = async (endpoint) => {
  const media = await navigator.mediaDevices.getUserMedia({ video: true });
  const { track, speak } = await voice();
  media.addTrack(track);
  const client = new WHIPClient({ endpoint, opts: { iceServers: [] } });
  await client.ingest(media);
  const resource = await client.getResourceUrl();
  const extensions = await client.getResourceExtensions();
  const events = extensions.find((link) => link.includes('server-sent-events')) ?? '';
  const source = new EventSource(new URL(/<([^>]*)>/.exec(events)?.[1] ?? '', resource));

  const types = [];
  let text = '';
  const on = (type, listen) => source.addEventListener(type, (event) => listen(JSON.parse(event.data)));
  on('session.created', ({ type }) => types.push(type));
  on('input_audio_buffer.speech_started', ({ type }) => types.push(type));
  on('response.output_text.delta', ({ delta }) => void (text += delta));
  const done = new Promise((resolve) => on('response.done', ({ response }) => resolve(response.status)));
  const closed = new Promise((resolve) => on('closed', ({ reason }) => resolve(reason)));

  const { peer } = client;
  const connected = async () => {
    while (!/^(connected|completed)$/.test(peer.iceConnectionState))
      await new Promise((resolve) => setTimeout(resolve, 20));
  };
  await connected();
  const ufrag = () => /^a=ice-ufrag:(.*)/m.exec(peer.localDescription.sdp)?.[1];
  const before = ufrag();
  const restarted = await restartIce(peer, resource);
  // Its candidates, which their client does not hold back, are of the session that is over: they are refused.
  await new Promise((resolve) => setTimeout(resolve, 1000));
  await connected();
  // What is answered was heard over the new path.
  speak();
  const status = await done;
  const anew = before !== ufrag();
  await client.destroy();
  const reason = await closed;
  source.close();
  return { requests, types, text, status, restarted, anew, reason };
};
