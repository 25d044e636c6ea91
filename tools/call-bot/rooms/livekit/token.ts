import { SignJWT } from 'jose';

/** A key pair of the server, with which tokens are made. */
export interface LiveKitKey {
  readonly id: string;
  readonly secret: string;
}

/** A token is needed for joining alone; the server renews it meanwhile. */
const LIFETIME = '10m';

/** What a token is for. */
export interface TokenSubject {
  readonly room: string;
  readonly identity: string;
  readonly name: string;
  /** Shown to others as a program. */
  readonly agent: boolean;
}

/** An access token for one participant of one room (docs.livekit.io, "Tokens & grants"). */
export function accessToken(key: LiveKitKey, { room, identity, name, agent }: TokenSubject): Promise<string> {
  const video = {
    room,
    roomJoin: true,
    canPublish: true,
    canPublishData: true,
    canSubscribe: true,
    canUpdateOwnMetadata: true,
  };
  return sign(key, { name, video, ...(agent && { kind: 'agent' }) }, identity);
}

/** A token for a worker, which the server offers jobs. */
export function workerToken(key: LiveKitKey): Promise<string> {
  return sign(key, { video: { agent: true } }, key.id);
}

function sign({ id, secret }: LiveKitKey, claims: Record<string, unknown>, subject: string): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuer(id)
    .setSubject(subject)
    .setNotBefore('-10s') // clocks differ
    .setExpirationTime(LIFETIME)
    .sign(new TextEncoder().encode(secret));
}
