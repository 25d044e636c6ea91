import type { Random } from './random.js';

const NUMBERS = [
  '0',
  '1',
  '-1',
  '9',
  '65535',
  '65536',
  '4294967296',
  '99999999999999999999',
  '0x10',
  '1e9',
  'NaN',
  '',
];

/** Lines that an offer may hold, or should not. */
const LINES: readonly ((random: Random) => string)[] = [
  (r) => `a=candidate:${r.int(1, 9)} 1 udp ${r.u32()} 127.0.0.1 ${r.int(0, 70_000)} typ host`,
  (r) =>
    `a=candidate:1 1 udp 1 ${r.pick(['::1', 'fe80::1%lo', '300.1.1.1', '0.0.0.0', '255.255.255.255', '224.0.0.1'])} 9 typ host`,
  (r) =>
    `a=candidate:1 1 udp 1 ${r.u32().toString(16)}-0000-4000-8000-000000000000.local ${r.int(1, 65_535)} typ host`,
  (r) =>
    `a=candidate:2 ${r.pick(['1', '2', '256', 'x'])} tcp 1 127.0.0.1 9 typ ${r.pick(['host', 'srflx', 'relay', 'prflx', 'x'])} tcptype active`,
  () => 'a=candidate:',
  () => 'a=end-of-candidates',
  (r) =>
    `a=fingerprint:${r.pick(['sha-256', 'sha-1', 'sha-512', 'md5', 'x', ''])} ${r.pick(['AB:CD', '', 'ZZ', 'AB:'.repeat(32)])}`,
  (r) => `a=setup:${r.pick(['active', 'passive', 'actpass', 'holdconn', ''])}`,
  (r) => `a=max-message-size:${r.pick([...NUMBERS, '300', '2000', '65536'])}`,
  (r) => `a=sctp-port:${r.pick(NUMBERS)}`,
  (r) => `a=group:BUNDLE ${r.pick(['0', '0 0', '0 1 2 3', '', 'x', '0 1'])}`,
  (r) => `a=mid:${r.pick(['0', '1', '', 'x'.repeat(300), ' '])}`,
  (r) =>
    `a=${r.pick(['sendrecv', 'recvonly', 'sendonly', 'inactive', 'bundle-only', 'rtcp-rsize', 'ice-lite', 'extmap-allow-mixed'])}`,
  (r) =>
    `a=rtpmap:${r.pick(['111', '96', '300', '-1', 'x'])} ${r.pick(['opus/48000/2', 'VP8/90000', 'H264/90000', 'red/48000/2', 'rtx/90000', 'opus', '/'])}`,
  (r) =>
    `a=fmtp:${r.pick(['111', '96', '97', 'x'])} ${r.pick(['minptime=10', 'apt=96', 'apt=x', 'profile-level-id=zz', ';;;=', '111/111'])}`,
  (r) => `a=ssrc:${r.pick([...NUMBERS, '1234'])} ${r.pick(['cname:x', 'msid:a b', ''])}`,
  (r) => `a=ssrc-group:FID ${r.pick(NUMBERS)} ${r.pick(NUMBERS)}`,
  (r) => `a=simulcast:${r.pick(['send h;m;l', 'recv 1', 'send', ''])}`,
  (r) => `a=rid:${r.pick(['h', 'm', ''])} ${r.pick(['send', 'recv', ''])}`,
  (r) => `a=extmap:${r.pick(NUMBERS)} urn:ietf:params:rtp-hdrext:sdes:mid`,
  (r) => `a=rtcp:${r.pick(NUMBERS)} IN IP4 0.0.0.0`,
  (r) =>
    `m=${r.pick(['audio', 'video', 'application', 'text', ''])} ${r.pick(NUMBERS)} ${r.pick(['UDP/TLS/RTP/SAVPF', 'UDP/DTLS/SCTP', 'RTP/AVP', 'x'])} ${r.pick(['111', '96', 'webrtc-datachannel', '', '0 8 9'])}`,
  (r) => `c=IN ${r.pick(['IP4 0.0.0.0', 'IP6 ::', 'IP4'])}`,
  (r) => `b=AS:${r.pick(NUMBERS)}`,
  (r) => `a=ice-ufrag:${'u'.repeat(r.pick([0, 1, 4, 256, 257, 5000]))}`,
  (r) => `a=ice-pwd:${'p'.repeat(r.pick([0, 1, 22, 256, 5000]))}`,
  (r) => `a=ice-options:${r.pick(['trickle', 'ice2', 'renomination', ''])}`,
  (r) => `${r.pick(['a', 'x', 'v', 's', 'o', 't', 'z'])}=${r.bytes(r.int(0, 40)).toString('latin1')}`,
  () => '',
  () => 'no line of SDP',
];

/** An offer that is wrong, odd or merely rare somewhere. */
export function damageOffer(random: Random, offer: string): string {
  let lines = offer.split(/\r?\n/).filter((line) => line !== '');
  for (let n = random.int(1, 5); n > 0; n -= 1) lines = damageLines(random, lines);
  const end = random.chance(0.9) ? '\r\n' : random.pick(['\n', '\r', '\r\n\r\n', '']);
  const text = lines.join(end);
  if (random.chance(0.05)) return text.slice(0, random.int(0, text.length));
  return random.chance(0.95) ? text + end : text;
}

function damageLines(random: Random, lines: readonly string[]): string[] {
  const at = random.int(0, Math.max(0, lines.length - 1));
  const line = lines[at] ?? '';
  const before = lines.slice(0, at);
  const after = lines.slice(at + 1);
  switch (
    random.weighted({
      add: 5,
      remove: 3,
      repeat: 1,
      replace: 3,
      number: 3,
      word: 2,
      swap: 1,
      section: 1,
      many: 0.5,
    })
  ) {
    case 'add':
      return [...before, line, random.pick(LINES)(random), ...after];
    case 'remove':
      return [...before, ...after];
    case 'repeat':
      return [...before, line, line, ...after];
    case 'replace':
      return [...before, random.pick(LINES)(random), ...after];
    case 'number':
      return [...before, line.replace(/\d+/, random.pick(NUMBERS)), ...after];
    case 'word': {
      const words = line.split(' ');
      words.splice(
        random.int(0, words.length - 1),
        1,
        ...(random.chance(0.5) ? [] : [random.pick(['x', '*', '?', '0'])]),
      );
      return [...before, words.join(' '), ...after];
    }
    case 'swap':
      return [...before, ...after.slice(0, 1), line, ...after.slice(1)];
    case 'section':
      return manySections(random, lines);
    case 'many':
      return [
        ...before,
        line,
        ...Array.from({ length: random.pick([33, 200, 2000]) }, () => random.pick(LINES.slice(0, 2))(random)),
        ...after,
      ];
  }
}

/** The last section again, once or many times. */
function manySections(random: Random, lines: readonly string[]): string[] {
  const from = lines.findLastIndex((line) => line.startsWith('m='));
  const section = from < 0 ? [] : lines.slice(from);
  const copies = Array.from({ length: random.pick([1, 2, 8, 64]) }, (_, n) =>
    section.map((line) => (random.chance(0.9) ? line.replace(/^a=mid:.*/, `a=mid:again${n}`) : line)),
  );
  return [...lines, ...copies.flat()];
}
