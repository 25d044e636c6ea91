import { Journal } from './journal.js';

const line = (fields: object) => JSON.stringify({ level: 30, time: '2026-01-01T00:00:00.000Z', ...fields });
const opened = (call: string) => line({ call, tracks: ['audio'], msg: 'call opened' });
const closed = (call: string, reason: string) => line({ call, reason, msg: 'call closed' });

describe('Journal', () => {
  let journal: Journal;
  beforeEach(() => (journal = new Journal()));

  it('knows which calls are open, and how the others ended', async () => {
    journal.handle(opened('rtc_1'), 10);
    journal.handle(opened('rtc_2'), 20);
    journal.handle(closed('rtc_1', 'hangup'), 30);
    expect(journal.open).toEqual(['rtc_2']);
    expect(await journal.endOf('rtc_1', 0)).toEqual({ reason: 'hangup', atMs: 30 });
    expect(Object.fromEntries(journal.reasons)).toEqual({ hangup: 1 });
  });

  it('does not take a call for open whose end is told before its beginning', () => {
    journal.handle(closed('rtc_1', 'closed_by_peer'), 1);
    journal.handle(opened('rtc_1'), 2);
    expect(journal.open).toEqual([]);
  });

  it('waits for an end, and no longer than asked', async () => {
    const end = journal.endOf('rtc_1', 10_000);
    journal.handle(closed('rtc_1', 'failed'), 5);
    expect(await end).toEqual({ reason: 'failed', atMs: 5 });
    journal.handle(opened('rtc_2'), 6);
    expect(await journal.endOf('rtc_2', 1)).toBeNull();
  });

  it('takes a call that never began for ended: a client that is not heard of again may be none yet', async () => {
    expect(await journal.endOf('rtc_3', 1)).toEqual({ reason: 'never opened', atMs: 0 });
  });

  it('has nobody wait for a process that is gone', async () => {
    journal.handle(opened('rtc_1'), 1);
    const end = journal.endOf('rtc_1', 10_000);
    journal.over();
    expect(await end).toMatchObject({ reason: 'never opened' });
    expect(journal.open).toEqual([]);
  });

  it('counts complaints by what they say, and passes over what is no line of the log', () => {
    journal.handle(line({ level: 40, msg: 'a call did not close cleanly' }), 1);
    journal.handle(line({ level: 50, msg: 'a worker was lost' }), 1);
    for (const other of ['', 'Error: x', '{', '    at f (file.js:1:2)', '{"a":']) journal.handle(other, 1);
    expect(Object.fromEntries(journal.complaints)).toEqual({
      'a call did not close cleanly': 1,
      'a worker was lost': 1,
    });
  });
});
