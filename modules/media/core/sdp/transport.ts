import { readCandidates } from './candidates.js';
import { all, first, type Attributes, type Section } from './description.js';
import { badSdp, type SdpLine } from './lines.js';

/** How the client is reached: one ICE and DTLS transport carries all its sections. */
export interface RemoteTransport {
  readonly iceUfrag: string;
  readonly icePwd: string;
  readonly iceLite: boolean;
  /** Who begins the DTLS handshake: the client, we, or whoever we choose. */
  readonly setup: 'active' | 'passive' | 'actpass';
  readonly fingerprints: readonly { readonly hash: string; readonly value: string }[];
  /** Values of `a=candidate`, at most `MAX_CANDIDATES`. */
  readonly candidates: readonly string[];
}

/** Bytes of the hash functions of RFC 8122 that Node has. */
const HASH_BYTES: Readonly<Record<string, number>> = {
  'sha-1': 20,
  'sha-224': 28,
  'sha-256': 32,
  'sha-384': 48,
  'sha-512': 64,
};
/** Every certificate is hashed once a function, so more than these is no use. */
const MAX_FINGERPRINTS = 16;

/**
 * Reads the transport of a bundle. Each parameter is that of the first section that has a usable one, or of the session where a
 * section has none of its own; bundled sections need not repeat what the first says (RFC 9143, 7.1.3).
 * @param sections the bundle's, the one whose transport it is first
 * @throws VisavisError `bad_sdp`
 */
export function readTransport(session: Attributes, sections: readonly Section[]): RemoteTransport {
  const [tagged] = sections;
  if (!tagged) throw new Error('a bundle has sections');
  const scopes = sections.map((section) => section.attributes);
  return {
    ...readCredentials(session, tagged, scopes),
    iceLite: [session, ...scopes].some((scope) => scope.has('ice-lite')),
    setup: readSetup([...scopes, session]),
    fingerprints: readFingerprints(session, tagged, scopes),
    candidates: firstCandidates([...scopes, session]),
  };
}

function readCredentials(
  session: Attributes,
  tagged: Section,
  scopes: readonly Attributes[],
): { iceUfrag: string; icePwd: string } {
  let broken: SdpLine | undefined;
  for (const scope of scopes) {
    const ufrag = first(scope, 'ice-ufrag') ?? first(session, 'ice-ufrag');
    const pwd = first(scope, 'ice-pwd') ?? first(session, 'ice-pwd');
    broken ??= [ufrag, pwd].find((line) => line && !isCredential(line.value));
    if (ufrag && pwd && isCredential(ufrag.value) && isCredential(pwd.value)) {
      return { iceUfrag: ufrag.value, icePwd: pwd.value };
    }
  }
  if (broken) throw badSdp(broken, 'this is no ICE credential (RFC 8839, 5.4)');
  throw badSdp(tagged.line, 'the section has no ICE credentials (a=ice-ufrag and a=ice-pwd)');
}

/** Looser than RFC 8839, which knows fewer characters and lengths: what the other end checks against is up to it. */
export function isCredential(value: string): boolean {
  return /^[!-~]{1,256}$/.test(value);
}

function readSetup(scopes: readonly Attributes[]): RemoteTransport['setup'] {
  for (const scope of scopes) {
    const value = first(scope, 'setup')?.value.toLowerCase();
    if (value === 'active' || value === 'passive' || value === 'actpass') return value;
  }
  // RFC 4145, 4: without the line the offerer is active; either way we may wait for it.
  return 'actpass';
}

function readFingerprints(
  session: Attributes,
  tagged: Section,
  scopes: readonly Attributes[],
): RemoteTransport['fingerprints'] {
  let broken: SdpLine | undefined;
  for (const scope of [...scopes, session]) {
    const lines = all(scope, 'fingerprint');
    const usable = lines.flatMap((line) => readFingerprint(line) ?? []);
    if (usable.length > 0) return usable.slice(0, MAX_FINGERPRINTS);
    broken ??= lines[0];
  }
  if (broken) throw badSdp(broken, `a fingerprint is a hash by one of ${Object.keys(HASH_BYTES).join(', ')}`);
  throw badSdp(tagged.line, 'the section has no DTLS fingerprint (a=fingerprint)');
}

function readFingerprint(line: SdpLine): { hash: string; value: string } | null {
  const [name = '', digits = '', ...more] = line.value.split(/\s+/);
  const hash = name.toLowerCase().replace(/^sha-?/, 'sha-');
  const hex = digits.replaceAll(':', '').toUpperCase();
  if (more.length > 0 || !Object.hasOwn(HASH_BYTES, hash) || hex.length !== 2 * (HASH_BYTES[hash] ?? 0))
    return null;
  const bytes = hex.match(/[0-9A-F]{2}/g) ?? [];
  return bytes.length * 2 === hex.length ? { hash, value: bytes.join(':') } : null;
}

/**
 * The candidates of the first section that has any of use. Others may have their own, for the case that nothing is bundled: nobody
 * listens there once it is.
 */
function firstCandidates(scopes: readonly Attributes[]): readonly string[] {
  for (const scope of scopes) {
    const candidates = readCandidates(all(scope, 'candidate'));
    if (candidates.length > 0) return candidates;
  }
  return [];
}
