import type { NodeConnectOptions } from '@vis-a-vis/client/node';

type Exchange = NonNullable<NodeConnectOptions['exchange']>;

/** Takes an offer to a gateway, edited, and brings the answer. */
export function exchangeWith(
  url: string,
  edit: { offer?: (sdp: string) => string; answer?: (sdp: string, location: string) => void },
): Exchange {
  return async (offer) => {
    const response = await fetch(`${url}v1/realtime/calls`, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: edit.offer?.(offer) ?? offer,
    });
    const answer = await response.text();
    if (response.status !== 201) throw new Error(`${response.status}: ${answer}`);
    edit.answer?.(answer, response.headers.get('location') ?? '');
    return answer;
  };
}

/** An offer of audio and a data channel, as a stock client writes it; nobody is behind it. */
export const BARE_OFFER = [
  'v=0',
  'o=- 1 1 IN IP4 127.0.0.1',
  's=-',
  't=0 0',
  'a=group:BUNDLE 0 1',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:0',
  'a=sendonly',
  'a=rtcp-mux',
  'a=rtpmap:111 opus/48000/2',
  'm=application 9 UDP/DTLS/SCTP webrtc-datachannel',
  'c=IN IP4 0.0.0.0',
  'a=ice-ufrag:abcd',
  'a=ice-pwd:abcdefghijklmnopqrstuvwx',
  `a=fingerprint:sha-256 ${Array(32).fill('AB').join(':')}`,
  'a=setup:actpass',
  'a=mid:1',
  'a=sctp-port:5000',
  'a=max-message-size:262144',
  '',
].join('\r\n');
