// `node run-blocks.mjs FILE…`: runs programs one after the other, in the folder that it is started in, a line with a form feed before each.
import { pathToFileURL } from 'node:url';

for (const file of process.argv.slice(2)) {
  process.stdout.write('\f');
  await import(pathToFileURL(file).href);
}
