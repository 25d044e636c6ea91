// Clients that lose their network and come back: `node resuming-client.mjs URL webrtc|websocket COUNT`. A line on stdin has all of them do
// something: `ask` (each says `answering` once its answer has begun, and goes on), `resume`, `call` (a question that nobody hears), `again` (a third one), `quit`. What came of
// it is one JSON line each on stdout. Real: over WebRTC the SDK, which comes back by itself; over WebSocket ws, and the SDK's own bookkeeping of what has
// to be known to come back.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from '@vis-a-vis/client/node';
import { Resumption } from '../../packages/client/dist/core/resumption.js';
import { WebSocket } from 'ws';

const [url, kind, count] = process.argv.slice(2);
const SESSION = { visavis: { resume: true, events: ['context'] } };
const QUESTIONS = { q1: 'describe what you see', q2: 'is anybody there', q3: 'and what else' };

/** What a client is told, and what came of its questions. */
class Witness {
  events = [];
  waiting = [];

  told(event) {
    this.events.push(event);
    this.waiting.slice().forEach((look) => look());
  }

  until(holds) {
    return new Promise((resolve) => {
      const look = () => {
        if (!holds()) return;
        this.waiting = this.waiting.filter((one) => one !== look);
        resolve();
      };
      this.waiting.push(look);
      look();
    });
  }

  of(type) {
    return this.events.filter((event) => event.type === type);
  }

  /** In the protocol's own words. */
  ask(id) {
    const content = [{ type: 'input_text', text: QUESTIONS[id] }];
    this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', content } });
    this.send({ type: 'response.create', response: { metadata: { question: id } } });
  }

  isAnswerTo({ metadata }, id) {
    return metadata?.question === id;
  }

  /** Answers to a question that are whole. */
  done(id) {
    return this.of('response.done').filter(({ response }) => this.isAnswerTo(response, id));
  }

  /** What was told of a question, and how often. */
  answer(id) {
    const dones = this.done(id);
    const response = dones[0]?.response;
    const own = this.events.filter((event) => event.response_id === response?.id);
    return {
      status: response?.status,
      times: dones.length,
      created: this.of('response.created').filter((event) => event.response.id === response?.id).length,
      whole: response?.output[0]?.content[0]?.text,
      deltas: own
        .filter(({ type }) => type === 'response.output_text.delta')
        .map(({ delta }) => delta)
        .join(''),
      questions: this.of('conversation.item.done').filter(
        ({ item }) => item.content?.[0]?.text === QUESTIONS[id],
      ).length,
    };
  }

  get result() {
    const ids = this.events.map(({ event_id }) => event_id);
    const [first, ...others] = new Set(this.of('session.created').map(({ session }) => session.id));
    return {
      q1: this.answer('q1'),
      q2: this.answer('q2'),
      q3: this.answer('q3'),
      doubled: ids.length - new Set(ids).size,
      sessions: first === undefined ? 0 : 1 + others.length,
      resumes: this.of('session.created').flatMap(({ visavis }) => visavis?.resumed ?? []),
      errors: this.of('error').map(({ error }) => error.code),
      context: this.of('visavis.context').map(({ tokens }) => tokens),
    };
  }
}

/** Knows what has to be known to come back, and does it itself. */
class SocketClient extends Witness {
  resumption = new Resumption();
  transmit = () => undefined;
  close = async () => undefined;
  /** From the request to come back on: what the connection before has yet to deliver is told again by the other. */
  quit = () => undefined;
  /** It is on its way back. */
  coming = null;

  take(text) {
    const event = JSON.parse(text);
    const resumed = this.resumption.received(event);
    for (const message of resumed?.unheard ?? []) this.transmit(message);
    this.told(event);
  }

  send(event) {
    const text = JSON.stringify(event);
    this.resumption.sent(text, performance.now());
    this.transmit(text);
  }

  async dial() {
    this.quit();
    this.carrier = null;
    const back = this.resumption.ask();
    const query = back ? `?resume=${back.token}&last_event_id=${back.last_event_id}` : '';
    const socket = new WebSocket(`${url.replace('http', 'ws')}v1/realtime${query}`, ['realtime']);
    this.quit = () => socket.removeAllListeners('message');
    socket.on('close', () => this.gone(socket));
    socket.on('message', (data) => this.take(/** @type {Buffer} */ (data).toString()));
    this.transmit = (text) => socket.readyState === WebSocket.OPEN && socket.send(text);
    this.close = async () => socket.close();
    const greetings = this.of('session.created').length;
    const closed = new Promise((_, reject) => {
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed')));
    });
    closed.catch(() => undefined);
    await Promise.race([closed, new Promise((resolve) => socket.once('open', resolve))]);
    this.carrier = socket;
    if (!back) this.send({ type: 'session.update', session: SESSION });
    const greeted = () => (back ? this.of('session.created').length > greetings : this.resumption.possible);
    await Promise.race([closed, this.until(greeted)]);
  }

  /** A connection has ended, which may be one that counts no more. A busy machine, too, can cost one. */
  gone(carrier) {
    if (carrier === this.carrier && !over) void this.comeBack();
  }

  /** As a program would that uses the SDK: again and again, until the network is back. */
  comeBack() {
    this.resumption.lost();
    this.coming ??= this.dialAgain().finally(() => (this.coming = null));
    return this.coming;
  }

  async dialAgain() {
    for (;;) {
      await sleep(250 + 500 * Math.random());
      try {
        return await this.dial();
      } catch {
        // Not yet.
      }
    }
  }
}

/** The SDK's own call, which nobody helps. */
class SdkClient extends Witness {
  turns = {};
  texts = {};

  async dial() {
    const reconnect = { forMs: 600_000 };
    this.call = await connect({ url, session: SESSION, timeoutMs: 60_000, reconnect });
    this.call.on('event', (event) => this.told(event));
  }

  send(event) {
    this.call.send(event);
  }

  ask(id) {
    // `say` would interrupt the answer before it.
    if (id === 'q2') return super.ask(id);
    const turn = this.call.say(QUESTIONS[id]);
    this.turns[id] = turn.id;
    return void this.read(id, turn);
  }

  /** As an application does: the text goes on as if nothing had been. */
  async read(id, turn) {
    this.texts[id] = '';
    for await (const piece of turn.text()) this.texts[id] += piece;
  }

  isAnswerTo(response, id) {
    const turn = response.metadata?.visavis_turn;
    return turn === undefined ? super.isAnswerTo(response, id) : turn === this.turns[id];
  }

  answer(id) {
    const { deltas, ...answer } = super.answer(id);
    const text = this.texts[id] ?? deltas;
    return { ...answer, deltas: text === deltas ? deltas : `${deltas}, but as a text: ${text}` };
  }

  async comeBack() {
    // By itself.
  }

  async close() {
    this.call.close();
  }
}

let over = false;
const clients = Array.from({ length: Number(count) }, () =>
  kind === 'webrtc' ? new SdkClient() : new SocketClient(),
);
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const each = (work) => Promise.all(clients.map(work));
const acts = {
  ask: async () => {
    await each((client) => client.ask('q1'));
    await each((client) => client.until(() => client.of('response.output_text.delta').length > 0));
    say('answering');
  },
  // Into a network that is gone, as nobody knows yet.
  call: async () => {
    await each((client) => client.ask('q2'));
    say('called');
  },
  resume: async () => {
    await each((client) => client.comeBack());
    await each((client) => client.until(() => client.done('q1').length > 0));
    say('resumed');
  },
  again: async () => {
    await each(async (client) => {
      await client.until(() => client.done('q2').length > 0);
      client.ask('q3');
      await client.until(() => client.done('q3').length > 0);
    });
    say(clients.map(({ result }) => result));
  },
  quit: async () => {
    over = true;
    await each((client) => client.close());
    process.exit();
  },
};
// A few at a time: each handshake takes this process a while, on a busy machine a long one.
for (let n = 0; n < clients.length; n += 4)
  await Promise.all(clients.slice(n, n + 4).map((client) => client.dial()));
say('ready');
for await (const line of createInterface({ input: process.stdin })) await acts[line]();
