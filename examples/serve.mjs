// Serves the pages of this folder: `node examples/serve.mjs`, from where node_modules is. Any other server of files does as well.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';

const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.map': 'application/json' };
const { PORT = '5173' } = process.env;

const server = createServer(async (request, response) => {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
  const file = join(process.cwd(), normalize(path), path.endsWith('/') ? 'index.html' : '');
  const type = TYPES[extname(file)];
  try {
    if (!type) throw new Error('no page');
    response.setHeader('content-type', type).end(await readFile(file));
  } catch {
    response.writeHead(404).end();
  }
});
server.listen(Number(PORT), '127.0.0.1', () => {
  const { port } = server.address();
  console.log(`http://127.0.0.1:${port}/examples/plain-page/`);
});
