import { CallError, connect, iceServersOf, type IceServerOption } from '@vis-a-vis/client';
import { element } from './dom.js';

type State = 'trying' | 'ok' | 'fails' | 'none';

/** What a check found, in words for whoever wants to call. */
interface Found {
  readonly state: Exclude<State, 'trying'>;
  readonly words: string;
}

const WORDS: Readonly<Record<State, string>> = { trying: '…', ok: 'works', fails: 'fails', none: '–' };
/** How long a way to the gateway may take (ms). */
const WAY_MS = 8000;

const results = element('results', HTMLElement);
const verdict = element('verdict', HTMLElement);
const start = element('start', HTMLButtonElement);
const key = element('key', HTMLInputElement);

const gateway = (): { url: string; apiKey?: string } => ({
  url: new URL('.', location.href).href,
  ...(key.value !== '' && { apiKey: key.value.trim() }),
});

/** Adds a line, and fills it in when the check is done. */
async function line(name: string, check: () => Promise<Found>): Promise<Found> {
  const item = document.createElement('li');
  const [title, state, words] = [
    document.createElement('b'),
    document.createElement('span'),
    document.createElement('span'),
  ];
  title.textContent = name;
  state.className = 'state';
  item.append(title, state, words);
  results.append(item);
  const show = (now: State, text: string): void => {
    item.dataset['state'] = now;
    item.dataset['name'] = name;
    state.textContent = WORDS[now];
    words.textContent = text;
  };
  show('trying', '');
  const found = await check();
  show(found.state, found.words);
  return found;
}

async function device(kind: 'audio' | 'video'): Promise<Found> {
  if (!window.isSecureContext) {
    return { state: 'fails', words: 'A browser gives it to pages of localhost or over HTTPS only.' };
  }
  try {
    const media = await navigator.mediaDevices.getUserMedia({ [kind]: true });
    const [track] = media.getTracks();
    const { label = '', muted = false } = track ?? {};
    for (const one of media.getTracks()) one.stop();
    if (muted) return { state: 'fails', words: `${label} gives nothing: is it switched off in the system?` };
    return { state: 'ok', words: label };
  } catch (error) {
    const name = error instanceof DOMException ? error.name : '';
    const words: Readonly<Record<string, string>> = {
      NotAllowedError: 'It was not allowed: look at the sign beside the address of this page.',
      NotFoundError: 'There is none.',
      NotReadableError: 'Another program has it.',
    };
    return { state: 'fails', words: words[name] ?? String(error) };
  }
}

async function http(): Promise<Found> {
  try {
    const response = await fetch(new URL('health', gateway().url));
    const { status } = (await response.json()) as { status: string };
    return { state: response.ok ? 'ok' : 'fails', words: `It says: ${status}.` };
  } catch (error) {
    return { state: 'fails', words: `It cannot be reached: ${String(error)}` };
  }
}

/** A call by one way, and nothing said. */
async function way(servers: readonly IceServerOption[], relay: boolean, advice: string): Promise<Found> {
  const fromMs = performance.now();
  try {
    const { url, apiKey: secret } = gateway();
    const call = await connect({
      url,
      ...(secret !== undefined && { secret }),
      iceServers: servers,
      iceTransportPolicy: relay ? 'relay' : 'all',
      timeoutMs: WAY_MS,
    });
    const tookMs = Math.round(performance.now() - fromMs);
    call.close();
    return { state: 'ok', words: `Connected in ${tookMs} ms.` };
  } catch (error) {
    const code = error instanceof CallError ? error.code : '';
    if (code.endsWith('_api_key')) element('key-label', HTMLElement).hidden = false;
    const isWay = code === 'connect_timeout' || code === 'connect_failed';
    return { state: 'fails', words: isWay ? advice : error instanceof Error ? error.message : String(error) };
  }
}

const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^turns:/, 'TURN over TLS'],
  [/transport=tcp/, 'TURN over TCP'],
  [/^turn:/, 'TURN over UDP'],
];

async function checkAll(): Promise<void> {
  start.disabled = true;
  results.replaceChildren();
  verdict.textContent = 'Checking…';
  await line('Gateway', http);
  const microphone = await line('Microphone', () => device('audio'));
  const camera = await line('Camera', () => device('video'));
  const straight = await line('UDP', () =>
    way([], false, 'This network, or the one of the gateway, lets no UDP through to it: TURN is needed.'),
  );
  const relays: Found[] = [];
  for (const server of await iceServersOf(gateway())) {
    for (const url of server.urls) {
      const name = NAMES.find(([pattern]) => pattern.test(url))?.[1];
      if (name === undefined) continue;
      const one = { ...server, urls: [url] } as IceServerOption;
      relays.push(await line(name, () => way([one], true, `No way by ${url}.`)));
    }
  }
  if (relays.length === 0) {
    const none: Found = { state: 'none', words: 'The gateway names no TURN server.' };
    relays.push(await line('TURN', () => Promise.resolve(none)));
  }
  verdict.textContent = verdictOf({ microphone, camera, ways: [straight, ...relays] });
  start.disabled = false;
}

function verdictOf(found: { microphone: Found; camera: Found; ways: readonly Found[] }): string {
  const works = ({ state }: Found): boolean => state === 'ok';
  if (!found.ways.some(works)) return 'No call is possible from here: there is no way to the gateway.';
  if (!works(found.microphone)) return 'A call is possible, but nobody would hear you.';
  return works(found.camera) ? 'Calls work from here.' : 'Calls work from here, without a picture of you.';
}

start.addEventListener('click', () => void checkAll());
const given = new URLSearchParams(location.hash.slice(1));
key.value = given.get('key') ?? '';
if (new URLSearchParams(location.search).has('autostart')) void checkAll();
