// Callers of a media bench, in a process of their own, which generator.ts starts and talks to.
import { setTimeout as sleep } from 'node:timers/promises';
import { percentile } from '../../tools/support/statistics.js';
import { outliveStrays } from '../../tools/load-test/generator/strays.js';
import { Caller, type Material } from './caller.js';
import { encodeGroups } from './clip.js';
import type { Answer, Order } from './generator.js';
import { roomTone } from './microphone.js';
import type { Shape } from './shape.js';

const TICK_MS = 5;
/** Calls that are connected at once. */
const AT_ONCE = 2;

const callers: Caller[] = [];
const made = new Map<string, Promise<Material>>();
let late: number[] = [];

function materialOf(shape: Shape, moving: boolean): Promise<Material> {
  const key = JSON.stringify({ ...shape, moving });
  const known = made.get(key);
  if (known) return known;
  const material = Promise.all([encodeGroups({ ...shape, moving }), roomTone(shape.dtx)]).then(
    ([camera, microphone]) => ({ camera, microphone }),
  );
  made.set(key, material);
  return material;
}

async function openUpTo({ calls, moving, ...options }: Extract<Order, { do: 'open' }>): Promise<void> {
  while (callers.length < calls) {
    const missing = Math.min(AT_ONCE, calls - callers.length);
    const opened = Array.from({ length: missing }, () =>
      Caller.connect({ ...options, materialOf: (shape) => materialOf(shape, moving) }),
    );
    callers.push(...(await Promise.all(opened)));
  }
}

async function perform(order: Order): Promise<Answer> {
  switch (order.do) {
    case 'open':
      await openUpTo(order);
      break;
    case 'close':
      await Promise.all(callers.splice(0).map((caller) => caller.close()));
      break;
    case 'tell':
      break;
  }
  const lateP99Ms = percentile(late, 99) ?? 0;
  late = [];
  return {
    calls: callers.length,
    sent: callers.reduce((sum, { sent }) => sum + sent, 0),
    keyFramesAsked: callers.reduce((sum, { keyFramesAsked }) => sum + keyFramesAsked, 0),
    shape: callers[0]?.shape ?? null,
    lateP99Ms,
  };
}

outliveStrays();
// Without the bench nobody wants what is sent here.
process.on('disconnect', () => process.exit(1));
process.on('message', (order: Order) => {
  perform(order).then(
    (answer) => process.send?.({ answer }),
    (error: unknown) => process.send?.({ error: String(error) }),
  );
});
for (;;) {
  const nowMs = performance.now();
  for (const caller of callers) late.push(caller.tick(nowMs));
  await sleep(Math.max(1, TICK_MS - (performance.now() - nowMs)));
}
