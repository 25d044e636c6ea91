import { isNativeError } from 'node:util/types';

/** Something that the person at the keyboard can put right: told in one line, without a stack. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
}

const TOLD_IN_ONE_LINE = new Set(['ToolError', 'VisavisError', 'CallError']);
/** Of a path that the person named. */
const PATH_PROBLEMS = new Set(['ENOENT', 'EACCES', 'EISDIR', 'ENOTDIR']);

/**
 * Runs a command to its end.
 * @param main returns the exit code
 */
export async function runTool(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!isNativeError(error) || !isExpected(error)) throw error;
    console.error(`vis-a-vis: ${error.message}`);
    process.exitCode = 1;
  }
}

/** A positive whole number of the command line. @throws ToolError */
export function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1) return value;
  throw new ToolError(`--${option} must be a whole number of at least 1, not '${text}'`);
}

function isExpected(error: Error): boolean {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return TOLD_IN_ONE_LINE.has(error.name) || code.startsWith('ERR_PARSE_ARGS') || PATH_PROBLEMS.has(code);
}
