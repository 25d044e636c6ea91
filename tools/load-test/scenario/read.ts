import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { parse, YAMLParseError } from 'yaml';
import { z } from 'zod';
import { ToolError } from '../../support/cli.js';
import { REPOSITORY } from '../../support/repository.js';
import { scenarioSchema, type Scenario } from './scenario.js';

/** The scenarios that come with the tool. */
const SHIPPED = join(REPOSITORY, 'tools/load-test');

/**
 * Reads a scenario: of this path, or, where there is none, of those that come with the tool.
 * @throws ToolError naming the fields that are wrong
 */
export async function readScenario(path: string): Promise<Scenario> {
  const file = [resolve(path), join(SHIPPED, path)].find((one) => existsSync(one));
  if (file === undefined) throw new ToolError(`there is no scenario ${path}`);
  return parseScenario(await readFile(file, 'utf8'), path);
}

/** @param name for errors. @throws ToolError */
export function parseScenario(text: string, name: string): Scenario {
  const checked = scenarioSchema.safeParse(valueOf(text, name));
  if (checked.success) return checked.data;
  throw new ToolError(`${name} is no scenario:\n${z.prettifyError(checked.error)}`);
}

function valueOf(text: string, name: string): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof YAMLParseError) throw new ToolError(`${name} is no YAML: ${error.message}`);
    throw error;
  }
}
