import { filmOf, nearest, whenOf } from './film.js';

describe('a film', () => {
  const receipt = [
    { itemId: 'c', rtpMs: 3000 },
    { itemId: 'a', rtpMs: 1000 },
    { itemId: 'b', rtpMs: 2000 },
  ];

  it('has what the answer had, oldest first, and says what is missing', () => {
    const film = filmOf(receipt, new Set(['a', 'c', 'other']));
    expect(film.frames.map(({ itemId }) => itemId)).toEqual(['a', 'c']);
    expect(film.missing).toBe(1);
    expect(filmOf([], new Set(['a']))).toEqual({ frames: [], missing: 0 });
  });

  it('is made of the pictures that were taken closest', () => {
    const kept = [{ atMs: 0 }, { atMs: 200 }, { atMs: 400 }];
    expect(nearest(kept, 290)).toEqual({ atMs: 200 });
    expect(nearest(kept, 9000)).toEqual({ atMs: 400 });
    expect(nearest([], 5)).toBeNull();
  });

  it('says when a picture was taken', () => {
    expect(whenOf(1000, { kind: 'stopped', atMs: 2240 })).toEqual({
      key: 'film.before',
      params: { s: '1.2' },
    });
    expect(whenOf(2540, { kind: 'stopped', atMs: 2240 })).toEqual({
      key: 'film.after',
      params: { s: '0.3' },
    });
    expect(whenOf(1000, { kind: 'asked', atMs: 3000 })).toEqual({
      key: 'film.beforeAsked',
      params: { s: '2.0' },
    });
    expect(whenOf(-3, null)).toEqual({ key: 'film.at', params: { s: '0.0' } });
  });
});
