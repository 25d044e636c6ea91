import { Logger } from '@nestjs/common';
import type { EngineSession, Segment } from '#modules/contracts';
import { DecoderService } from '#modules/decoder';
import { readAnswer } from '../../modules/decoder/testing/engine-script.js';
import { TEST_MODEL } from '../support/model-folder.js';

/**
 * Real: the engine on the model that ships. What one tenant's session has seen and said is in no other's: neither in one that gets
 * its memory after it, nor in one that runs beside it, not even where all that names things (ids, seeds) is the same.
 */
Logger.overrideLogger(false);

const picture = (shade: number): Segment => ({
  k: 'frame',
  id: 'frame',
  ptsMs: 0,
  image: { width: 192, height: 192, data: new Uint8Array(192 * 192 * 3).map((_, at) => (at * shade) % 256) },
});
const edge = (edgeOf: 'open' | 'close'): Segment => ({ k: 'turn', id: edgeOf, role: 'user', edge: edgeOf });

/** Shows and says something, and reads the answers. @param shade whose it is: everything else is alike */
async function converse(session: EngineSession, shade: number, turns = 1): Promise<number[][]> {
  const answers: number[][] = [];
  for (let turn = 0; turn < turns; turn += 1) {
    await session.append(edge('open'));
    await session.append(picture(shade));
    const pcm = Float32Array.from({ length: 20_000 }, (_, at) => 0.2 * Math.sin(at * 0.01 * shade));
    await session.append({ k: 'audio', id: 'sound', ptsMs: 0, pcm, final: true });
    await session.append(edge('close'));
    const { ids, genId } = await readAnswer(session.generate({ maxTokens: 12, temperature: 1.5, seed: 7 }));
    await session.accept(genId);
    answers.push(ids);
  }
  return answers;
}

describe('the engine between tenants', () => {
  const engines: DecoderService[] = [];
  const start = async () => {
    const engine = new DecoderService({ modelFolder: TEST_MODEL });
    engines.push(engine);
    await engine.load();
    return engine;
  };
  afterEach(async () => {
    for (const engine of engines.splice(0)) await engine.close({ drainMs: 1000 });
  });

  it('reuses nothing of one for another', async () => {
    const fresh = await start();
    const alone = await converse(await fresh.open({ system: 'Be brief.', tenant: 'two' }), 3);

    const engine = await start();
    const used = await Promise.all([1, 2, 3].map(() => engine.open({ system: 'Be brief.', tenant: 'one' })));
    const theirs = await Promise.all(used.map((session) => converse(session, 11, 2)));
    // Else what follows could not tell.
    expect(theirs[0]?.[0]).not.toEqual(alone[0]);
    const [stays, ...leave] = used;
    for (const session of leave) await session.close();

    const after = await Promise.all([1, 2, 3].map(() => engine.open({ system: 'Be brief.', tenant: 'two' })));
    const answers = await Promise.all([
      ...after.map((session) => converse(session, 3)),
      converse(stays!, 11),
    ]);
    for (const answer of answers.slice(0, -1)) expect(answer).toEqual(alone);
  });
});
