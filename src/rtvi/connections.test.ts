import { ANYBODY } from '../realtime/access.js';
import type { CallsService, OffersService } from '../realtime/index.js';
import { Connections } from './connections.js';

/** Real: what is kept of those who asked to start. The calls are none of it. */
const connections = () => new Connections({} as CallsService, {} as OffersService);
const of = (tenant: string) => ({ ...ANYBODY, tenant });

test('who asks to start again and again loses his own, and nobody else\u2019s', () => {
  const kept = connections();
  kept.start('other', of('b'), { instructions: 'x' });
  for (let n = 0; n < 500; n += 1) kept.start(`mine${n}`, of('a'), {});
  expect(kept.started('other', of('b'))).toEqual({ instructions: 'x' });
  expect(kept.started('mine499', of('a'))).toEqual({});
  expect(() => kept.started('mine0', of('a'))).toThrow(expect.objectContaining({ code: 'not_found' }));
  expect(() => kept.started('other', of('a'))).toThrow(expect.objectContaining({ code: 'not_found' }));
});

test('a session that takes much room is refused', () => {
  const session = { tracing: Array.from({ length: 20_000 }, () => ({})) };
  expect(() => connections().start('id', of('a'), session)).toThrow(
    expect.objectContaining({ code: 'payload_too_large' }),
  );
});
