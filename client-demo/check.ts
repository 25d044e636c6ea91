import { CallError, connect, iceServersOf, type IceServerOption } from '@vis-a-vis/client';
import { element, make } from './dom.js';
import { wordsOfPage } from './panel/kept.js';
import type { StringKey } from './text/strings.js';

type State = 'trying' | 'ok' | 'fails' | 'none';

/** What a check found, in words for whoever wants to call. */
interface Found {
  readonly state: Exclude<State, 'trying'>;
  readonly words: string;
}

/** How long a way to the gateway may take (ms). */
const WAY_MS = 8000;

const words = wordsOfPage();
const results = element('results', HTMLElement);
const verdict = element('verdict', HTMLElement);
const start = element('start', HTMLButtonElement);
const key = element('key', HTMLInputElement);

const gateway = (): { url: string; apiKey?: string } => ({
  url: new URL('.', location.href).href,
  ...(key.value !== '' && { apiKey: key.value.trim() }),
});

/** Adds a line, and fills it in when the check is done. */
async function line(name: StringKey, check: () => Promise<Found>): Promise<Found> {
  const [state, said] = [make('span', 'state'), make('span')];
  const item = make('li', '', words.put(make('b'), name), state, said);
  results.append(item);
  const show = (now: State, text: string): void => {
    item.dataset['state'] = now;
    item.dataset['name'] = words.say(name);
    words.put(state, `check.${now}`);
    said.textContent = text;
  };
  show('trying', '');
  const found = await check();
  show(found.state, found.words);
  return found;
}

const REASONS: Readonly<Record<string, StringKey>> = {
  NotAllowedError: 'check.refused',
  NotFoundError: 'check.absent',
  NotReadableError: 'check.busy',
};

async function device(kind: 'audio' | 'video'): Promise<Found> {
  if (!window.isSecureContext) return { state: 'fails', words: words.say('problem.insecure') };
  try {
    const media = await navigator.mediaDevices.getUserMedia({ [kind]: true });
    const [track] = media.getTracks();
    const { label = '', muted = false } = track ?? {};
    for (const one of media.getTracks()) one.stop();
    if (muted) return { state: 'fails', words: words.say('check.silent', { label }) };
    return { state: 'ok', words: label };
  } catch (error) {
    const reason = REASONS[error instanceof DOMException ? error.name : ''];
    return { state: 'fails', words: reason ? words.say(reason) : String(error) };
  }
}

async function http(): Promise<Found> {
  try {
    const response = await fetch(new URL('health', gateway().url));
    const { status } = (await response.json()) as { status: string };
    return { state: response.ok ? 'ok' : 'fails', words: words.say('check.gateway.says', { status }) };
  } catch (error) {
    return { state: 'fails', words: words.say('check.gateway.away', { why: String(error) }) };
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
    return { state: 'ok', words: words.say('check.connected', { ms: tookMs }) };
  } catch (error) {
    const code = error instanceof CallError ? error.code : '';
    if (code.endsWith('_api_key')) element('key-row', HTMLElement).hidden = false;
    const isWay = code === 'connect_timeout' || code === 'connect_failed';
    return { state: 'fails', words: isWay ? advice : error instanceof Error ? error.message : String(error) };
  }
}

const NAMES: readonly (readonly [RegExp, StringKey])[] = [
  [/^turns:/, 'check.turn.tls'],
  [/transport=tcp/, 'check.turn.tcp'],
  [/^turn:/, 'check.turn.udp'],
];

async function checkAll(): Promise<void> {
  start.disabled = true;
  results.replaceChildren();
  verdict.textContent = words.say('check.running');
  await line('check.gateway', http);
  const microphone = await line('check.microphone', () => device('audio'));
  const camera = await line('check.camera', () => device('video'));
  const straight = await line('check.udp', () => way([], false, words.say('check.noUdp')));
  const relays: Found[] = [];
  for (const server of await iceServersOf(gateway())) {
    for (const url of server.urls) {
      const name = NAMES.find(([pattern]) => pattern.test(url))?.[1];
      if (name === undefined) continue;
      const one = { ...server, urls: [url] } as IceServerOption;
      relays.push(await line(name, () => way([one], true, words.say('check.noWay', { url }))));
    }
  }
  if (relays.length === 0) {
    const none: Found = { state: 'none', words: words.say('check.turn.none') };
    relays.push(await line('check.turn', () => Promise.resolve(none)));
  }
  verdict.textContent = verdictOf({ microphone, camera, ways: [straight, ...relays] });
  start.disabled = false;
}

function verdictOf(found: { microphone: Found; camera: Found; ways: readonly Found[] }): string {
  const works = ({ state }: Found): boolean => state === 'ok';
  if (!found.ways.some(works)) return words.say('check.verdict.none');
  if (!works(found.microphone)) return words.say('check.verdict.deaf');
  return words.say(works(found.camera) ? 'check.verdict.good' : 'check.verdict.blind');
}

words.speak(words.language);
document.title = `Vis-à-vis: ${words.say('check.title')}`;
start.addEventListener('click', () => void checkAll());
const given = new URLSearchParams(location.hash.slice(1));
key.value = given.get('key') ?? '';
if (new URLSearchParams(location.search).has('autostart')) void checkAll();
