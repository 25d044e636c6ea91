import { readJson } from './json.js';

const nested = (depth: number, open = '{"a":', leaf = '1', close = '}') =>
  open.repeat(depth) + leaf + close.repeat(depth);

describe('readJson', () => {
  it.each(['1', 'null', '"text"', '[]', '{"a":[1,{"b":null}]}'])('reads %s', (text) => {
    expect(readJson(text)).toEqual({ ok: true, value: JSON.parse(text) as unknown });
  });

  it('says what is not JSON, and does not quote it', () => {
    expect(readJson('sk-secret', 'The body')).toEqual({
      ok: false,
      problem: { code: 'invalid_json', message: 'The body is not valid JSON.' },
      value: undefined,
    });
  });

  it.each([
    ['objects', nested(100), nested(101)],
    ['lists', nested(100, '[', '', ']'), nested(101, '[', '', ']')],
    ['both', nested(50, '[{"a":', 'null', '}]'), nested(51, '[{"a":', 'null', '}]')],
  ])('takes a hundred levels of %s, and no more', (_of, most, over) => {
    expect(readJson(most).ok).toBe(true);
    expect(readJson(over)).toMatchObject({
      ok: false,
      problem: { code: 'invalid_event', message: 'The message is nested deeper than 100 levels.' },
    });
  });

  it.each([6000, 100_000])('needs no stack for %d levels', (depth) => {
    expect(readJson(nested(depth)).ok).toBe(false);
    expect(readJson(nested(depth, '[', '', ']')).ok).toBe(false);
  });
});
