import { benchOptions } from './options.js';

describe('benchOptions', () => {
  const defaults = { model: undefined, repeat: '20' };

  it('takes what is given, and the defaults for the rest', () => {
    expect(benchOptions([], defaults)).toEqual({ repeat: '20' });
    expect(benchOptions(['--json', 'a.json', '--model', 'm', '--repeat=3'], defaults)).toEqual({
      json: 'a.json',
      model: 'm',
      repeat: '3',
    });
  });

  it('refuses options of other benches', () => {
    const refused = expect.objectContaining({ code: 'ERR_PARSE_ARGS_UNKNOWN_OPTION' }) as Error;
    expect(() => benchOptions(['--turns', '3'], defaults)).toThrow(refused);
  });
});
