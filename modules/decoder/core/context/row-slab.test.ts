import { RowSlab } from './row-slab.js';

const rows = (...values: number[]) => Float32Array.from(values);

describe('RowSlab', () => {
  it('gives one head back as a view, in one piece, however it has grown', () => {
    const slab = new RowSlab(1, 2, 1000);
    for (let row = 0; row < 300; row++) slab.append(rows(row, -row), 1);
    const window = slab.window(100, 300);
    expect(window.length).toBe(400);
    expect([window[0], window[1], window.at(-1)]).toEqual([100, -100, -299]);
    expect(window.byteOffset).toBe(100 * 2 * 4);
  });

  it('gives memory back when it grows and when it is released, and takes rows as a new one then', () => {
    const slab = new RowSlab(1, 1024, 1000);
    slab.append(new Float32Array(1024), 1);
    const small = slab.window(0, 1);
    slab.append(new Float32Array(100 * 1024), 100);
    expect(small.buffer.byteLength).toBe(0);
    const large = slab.window(0, 101);
    slab.release();
    expect(large.buffer.byteLength).toBe(0);
    expect(slab.length).toBe(0);
    slab.append(new Float32Array(1024).fill(3), 1);
    expect([...slab.window(0, 1)].every((value) => value === 3)).toBe(true);
  });

  it('keeps heads apart', () => {
    const slab = new RowSlab(2, 1, 1000);
    for (let row = 0; row < 100; row++) slab.append(rows(row, 1000 + row), 1);
    slab.append(rows(100, 101, 1100, 1101), 2);
    expect([...slab.window(98, 102)]).toEqual([98, 99, 100, 101, 1098, 1099, 1100, 1101]);
  });

  it.each([1, 2])('takes rows out of the middle (%i heads)', (heads) => {
    const slab = new RowSlab(heads, 1, 10);
    slab.append(
      Float32Array.from({ length: heads * 5 }, (_, index) => (index % 5) + 10 * Math.floor(index / 5)),
      5,
    );
    slab.remove([{ from: 1, to: 3 }]);
    expect(slab.length).toBe(3);
    expect([...slab.window(0, 3)]).toEqual(heads === 1 ? [0, 3, 4] : [0, 3, 4, 10, 13, 14]);
  });

  it('takes several runs of rows out at once, also at either end', () => {
    const slab = new RowSlab(1, 1, 10);
    slab.append(rows(0, 1, 2, 3, 4, 5, 6, 7), 8);
    slab.remove([
      { from: 0, to: 1 },
      { from: 3, to: 4 },
      { from: 4, to: 5 },
      { from: 7, to: 8 },
    ]);
    expect([...slab.window(0, slab.length)]).toEqual([1, 2, 5, 6]);
  });

  it('overwrites what was cut off', () => {
    const slab = new RowSlab(1, 1, 10);
    slab.append(rows(1, 2, 3), 3);
    slab.truncate(1);
    slab.append(rows(9), 1);
    expect([...slab.window(0, slab.length)]).toEqual([1, 9]);
  });

  it('refuses more rows than fit', () => {
    const slab = new RowSlab(1, 1, 2);
    expect(() => slab.append(rows(1, 2, 3), 3)).toThrow(expect.objectContaining({ code: 'context_full' }));
    expect(slab.length).toBe(0);
  });
});
