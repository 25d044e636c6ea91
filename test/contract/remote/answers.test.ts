import { setTimeout as sleep } from 'node:timers/promises';
import type { GenEvent } from '#modules/contracts';
import { readAnswer } from '../../../modules/decoder/testing/engine-script.js';
import { RemoteRig, ask, codeOf, put, sound, turn, until } from './rig.js';

const rig = new RemoteRig();
afterEach(() => rig.end());

describe('an answer', () => {
  it('that is aborted frees the server', async () => {
    const { server, session } = await rig.start({ fault: () => null });
    server.options = { ...server.options, fault: () => ({ k: 'slow', ms: 50 }) };
    await put(session, turn('a', 'open'));
    const mark = session.mark();
    await put(session, sound('s'), turn('a', 'close'));
    const events = session.generate({ maxTokens: 8, speculative: true });
    await events.next();
    await until(() => server.answers.length === 1);
    await session.rollback(mark);
    await until(() => server.answers[0]!.aborted);
    const rest = await readAnswer(events);
    expect(rest.end?.reason).toBe('aborted');
  });

  it('is begun ahead as often as the budget has it', async () => {
    const { session } = await rig.start({}, { speculationsPerMinute: 2 });
    await ask(session, 'a');
    const ahead = () => codeOf(readAnswer(session.generate({ maxTokens: 2, speculative: true })));
    expect([await ahead(), await ahead(), await ahead()]).toEqual(['done', 'done', 'shed']);
    expect(await codeOf(readAnswer(session.generate({ maxTokens: 2 })))).toBe('done');
  });

  it('waits for its reader, and so does the server', async () => {
    const { server, session } = await rig.start();
    server.options = { ...server.options, fault: () => ({ k: 'flood' }) };
    await ask(session, 'a');
    const events = session.generate({ maxTokens: 4096 });
    await events.next();
    await sleep(500);
    const before = process.memoryUsage().heapUsed;
    await sleep(500);
    expect(process.memoryUsage().heapUsed - before).toBeLessThan(32 << 20);
    await events.return(undefined);
    await until(() => server.answers[0]!.aborted);
  });

  it('calls tools, and reads what came of them where its format wants it', async () => {
    const { server, session } = await rig.start({
      script: () => ['I look. ', { call: { name: 'look_up', arguments: ['{"a"', ':1}'] } }],
    });
    await ask(session, 'a');
    const tools = [{ name: 'look_up', parameters: { type: 'object' } }];
    const events: GenEvent[] = [];
    for await (const event of session.generate({ maxTokens: 8, tools })) events.push(event);
    expect(events.map(({ t }) => t)).toEqual(['start', 'token', 'call', 'arguments', 'arguments', 'end']);
    const call = events.find((event) => event.t === 'call')!;
    await session.accept(events[0]?.t === 'start' ? events[0].genId : '');
    await ask(session, 'b');
    await readAnswer(session.generate({ maxTokens: 8 }));
    const roles = () => server.answers.at(-1)!.body.messages.map(({ role, content }) => [role, content]);
    expect(roles().slice(-2)).toMatchObject([
      ['tool', '(no result yet)'],
      ['user', [{ type: 'text' }]],
    ]);
    await put(session, { k: 'result', id: 'r', callId: call.callId, output: 'rain' });
    await readAnswer(session.generate({ maxTokens: 8 }));
    expect(roles().slice(-2)).toMatchObject([
      ['tool', 'rain'],
      ['user', [{ type: 'text' }]],
    ]);
  });
});
