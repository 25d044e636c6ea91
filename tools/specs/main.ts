import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { REPOSITORY } from '../support/repository.js';
import { specs } from './specs.js';

for (const [name, text] of Object.entries(await specs())) {
  await writeFile(join(REPOSITORY, 'docs', name), text);
  process.stdout.write(`docs/${name}\n`);
}
