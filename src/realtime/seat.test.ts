import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientEvent, ServerEventBody } from '@vis-a-vis/protocol';
import { Guard, VisavisError } from '#modules/contracts';
import { Seat } from './seat.js';

const create: ClientEvent = { type: 'response.create' };

function setUp(perform: (event: ClientEvent) => Promise<void> = async () => undefined) {
  const told: ServerEventBody[] = [];
  const bugs: unknown[] = [];
  const performed: string[] = [];
  const begun = Promise.withResolvers<void>();
  let left = 0;
  const seat = new Seat({
    listener: {
      empty: true,
      largestBytes: 262_144,
      push: (event) => told.push(event),
      flush: () => undefined,
      firstSentAtMs: () => null,
      end: () => undefined,
    },
    begun: begun.promise,
    perform: async (event) => {
      await perform(event);
      performed.push(event.event_id ?? event.type);
    },
    onMissedItem: () => performed.push('missed'),
    onError: () => undefined,
    onBug: (bug) => bugs.push(bug),
    onLeave: () => (left += 1),
    guard: new Guard((_where, bug) => bugs.push(bug)),
  });
  const errors = () => told.flatMap((event) => (event.type === 'error' ? [event.error] : []));
  return { begin: begun.resolve, bugs, errors, left: () => left, performed, seat };
}

describe('Seat', () => {
  it('performs events one after another, in order', async () => {
    const slow = Promise.withResolvers<void>();
    const fast = Promise.withResolvers<void>();
    const { begin, performed, seat } = setUp(async (event) => {
      if (event.event_id === 'slow') await slow.promise;
      else fast.resolve();
    });
    begin();
    seat.take({ ...create, event_id: 'slow' }, 10);
    seat.take({ type: 'response.cancel', event_id: 'fast' }, 10);
    await sleep(5);
    expect(performed).toEqual([]);
    slow.resolve();
    await fast.promise;
    await sleep(0);
    expect(performed).toEqual(['slow', 'fast']);
  });

  it('performs what came before the call began when it begins', async () => {
    const { begin, performed, seat } = setUp();
    seat.take({ ...create, event_id: 'early' }, 10);
    await sleep(1);
    expect(performed).toEqual([]);
    begin();
    await sleep(1);
    expect(performed).toEqual(['early']);
  });

  it('turns what a performer throws into an error with the id of the event', async () => {
    const { begin, bugs, errors, seat } = setUp(async () => {
      throw new VisavisError('bad_image', 'No picture.', 'image_url');
    });
    begin();
    seat.take({ ...create, event_id: 'e1' }, 10);
    await sleep(1);
    expect(errors()).toMatchObject([
      { code: 'bad_image', message: 'No picture.', param: 'image_url', event_id: 'e1' },
    ]);
    expect(bugs).toEqual([]);
  });

  it('reports a bug, and tells the client no more than that', async () => {
    const { begin, bugs, errors, seat } = setUp(async () => {
      throw new TypeError('secret');
    });
    begin();
    seat.take(create, 10);
    await sleep(1);
    expect(errors()).toMatchObject([{ code: 'internal_error', message: 'Internal error.' }]);
    expect(bugs).toHaveLength(1);
  });

  it('keeps hundreds of events behind a slow one, and sheds what would take too much memory', async () => {
    const { begin, errors, performed, seat } = setUp(async (event) => {
      if (event.event_id === 'slow') await sleep(20);
    });
    begin();
    seat.take({ ...create, event_id: 'slow' }, 200_000);
    for (let i = 0; i < 500; i++) seat.take({ ...create, event_id: `e${i}` }, 200);
    seat.take({ ...create, event_id: 'large' }, 16 * 1024 * 1024);
    expect(errors()).toMatchObject([{ code: 'shed', event_id: 'large' }]);
    await sleep(100);
    expect(performed).toEqual(['slow', ...Array.from({ length: 500 }, (_, i) => `e${i}`)]);
    expect(seat.waitingBytes).toBe(0);
  });

  it('takes what is large where nothing else waits, and says when less waits', async () => {
    const { begin, errors, performed, seat } = setUp();
    let room = 0;
    seat.onRoom = () => (room += 1);
    begin();
    seat.take(create, 20 * 1024 * 1024);
    await sleep(1);
    expect([errors(), performed, room]).toEqual([[], ['response.create'], 1]);
  });

  it('performs and says nothing for a client that has left', async () => {
    const { begin, errors, left, performed, seat } = setUp();
    seat.take(create, 10);
    seat.leave();
    seat.leave();
    seat.take(create, 10);
    seat.refuse({ code: 'invalid_json', message: '', param: null, clientEventId: null });
    begin();
    await sleep(1);
    expect([errors(), performed, left()]).toEqual([[], [], 1]);
  });
});
