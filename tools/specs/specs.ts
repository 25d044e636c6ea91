import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { REPOSITORY } from '../support/repository.js';
import { asyncapi } from './asyncapi.js';
import { components, type Json } from './components.js';
import { openapi } from './openapi.js';

/** The files that are made from the schemas, by their names in `docs/`. */
export async function specs(): Promise<Record<string, string>> {
  const { version } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8')) as {
    version: string;
  };
  const made = components();
  return {
    'openapi.yaml': yaml(openapi(made, version)),
    'asyncapi.yaml': yaml(asyncapi(made, version)),
  };
}

function yaml(document: Json): string {
  const note = '# Made by `npm run specs` from the schemas in packages/protocol; a test holds it to them.\n';
  return note + stringify(document, { lineWidth: 120, aliasDuplicateObjects: false });
}
