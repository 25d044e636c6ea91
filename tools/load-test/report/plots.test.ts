import { barChart, escaped, lineChart } from './plots.js';

const axes = { x: 'seconds', y: 'ms' };
const circles = (svg: string) =>
  [...svg.matchAll(/<circle cx="([\d.]+)" cy="([\d.]+)"/g)].map((m) => [Number(m[1]), Number(m[2])]);

describe('lineChart', () => {
  it('puts points in order, higher ones higher, and 0 at the bottom', () => {
    const points = [
      { x: 0, y: 0 },
      { x: 5, y: 50 },
      { x: 10, y: 100 },
    ];
    expect(circles(lineChart(axes, [{ name: 'a', points }]))).toEqual([
      [56, 186],
      [342, 99],
      [628, 12],
    ]);
  });

  it('breaks its line where nothing was measured', () => {
    const points = [
      { x: 0, y: 1 },
      { x: 1, y: 2 },
      { x: 2, y: null },
      { x: 3, y: 1 },
    ];
    const path = /d="([^"]*)"/.exec(lineChart(axes, [{ name: 'a', points }]))?.[1];
    expect(path?.match(/[ML]/g)).toEqual(['M', 'L', 'M']);
  });

  it('of nothing says so', () => {
    expect(lineChart(axes, [{ name: 'a', points: [{ x: 0, y: null }] }])).toContain('Nothing was measured');
    expect(barChart('ms', ['p50'], [])).toContain('Nothing was measured');
  });

  it.each([[0], [-5]])('holds figures that are all %d', (y) => {
    const drawn = lineChart(axes, [{ name: 'a', points: [{ x: 1, y }] }]);
    expect(drawn).not.toMatch(/NaN|Infinity/);
    expect(circles(drawn)).toEqual([[342, 186]]);
  });
});

describe('barChart', () => {
  it('draws as long as the value is', () => {
    const drawn = barChart('ms', ['p50', 'p95'], [{ name: 'a', values: [50, 100] }]);
    const widths = [...drawn.matchAll(/<rect[^>]* width="([\d.]+)"/g)].map((m) => Number(m[1]));
    expect(widths).toEqual([190, 380]);
  });
});

describe('escaped', () => {
  it('leaves no markup', () => {
    expect(escaped('<a href="x">&')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;');
  });
});
