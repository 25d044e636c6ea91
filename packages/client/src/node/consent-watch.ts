import type { RTCPeerConnection } from 'werift';

const LOOK_MS = 1000;
/** werift asks each five seconds or so; one answer may be lost on its way. */
const MISSED = 2;

/**
 * Tells when a connection is not answered any more: werift itself says so only after thirty seconds, when a gateway has given the call up
 * as well.
 * @param told once each time that answers fail to come
 * @returns what stops it
 */
export function watchConsent(peer: RTCPeerConnection, told: () => void): () => void {
  let watched: unknown = null;
  let answered = 0;
  let asked = 0;
  let isTold = false;
  const timer = setInterval(() => {
    const pair = peer.iceTransports[0]?.connection.nominated;
    if (!pair) return;
    // Where ICE has begun anew another pair counts from its own beginning.
    if (pair !== watched || pair.responsesReceived !== answered) {
      watched = pair;
      answered = pair.responsesReceived;
      asked = pair.requestsSent;
      isTold = false;
    } else if (!isTold && pair.requestsSent - asked > MISSED) {
      isTold = true;
      told();
    }
  }, LOOK_MS);
  timer.unref();
  return () => clearInterval(timer);
}
