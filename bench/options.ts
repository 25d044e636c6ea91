import { parseArgs } from 'node:util';

type Given<T extends Record<string, string | undefined>> = { readonly json?: string } & {
  readonly [K in keyof T]: T[K] extends string ? string : string | undefined;
};

/**
 * Reads a bench's command line: `--json FILE`, and options of its own.
 * @param defaults undefined: the option has none
 * @throws TypeError where another option is given
 */
export function benchOptions<T extends Record<string, string | undefined>>(
  args: string[],
  defaults: T,
): Given<T> {
  const own = Object.entries(defaults).map(([name, value]) => [
    name,
    { type: 'string' as const, ...(value !== undefined && { default: value }) },
  ]);
  const options = { json: { type: 'string' as const }, ...Object.fromEntries(own) };
  return parseArgs({ args, options }).values as Given<T>;
}
