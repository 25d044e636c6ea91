import { satisfies } from './packages.mjs';

const lock = (packages) => ({ packages });

describe('satisfies', () => {
  const wanted = lock({
    '': { version: '0.1.0' },
    'packages/protocol': { version: '0.1.0' },
    'node_modules/@vis-a-vis/protocol': { resolved: 'packages/protocol', link: true },
    'node_modules/zod': { version: '4.6.7' },
    'node_modules/only-on-a-mac': { version: '1.0.0', optional: true },
  });
  const installed = {
    'node_modules/@vis-a-vis/protocol': { resolved: 'packages/protocol', link: true },
    'node_modules/zod': { version: '4.6.7' },
  };

  test('accepts what npm installed, without another platform’s optional packages', () => {
    expect(satisfies(wanted, lock(installed))).toBe(true);
  });

  test('rejects a missing package', () => {
    expect(satisfies(wanted, lock({ 'node_modules/zod': { version: '4.6.7' } }))).toBe(false);
  });

  test('rejects another version', () => {
    expect(satisfies(wanted, lock({ ...installed, 'node_modules/zod': { version: '4.6.6' } }))).toBe(false);
  });

  test('rejects a published package where a workspace is wanted', () => {
    const published = { version: '0.1.0' };
    expect(satisfies(wanted, lock({ ...installed, 'node_modules/@vis-a-vis/protocol': published }))).toBe(
      false,
    );
  });
});
