import { whenOpen, type Opening } from './when-open.js';

describe('whenOpen', () => {
  const open = (timeoutMs: number) => {
    let opening!: Opening;
    const promise = whenOpen(timeoutMs, (given) => (opening = given));
    return { promise, opening };
  };

  test('resolves with the channel', async () => {
    const { promise, opening } = open(1000);
    opening.opened();
    await expect(promise).resolves.toBeUndefined();
  });

  test('rejects with the connection', async () => {
    const { promise, opening } = open(1000);
    opening.failed();
    await expect(promise).rejects.toMatchObject({ code: 'connect_failed' });
  });

  test('does not wait for ever', async () => {
    await expect(open(5).promise).rejects.toMatchObject({ code: 'connect_timeout' });
  });

  test('a failure that nobody waits for is no unhandled rejection', async () => {
    const unhandled: unknown[] = [];
    const note = (error: unknown) => unhandled.push(error);
    process.on('unhandledRejection', note);
    open(1000).opening.failed();
    await new Promise((resolve) => setTimeout(resolve, 5));
    process.off('unhandledRejection', note);
    expect(unhandled).toEqual([]);
  });
});
