import { Tidier } from './tidier.js';

const MB = 1024 * 1024;

/** A thread whose collector frees what it has found a pass later, as onnxruntime's buffers are. */
function thread(live: number) {
  const state = { live, garbage: 0, found: 0, idle: true, collections: 0 };
  const tidier = new Tidier({
    collect: () => {
      state.collections += 1;
      state.found = 0;
      [state.found, state.garbage] = [state.garbage, 0];
    },
    heldBytes: () => (state.live + state.garbage + state.found) * MB,
    idle: () => state.idle,
  });
  const look = (times: number) => {
    for (let i = 0; i < times; i++) tidier.look();
  };
  return { state, look };
}

it('collects until what was given up is gone, and then rests', () => {
  const { state, look } = thread(20);
  look(10);
  const before = state.collections;
  state.garbage = 30;
  look(10);
  expect(state.garbage + state.found).toBe(0);
  expect(state.collections - before).toBe(3);
});

it('waits until nobody waits for the thread', () => {
  const { state, look } = thread(20);
  look(10);
  const before = state.collections;
  state.garbage = 30;
  state.idle = false;
  look(10);
  expect(state.collections).toBe(before);
  state.idle = true;
  look(3);
  expect(state.garbage + state.found).toBe(0);
});

it('leaves little alone, and counts from what is left', () => {
  const { state, look } = thread(50);
  look(10);
  const before = state.collections;
  state.garbage = 11;
  look(10);
  expect(state.collections).toBe(before);
  state.garbage = 13;
  look(10);
  expect(state.collections - before).toBe(3);
});
