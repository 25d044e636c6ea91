import { CallError, connect, type Call } from '@vis-a-vis/client';
import { element } from './dom.js';
import { Film } from './film.js';
import { QUESTIONS, type Question } from './questions.js';
import { openSources, type Choice, type Sources } from './sources.js';
import { TableEditor } from './table-editor.js';
import { Transcript } from './transcript.js';

const STATES = {
  idle: 'not connected',
  connecting: 'connecting…',
  ready: 'ready',
  listening: 'listening',
  thinking: 'thinking',
  answering: 'answering',
  reconnecting: 'reconnecting…',
} as const;

/** Far more than any answer about the table needs; less than a screenful. */
const MAX_ANSWER_TOKENS = 128;

const start = element('start', HTMLButtonElement);
const camera = element('camera', HTMLSelectElement);
const mic = element('mic', HTMLSelectElement);
const key = element('key', HTMLInputElement);
const question = element('question', HTMLInputElement);
const transcript = new Transcript(element('conversation', HTMLElement));
const film = new Film(element('saw', HTMLElement));
const table = new TableEditor();

let open: { readonly call: Call; readonly sources: Sources } | null = null;
/** What is being said by the built-in microphone, for the transcript. */
let saying: string | null = null;

function show(state: keyof typeof STATES): void {
  element('state', HTMLElement).dataset['state'] = state;
  element('state-text', HTMLElement).textContent = STATES[state];
  const connected = state !== 'idle' && state !== 'connecting';
  start.textContent = state === 'idle' ? 'Start' : 'Hang up';
  start.disabled = state === 'connecting';
  for (const control of [camera, mic, key]) control.disabled = state !== 'idle';
  for (const id of ['question', 'send', 'cancel']) {
    element(id, HTMLElement).toggleAttribute('disabled', !connected);
  }
  for (const button of element('questions', HTMLElement).querySelectorAll('button')) {
    button.disabled = !connected || saying !== null;
  }
}

function complain(error: unknown): void {
  const problem = element('problem', HTMLElement);
  problem.textContent = error instanceof Error ? error.message : String(error);
  problem.hidden = false;
}

/** Only a gateway with keys asks for one. */
function askForKey(): void {
  element('key-label', HTMLElement).hidden = false;
  key.focus();
}

function choice(): Choice {
  return { camera: camera.value as Choice['camera'], mic: mic.value as Choice['mic'] };
}

function showChoice(): void {
  const real = camera.value === 'real';
  for (const id of ['table', 'cells', 'tools']) element(id, HTMLElement).hidden = real;
  element('video', HTMLElement).hidden = !real;
  element('questions', HTMLElement).hidden = mic.value === 'real';
}

async function begin(): Promise<void> {
  element('problem', HTMLElement).hidden = true;
  show('connecting');
  let sources: Sources | null = null;
  try {
    sources = await openSources(choice(), table);
    const call = await connect({
      ...(sources.audio && { microphone: sources.audio }),
      ...(sources.video && { camera: sources.video }),
      ...(key.value !== '' && { secret: key.value.trim() }),
      session: { max_output_tokens: MAX_ANSWER_TOKENS },
    });
    open = { call, sources };
    film.start(sources.picture);
    listen(call, sources);
    show('ready');
  } catch (error) {
    await sources?.release();
    show('idle');
    complain(error);
    if (error instanceof CallError && error.code.endsWith('_api_key')) askForKey();
  }
}

/** Whoever runs the gateway records the call: who is in it should know. */
function showRecorded(call: Call): void {
  element('recorded', HTMLElement).hidden = !call.recorded;
}

function listen(call: Call, sources: Sources): void {
  call.on('speech', ({ state }) => {
    if (state === 'started') transcript.asked(saying ?? 'a question', true);
    show(state === 'started' ? 'listening' : 'thinking');
  });
  call.on('delta', (delta) => {
    show('answering');
    transcript.delta(delta);
  });
  call.on('answer', (answer) => {
    transcript.done(answer);
    show('ready');
  });
  call.on('timing', (timing) => transcript.timing(timing));
  call.on('frame', (frame) => film.attended(frame));
  call.on('event', (event) => {
    if (event.type === 'session.created') showRecorded(call);
  });
  showRecorded(call);
  call.on('context', ({ frames }) => film.used(frames.map((frame) => frame.item_id)));
  // Speech that turned out to be noise is never answered.
  call.on('dismissed', () => show('ready'));
  call.on('state', (state) => {
    if (state === 'reconnecting') show('reconnecting');
    if (state === 'connected') show('ready');
  });
  call.on('error', complain);
  call.on('closed', ({ reason }) => {
    open = null;
    film.stop();
    show('idle');
    if (reason !== 'closed') complain(`The call ended: ${reason}.`);
    sources.release().catch(complain);
  });
}

async function say(spoken: Question): Promise<void> {
  const clips = open?.sources.clips;
  if (!clips || saying !== null) return;
  saying = spoken.text;
  for (const button of element('questions', HTMLElement).querySelectorAll('button')) button.disabled = true;
  try {
    await clips.play(spoken);
  } finally {
    saying = null;
    for (const button of element('questions', HTMLElement).querySelectorAll('button')) {
      button.disabled = open === null;
    }
  }
}

for (const spoken of QUESTIONS) {
  const button = document.createElement('button');
  button.type = 'button';
  button.textContent = spoken.text;
  button.addEventListener('click', () => void say(spoken).catch(complain));
  element('questions', HTMLElement).append(button);
}

start.addEventListener('click', () => {
  if (open === null) void begin();
  else open.call.close();
});
element('ask', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const text = question.value.trim();
  if (text === '' || open === null) return;
  question.value = '';
  transcript.asked(text, false);
  show('thinking');
  // The answer and any error come by the events; here only the wait ends.
  open.call.say(text).done.catch(() => show(open === null ? 'idle' : 'ready'));
});
element('cancel', HTMLButtonElement).addEventListener('click', () => open?.call.interrupt());
for (const control of [camera, mic]) control.addEventListener('change', showChoice);

// Behind the hash it is sent to nobody; and it does not stay where others may read it.
const given = new URLSearchParams(location.hash.slice(1)).get('key');
if (given !== null) {
  key.value = given;
  element('key-label', HTMLElement).hidden = false;
  history.replaceState(null, '', location.pathname + location.search);
}
const wanted = new URLSearchParams(location.search);
if (wanted.get('camera') === 'real') camera.value = 'real';
if (wanted.get('mic') === 'real') mic.value = 'real';
showChoice();
show('idle');
if (wanted.get('autostart') === '1') void begin();
