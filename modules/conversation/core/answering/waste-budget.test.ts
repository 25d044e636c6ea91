import { WasteBudget } from './waste-budget.js';

describe('WasteBudget', () => {
  test('comes back evenly', () => {
    const budget = new WasteBudget(60);
    budget.spend(60, 1000);
    expect([1000, 1999].map((atMs) => budget.exhausted(atMs))).toEqual([true, false]);
    budget.spend(59, 2000);
    expect(budget.exhausted(2000)).toBe(true);
  });
});
