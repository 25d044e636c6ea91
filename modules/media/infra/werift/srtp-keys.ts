import type { RTCDtlsTransport } from 'werift';

import type { SrtpKeys } from '../srtp/srtp-receiver.js';

/** What werift 0.25.2 has, and declares as private (lib/rtp/src/srtp/context/context.ts). */
interface SrtpInternals {
  readonly remoteContext: {
    readonly srtpSessionKey: Buffer;
    readonly srtpSessionSalt: Buffer;
    readonly srtpSessionAuthTag: Buffer;
    readonly profile: number;
  };
}

const AEAD_AES_128_GCM = 7;

/** The session keys of what the client sends, which werift has made from the handshake. */
export function srtpKeysOf(transport: RTCDtlsTransport): SrtpKeys {
  const { remoteContext } = transport.srtp as unknown as SrtpInternals;
  return {
    key: remoteContext.srtpSessionKey,
    salt: remoteContext.srtpSessionSalt,
    authKey: remoteContext.srtpSessionAuthTag,
    cipher: remoteContext.profile === AEAD_AES_128_GCM ? 'gcm' : 'cm',
  };
}
