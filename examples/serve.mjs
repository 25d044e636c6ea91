// Serves the pages of this folder: `node examples/serve.mjs`, from where node_modules is. Any other server of files does as well.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.map': 'application/json' };
const { PORT = '5173' } = process.env;

/** What is there, if it is of a type that pages have. */
async function find(url) {
  const path = normalize(decodeURIComponent(new URL(url, 'http://localhost').pathname));
  const file = join(process.cwd(), path, path.endsWith('/') ? 'index.html' : '');
  const type = TYPES[extname(file)];
  return type && { type, body: await readFile(file) };
}

const server = createServer((request, response) => {
  void find(request.url)
    .catch(() => undefined)
    .then((found) => {
      if (found) response.setHeader('content-type', found.type).end(found.body);
      else response.writeHead(404).end();
    });
});
server.listen(Number(PORT), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`http://127.0.0.1:${port}/examples/plain-page/`);
});
