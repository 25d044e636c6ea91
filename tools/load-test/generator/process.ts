// A generator as a process of its own, which fleet.ts forks and talks to.
import type { FleetMessage, GeneratorMessage } from './fleet.js';
import { Generator, type Order } from './generator.js';
import { outliveStrays } from './strays.js';

const PROGRESS_MS = 500;

outliveStrays();
process.on('message', (message) => {
  const told = message as FleetMessage;
  if (told.kind === 'order') void prepare(told.order);
});
// Without the fleet nobody wants what is measured here.
process.on('disconnect', () => process.exit(1));

async function prepare(order: Order): Promise<void> {
  const generator = await Generator.prepare(order);
  const go = new Promise<number>((resolve) =>
    process.on('message', (message) => {
      const told = message as FleetMessage;
      if (told.kind === 'go') resolve(told.atEpochMs);
    }),
  );
  tell({ kind: 'ready' });
  const atEpochMs = await go;
  const timer = setInterval(() => tell({ kind: 'progress', progress: generator.progress }), PROGRESS_MS);
  const generated = await generator.run(performance.now() + atEpochMs - Date.now());
  clearInterval(timer);
  tell({ kind: 'done', generated });
}

function tell(message: GeneratorMessage): void {
  process.send?.(message);
}
