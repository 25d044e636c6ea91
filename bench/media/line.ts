// A client's connection that costs little to send by: werift makes it, and what is sent is encrypted and written past werift. It reaches
// into werift's objects, which no product code may; what it uses is listed in `Transport`.
import { randomBytes, randomInt } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  MediaStreamTrack,
  RtcpSenderInfo,
  RtcpSrPacket,
  RTCPeerConnection,
  useOPUS,
  useSdesMid,
  useVP8,
  type RtcpPacket,
} from 'werift';
import { asksForKeyFrame } from './shape.js';
import { SrtpStream, type SrtpKeys, type StreamIdentity } from './srtp-sender.js';

interface Transport {
  readonly iceTransport: { readonly connection: { send(data: Buffer): Promise<void>; stunServer?: unknown } };
  readonly srtp?: { readonly localContext: SrtpKeys };
  readonly onRtcp: { subscribe(handler: (packet: RtcpPacket) => void): unknown };
  sendRtcp(packets: RtcpPacket[]): Promise<void>;
}

/** Where a caller's packets go. */
export interface Line {
  readonly answerSdp: string;
  readonly audio: SrtpStream;
  readonly video: SrtpStream;
  send(bytes: Buffer): void;
  /** Sends reports of both streams. @param ticksMs the time (ms) of their clocks */
  report(ticksMs: number): void;
  close(): Promise<void>;
}

const CONNECT_MS = 60_000;
const POLL_MS = 20;
const NTP_EPOCH_S = 2_208_988_800;

/** @throws Error where no connection comes about */
export async function openLine(url: string, onKeyFrameAsked: () => void): Promise<Line> {
  const peer = new RTCPeerConnection({
    codecs: { audio: [useOPUS()], video: [useVP8()] },
    headerExtensions: { audio: [useSdesMid()], video: [useSdesMid()] },
    bundlePolicy: 'max-bundle',
    iceServers: [],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceAdditionalHostAddresses: ['127.0.0.1'],
  });
  const senders = (['audio', 'video'] as const).map((kind) => {
    const { sender } = peer.addTransceiver(new MediaStreamTrack({ kind }), { direction: 'sendonly' });
    sender.rtcpRunning = true; // its own reports would be of packets that werift sends
    return sender;
  });
  peer.createDataChannel('oai-events');
  await peer.setLocalDescription(await peer.createOffer());
  const [transport] = peer.dtlsTransports as unknown as Transport[];
  if (!transport) throw new Error('werift made no transport');
  delete transport.iceTransport.connection.stunServer;
  const answerSdp = await post(url, peer.localDescription?.sdp ?? '');
  await peer.setRemoteDescription({ type: 'answer', sdp: answerSdp });
  const until = performance.now() + CONNECT_MS;
  while (!transport.srtp || peer.connectionState !== 'connected') {
    if (performance.now() > until) throw new Error('no connection came about');
    await sleep(POLL_MS);
  }
  const keys = transport.srtp.localContext;
  transport.onRtcp.subscribe((packet) => {
    if (asksForKeyFrame(packet)) onKeyFrameAsked();
  });
  const [audio, video] = senders.map(({ ssrc }, i) => ({ ssrc, ...section(answerSdp, i) }));
  if (!audio || !video) throw new Error('the answer has no two media sections');
  const { connection } = transport.iceTransport;
  return {
    answerSdp,
    audio: new SrtpStream(audio, keys),
    video: new SrtpStream(video, keys),
    send: (bytes) => void connection.send(bytes).catch(() => undefined),
    report: (ticksMs) => {
      const reports = [senderReport(audio.ssrc, ticksMs * 48), senderReport(video.ssrc, ticksMs * 90)];
      for (const report of reports) transport.sendRtcp([report]).catch(() => undefined);
    },
    close: () => peer.close(),
  };
}

/** Nobody answers: the packets, encrypted by keys of their own, go to a port that the server names. */
export async function openBareLine(url: string): Promise<Line> {
  const { port } = JSON.parse(await post(url, '')) as { port: number };
  const socket = createSocket('udp4');
  const keys = {
    srtpSessionKey: randomBytes(16),
    srtpSessionSalt: randomBytes(14),
    srtpSessionAuthTag: randomBytes(20),
    profile: 7,
  };
  const stream = (payloadType: number) =>
    new SrtpStream({ ssrc: randomInt(2 ** 32), payloadType, mid: { id: 1, value: '0' } }, keys);
  return {
    answerSdp: '',
    audio: stream(111),
    video: stream(96),
    send: (bytes) => socket.send(bytes, port, '127.0.0.1', () => undefined),
    report: () => undefined,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

async function post(url: string, body: string): Promise<string> {
  const response = await fetch(new URL('v1/realtime/calls', url), {
    method: 'POST',
    headers: { 'content-type': 'application/sdp' },
    body,
  });
  const text = await response.text();
  if (response.status !== 201) throw new Error(`the offer was answered with ${response.status}: ${text}`);
  return text;
}

/** What an answer says of its n-th media section. */
function section(answerSdp: string, n: number): Omit<StreamIdentity, 'ssrc'> {
  const text = answerSdp.split(/^m=/m)[n + 1] ?? '';
  const payloadType = Number(/^\S+ \d+ \S+ (\d+)/.exec(text)?.[1]);
  const id = /^a=extmap:(\d+)\S* urn:ietf:params:rtp-hdrext:sdes:mid/m.exec(text)?.[1];
  const value = /^a=mid:(\S+)/m.exec(text)?.[1];
  return { payloadType, mid: id && value ? { id: Number(id), value } : null };
}

function senderReport(ssrc: number, ticks: number): RtcpSrPacket {
  const nowS = (performance.timeOrigin + performance.now()) / 1000 + NTP_EPOCH_S;
  const ntpTimestamp = (BigInt(Math.floor(nowS)) << 32n) | BigInt(Math.floor((nowS % 1) * 2 ** 32));
  const senderInfo = new RtcpSenderInfo({
    ntpTimestamp,
    rtpTimestamp: Math.round(ticks) >>> 0,
    packetCount: 0,
    octetCount: 0,
  });
  return new RtcpSrPacket({ ssrc, senderInfo });
}
