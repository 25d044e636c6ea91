import type { RTCPeerConnection } from 'werift';
import { connectNode } from './index.js';

/** Real: the offer, with its gathering of candidates. Nobody answers it. */
describe('connectNode', () => {
  it('asks no STUN server for its address: none was set', async () => {
    let peer: RTCPeerConnection | null = null;
    const asked: unknown[] = [];
    const connecting = connectNode({
      url: 'http://127.0.0.1:9',
      onPeer: (made) => (peer = made),
      exchange: (sdp) => {
        expect(sdp).toMatch(/a=candidate:.* typ host/);
        for (const { connection } of peer?.iceTransports ?? []) asked.push(connection.stunServer);
        return Promise.reject(new Error('seen'));
      },
    });
    await expect(connecting).rejects.toThrow('seen');
    expect(asked).toEqual([undefined]);
  });
});
