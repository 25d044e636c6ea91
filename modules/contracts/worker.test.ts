import { workerEntry } from './worker.js';

describe('workerEntry', () => {
  it('finds built workers beside built code', () => {
    const entry = workerEntry('./x-worker', 'file:///app/dist/modules/x/infra/client.js');
    expect(entry.url.href).toBe('file:///app/dist/modules/x/infra/x-worker.js');
    expect(entry.execArgv).toEqual([]);
  });

  it('finds sources beside sources, and what lets a thread run them', () => {
    const entry = workerEntry('./x-worker', 'file:///app/modules/x/infra/client.ts');
    expect(entry.url.href).toBe('file:///app/modules/x/infra/x-worker.ts');
    expect(entry.execArgv).toEqual(['--import', expect.stringMatching(/test\/support\/ts-worker\.mjs$/)]);
  });
});
