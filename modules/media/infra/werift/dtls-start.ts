import { DtlsClient, DtlsServer, NamedCurveAlgorithm, type RTCDtlsTransport } from 'werift';

import { DtlsGate, type DtlsRoute } from './dtls-gate.js';
import { useNativeCurves } from './native-crypto.js';

/** What werift's DTLS transport has, and declares as private. */
interface TransportInternals {
  dtls: DtlsServer | DtlsClient | undefined;
  localCertificate: { certPem: string; privateKey: string; signatureHash: { hash: 4; signature: 1 | 3 } };
  remoteParameters: { fingerprints: unknown[] } | undefined;
  srtpProfiles: (1 | 7)[];
  state: 'new' | 'connecting' | 'connected' | 'closed' | 'failed';
  setState(state: string): void;
  startSrtp(): void;
  verifyRemoteCertificateFingerprint(): void;
}

/**
 * Takes the place of werift's `RTCDtlsTransport.start` (lib/webrtc/src/transport/dtls.ts): the same steps, but records reach werift
 * through the gate, and neither role waits 100 ms before it begins.
 */
export async function startDtls(transport: RTCDtlsTransport, route: DtlsRoute): Promise<void> {
  const t = transport as unknown as TransportInternals;
  if (t.state !== 'new') throw new Error('DTLS was started before');
  if (!t.remoteParameters || t.remoteParameters.fingerprints.length === 0) throw new Error('no fingerprint');
  useNativeCurves();
  t.setState('connecting');
  const isServer = transport.role !== 'client';
  const gate = new DtlsGate(route, isServer, () => t.setState('closed'));
  const options = {
    cert: t.localCertificate.certPem,
    key: t.localCertificate.privateKey,
    signatureHash: t.localCertificate.signatureHash,
    transport: gate,
    srtpProfiles: t.srtpProfiles,
    extendedMasterSecret: true,
    certificateRequest: isServer,
  };
  const dtls = isServer ? new DtlsServer(options) : new DtlsClient(options);
  t.dtls = dtls;
  // werift's receivers of data listen on the socket; what it calls an alert never gets there.
  dtls.onData.subscribe((bytes) => transport.dataReceiver(bytes));
  // A client that lists no curves takes P-256 (RFC 4492, 4); werift would fail.
  dtls.cipher.namedCurve = NamedCurveAlgorithm.secp256r1_23;
  try {
    await gate.handshake(dtls);
    t.verifyRemoteCertificateFingerprint();
    t.startSrtp();
  } catch (error) {
    void gate.close();
    t.setState('failed');
    throw error;
  }
  t.setState('connected');
  gate.open();
}
