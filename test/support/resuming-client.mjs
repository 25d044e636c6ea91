// Clients that lose their network and come back: `node resuming-client.mjs URL webrtc|websocket COUNT`. A line on stdin has all of them do
// something: `ask` (each says `answering` once its answer has begun, and goes on), `resume`, `call` (a question that nobody hears), `again` (a third one), `quit`. What came of
// it is one JSON line each on stdout. Real: werift, ws, and the SDK's own bookkeeping of what has to be known to come back.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { connectNode } from '@vis-a-vis/client/node';
import { Resumption } from '../../packages/client/dist/resume.js';
import { WebSocket } from 'ws';

const [url, kind, count] = process.argv.slice(2);
const SESSION = { visavis: { resume: true, events: ['context'] } };
const nowMs = () => performance.now();

class Client {
  events = [];
  resumption = new Resumption();
  last = null;
  transmit = () => undefined;
  close = async () => undefined;
  /** From the request to come back on: what the connection before has yet to deliver is told again by the other. */
  quit = () => undefined;
  waiting = [];
  resumes = [];
  /** It is on its way back. */
  coming = null;

  take(text) {
    const event = JSON.parse(text);
    this.events.push(event);
    this.last = event.type;
    const resumed = this.resumption.received(event);
    if (resumed) {
      this.resumes.push({ ...resumed, ...event.visavis.resumed, unheard: resumed.unheard.length });
      for (const message of resumed.unheard) this.transmit(message);
    }
    this.waiting.slice().forEach((look) => look());
  }

  send(event) {
    const text = JSON.stringify(event);
    this.resumption.sent(text, nowMs());
    this.transmit(text);
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

  /** A few at a time: each handshake takes this process a while, on a busy machine a long one. */
  async dial() {
    const before = dialling;
    let done = () => undefined;
    const turn = new Promise((resolve) => (done = resolve));
    dialling = [...before.slice(1), before[0].then(() => turn)];
    await before[0];
    try {
      await (kind === 'webrtc' ? this.dialWebRtc() : this.dialWebSocket());
    } finally {
      done();
    }
  }

  async dialWebRtc() {
    const before = this.close;
    this.quit();
    this.carrier = null;
    const { request } = this.resumption;
    // A connection that is closed takes leave, by datagrams that may come through yet: the one before stays open until the other is there.
    let close = () => Promise.resolve();
    const call = await connectNode({
      url,
      timeoutMs: 60_000,
      onPeer: (peer) => {
        close = peer.close.bind(peer);
        peer.close = () => Promise.resolve();
      },
      exchange: async (sdp) => {
        const body = JSON.stringify({ sdp, ...(request ? { resume: request } : { session: SESSION }) });
        const headers = { 'content-type': 'application/json' };
        const signal = AbortSignal.timeout(10_000);
        const response = await fetch(`${url}v1/realtime/calls`, { method: 'POST', headers, body, signal });
        if (!response.ok) throw new Error(await response.text());
        return response.text();
      },
    }).catch(async (error) => {
      await close();
      throw error;
    });
    let open = true;
    const closed = new Promise((_, reject) => {
      call.on('closed', () => {
        open = false;
        this.gone(call);
        reject(new Error('closed'));
      });
    });
    this.transmit = (text) => open && call.sendText(text);
    this.close = () => Promise.all([call.close(), close()]);
    this.carrier = call;
    this.quit = call.on('event', (event) => this.take(JSON.stringify(event)));
    const greeted = this.until(() => !request || this.resumption.request.token !== request.token);
    await Promise.race([greeted, closed]);
    closed.catch(() => undefined);
    await before();
  }

  async dialWebSocket() {
    this.quit();
    this.carrier = null;
    const { request } = this.resumption;
    const query = request ? `?resume=${request.token}&last_event_id=${request.last_event_id}` : '';
    const socket = new WebSocket(`${url.replace('http', 'ws')}v1/realtime${query}`, ['realtime']);
    this.quit = () => socket.removeAllListeners('message');
    socket.on('close', () => this.gone(socket));
    socket.on('message', (data) => this.take(/** @type {Buffer} */ (data).toString()));
    this.transmit = (text) => socket.readyState === WebSocket.OPEN && socket.send(text);
    this.close = async () => socket.close();
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.on('error', reject);
    });
    this.carrier = socket;
    if (!request) this.send({ type: 'session.update', session: SESSION });
    await this.until(() => this.resumption.possible && this.resumption.request.token !== request?.token);
  }

  async ask(text, id) {
    const content = [{ type: 'input_text', text }];
    this.send({ type: 'conversation.item.create', item: { type: 'message', role: 'user', id, content } });
    this.send({ type: 'response.create', response: { metadata: { question: id } } });
  }

  done(id) {
    return this.of('response.done').filter(({ response }) => response.metadata?.question === id);
  }

  /** A connection has ended, which may be one that counts no more. A busy machine, too, can cost one. */
  gone(carrier) {
    if (carrier === this.carrier && !over) this.comeBack();
  }

  /** As a program would that uses the SDK: again and again, until the network is back. */
  comeBack() {
    this.resumption.lost(nowMs());
    this.coming ??= this.dialAgain().finally(() => (this.coming = null));
    return this.coming;
  }

  async dialAgain() {
    const errors = [];
    for (;;) {
      const waitMs = this.resumption.nextWaitMs(nowMs(), Math.random());
      if (waitMs === null) throw new Error(`not resumed: ${errors.join('; ')}`);
      await sleep(waitMs);
      try {
        return await this.dial();
      } catch (error) {
        errors.push(String(error));
      }
    }
  }

  /** What was told of a question, and how often. */
  told(id) {
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
      questions: this.of('conversation.item.done').filter(({ item }) => item.id === id).length,
    };
  }

  get result() {
    const ids = this.events.map(({ event_id }) => event_id);
    const [first, ...others] = new Set(this.of('session.created').map(({ session }) => session.id));
    return {
      q1: this.told('q1'),
      q2: this.told('q2'),
      q3: this.told('q3'),
      doubled: ids.length - new Set(ids).size,
      sessions: first === undefined ? 0 : 1 + others.length,
      resumes: this.resumes,
      errors: this.of('error').map(({ error }) => error.code),
      context: this.of('visavis.context').map(({ tokens }) => tokens),
    };
  }
}

let over = false;
let dialling = Array.from({ length: 4 }, () => Promise.resolve());
const clients = Array.from({ length: Number(count) }, () => new Client());
const say = (what) => process.stdout.write(`${JSON.stringify(what)}\n`);
const each = (work) => Promise.all(clients.map(work));
const acts = {
  ask: async () => {
    await each((client) => client.ask('describe what you see', 'q1'));
    await each((client) => client.until(() => client.of('response.output_text.delta').length > 0));
    say('answering');
  },
  // Into a network that is gone, as nobody knows yet.
  call: async () => {
    await each((client) => client.ask('is anybody there', 'q2'));
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
      client.ask('and what else', 'q3');
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
await each((client) => client.dial());
say('ready');
for await (const line of createInterface({ input: process.stdin })) await acts[line]();
