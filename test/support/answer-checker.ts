/**
 * What a strict offerer would say of an answer: a list of complaints, empty where there are none. It is written from the RFCs (3264,
 * 8285, 8829, 8839, 8842, 8866, 9143), apart from the code that writes our answers, and shares nothing with it.
 */
export function complaintsAbout(answer: string, offer: string): string[] {
  const wrong: string[] = [];
  const claim = (holds: boolean, text: string) => {
    if (!holds) wrong.push(text);
  };
  claim(answer.endsWith('\r\n') && !/[^\r]\n|\r[^\n]/.test(answer), 'lines do not end in CRLF');
  const theirs = parse(offer);
  const ours = parse(answer);
  claim(/^v=0\r\no=\S+ \d+ \d+ IN IP[46] \S+\r\ns=.+\r\nt=\d+ \d+\r\n(a=|m=)/.test(answer), 'odd head');
  for (const line of answer.split('\r\n').slice(0, -1))
    claim(/^[voscbtam]=\S/.test(line), `odd line ${line}`);
  claim(
    ours.media.length === theirs.media.length,
    `${ours.media.length} sections for ${theirs.media.length}`,
  );
  claim(
    !ours.session.has('extmap-allow-mixed') || theirs.session.has('extmap-allow-mixed'),
    'allow-mixed not offered',
  );

  const live = ours.media.filter((m) => m.port !== '0');
  checkBundle(ours, theirs, claim);
  for (const name of ['ice-ufrag', 'ice-pwd', 'fingerprint', 'setup']) {
    const values = new Set(live.flatMap((m) => m.get(name)));
    claim(values.size === 1, `${name} is given ${values.size} times`);
  }
  const meanings = new Map<string, string>();
  ours.media.forEach((mine, i) => {
    const other = theirs.media[i];
    if (!other) return;
    const say = (holds: boolean, text: string) => claim(holds, `section ${i}: ${text}`);
    checkSection(mine, other, say);
    if (mine.port === '0' || mine.kind === 'application') return;
    for (const map of mine.get('rtpmap')) {
      const [type = '', encoding = ''] = map.toLowerCase().split(' ');
      say((meanings.get(type) ?? encoding) === encoding, `payload type ${type} has two meanings`);
      meanings.set(type, encoding);
    }
  });
  return wrong;
}

type Claim = (holds: boolean, text: string) => void;

function checkBundle(ours: Parsed, theirs: Parsed, claim: Claim): void {
  const groups = (d: Parsed) =>
    d
      .get('group')
      .map((v) => v.split(/\s+/))
      .filter(([k]) => k?.toUpperCase() === 'BUNDLE');
  claim(ours.get('group').length === groups(ours).length, 'a group that is no BUNDLE');
  claim(groups(ours).length <= 1, 'several groups');
  const mine = groups(ours)[0]?.slice(1) ?? [];
  const live = ours.media.filter((m) => m.port !== '0');
  const host = groups(theirs).find((group) => mine.every((mid) => group.includes(mid)));
  claim(mine.length === 0 || host !== undefined, 'a group that was not offered');
  claim(new Set(mine).size === mine.length, 'a mid is in the group twice');
  const liveMids = live.map((m) => m.get('mid')[0]);
  for (const mid of mine) claim(liveMids.includes(mid), `mid ${mid} of the group is not taken`);
  if (live.length > 1 || mine.length > 0) {
    for (const mid of liveMids)
      claim(mid !== undefined && mine.includes(mid), `mid ${mid} is taken and not bundled`);
  }
}

function checkSection(mine: Media, other: Media, say: Claim): void {
  say(mine.kind === other.kind, `m=${mine.kind} for m=${other.kind}`);
  say(mine.protocol === other.protocol, `${mine.protocol} for ${other.protocol}`);
  say(mine.get('mid').join() === (other.get('mid')[0]?.split(/\s/)[0] ?? ''), 'another mid');
  say(mine.port === '0' || mine.port === '9', `port ${mine.port}`);
  say(mine.formats.length > 0, 'no formats');
  for (const name of [
    'rid',
    'simulcast',
    'ssrc',
    'ssrc-group',
    'msid',
    'bundle-only',
    'crypto',
    'ice-lite',
  ]) {
    say(!mine.has(name), `a=${name} is in it`);
  }
  if (mine.port === '0') {
    say(
      mine.get('candidate').length === 0 && !mine.has('sendrecv') && !mine.has('recvonly'),
      'rejected, and has a transport',
    );
    if (other.formats.length > 0)
      say(mine.formats.join() === [...new Set(other.formats)].join(), 'other formats');
    return;
  }
  say(other.port !== '0' || other.has('bundle-only'), 'it was not offered');
  say(/^[\w+/]{4,256}$/.test(mine.get('ice-ufrag')[0] ?? ''), 'no ufrag');
  say(/^[\w+/]{22,256}$/.test(mine.get('ice-pwd')[0] ?? ''), 'no pwd');
  say(/^sha-256 ([0-9A-F]{2}:){31}[0-9A-F]{2}$/.test(mine.get('fingerprint')[0] ?? ''), 'no fingerprint');
  const setup = mine.get('setup')[0];
  say(setup === 'active' || setup === 'passive', `a=setup:${setup}`);
  for (const candidate of mine.get('candidate')) {
    say(
      /^[\w+/]{1,32} 1 (udp|tcp) \d+ [\w.:-]+ \d+ typ (host|srflx|relay)( |$)/.test(candidate),
      `odd candidate ${candidate}`,
    );
  }
  if (mine.kind === 'application') return checkData(mine, other, say);
  checkMedia(mine, other, say);
}

function checkData(mine: Media, other: Media, say: Claim): void {
  const old = /^\d+$/.test(other.formats[0] ?? '') && !other.has('sctp-port');
  if (old)
    say(mine.get('sctpmap')[0]?.startsWith(`${mine.formats[0]} webrtc-datachannel`) === true, 'no sctpmap');
  else
    say(
      mine.formats.join() === 'webrtc-datachannel' && /^\d+$/.test(mine.get('sctp-port')[0] ?? ''),
      'no sctp-port',
    );
  say(/^\d+$/.test(mine.get('max-message-size')[0] ?? ''), 'no max-message-size');
}

function checkMedia(mine: Media, other: Media, say: Claim): void {
  say(
    mine.formats.every((f) => other.formats.includes(f)),
    `formats ${mine.formats.join()}`,
  );
  say(new Set(mine.formats).size === mine.formats.length, 'a format twice');
  const wanted = ['sendrecv', 'sendonly'].includes(other.direction) ? ['recvonly', 'inactive'] : ['inactive'];
  say(
    mine.directions.length === 1 && wanted.includes(mine.directions[0] ?? ''),
    `${mine.directions.join()} for ${other.direction}`,
  );
  say(
    !mine.has('rtcp-mux') || other.has('rtcp-mux') || other.has('rtcp-mux-only'),
    'rtcp-mux was not offered',
  );
  const squeeze = (text: string) =>
    text
      .toLowerCase()
      .replace(/\s*\/\s*/g, '/')
      .split(/\s+/)
      .slice(0, 2)
      .join(' ');
  for (const format of mine.formats) {
    say(mine.get('rtpmap').filter((m) => m.startsWith(`${format} `)).length === 1, `${format} has no rtpmap`);
  }
  for (const map of mine.get('rtpmap')) {
    say(
      other.get('rtpmap').some((m) => squeeze(m) === squeeze(map)),
      `rtpmap ${map} was not offered`,
    );
  }
  for (const name of ['rtpmap', 'fmtp', 'rtcp-fb']) {
    for (const value of mine.get(name))
      say(mine.formats.includes(value.split(' ')[0] ?? ''), `${name} ${value}: of no format`);
  }
  for (const feedback of mine.get('rtcp-fb')) {
    const [type = '', ...rest] = feedback.split(' ');
    const offered = other.get('rtcp-fb').map((f) => f.toLowerCase().replace(/\s+/g, ' '));
    say(
      offered.includes(`${type} ${rest.join(' ')}`) || offered.includes(`* ${rest.join(' ')}`),
      `rtcp-fb ${feedback}`,
    );
  }
  for (const extension of mine.get('extmap')) {
    const [id = '', uri = ''] = extension.split(' ');
    const [number = ''] = id.split('/');
    say(
      [...other.get('extmap'), ...other.inherited('extmap')].some(
        (e) => e.split(/[\s/]/)[0] === number && e.includes(uri),
      ),
      `extmap ${extension} was not offered`,
    );
  }
}

/** Lines of one level, by attribute. */
class Lines {
  readonly #attributes: [string, string][] = [];

  add(line: string): void {
    const [, name = '', value = ''] = /^a\s*=\s*([^:]*?)\s*(?::\s*(.*))?$/i.exec(line) ?? [];
    if (name !== '') this.#attributes.push([name.toLowerCase(), value]);
  }

  has(name: string): boolean {
    return this.#attributes.some(([n]) => n === name);
  }

  get(name: string): string[] {
    return this.#attributes.flatMap(([n, v]) => (n === name ? [v] : []));
  }

  get directions(): string[] {
    return this.#attributes.flatMap(([n]) =>
      ['sendrecv', 'sendonly', 'recvonly', 'inactive'].includes(n) ? [n] : [],
    );
  }
}

class Media extends Lines {
  readonly kind: string;
  readonly port: string;
  readonly protocol: string;
  readonly formats: string[];

  constructor(
    line: string,
    private readonly session: Lines,
  ) {
    super();
    const [kind = '', port = '', protocol = '', ...formats] = line
      .slice(line.indexOf('=') + 1)
      .trim()
      .split(/\s+/);
    this.kind = kind.toLowerCase();
    this.port = String(Number.parseInt(port, 10));
    this.protocol = protocol;
    this.formats = formats;
  }

  get direction(): string {
    return this.directions[0] ?? this.session.directions[0] ?? 'sendrecv';
  }

  inherited(name: string): string[] {
    return this.session.get(name);
  }
}

class Parsed extends Lines {
  readonly media: Media[] = [];

  get session(): Lines {
    return this;
  }
}

function parse(sdp: string): Parsed {
  const parsed = new Parsed();
  for (const raw of sdp.split(/\r\n|\n|\r/)) {
    const line = raw.trim();
    if (/^m\s*=/i.test(line)) parsed.media.push(new Media(line, parsed));
    else (parsed.media.at(-1) ?? parsed).add(line);
  }
  return parsed;
}
