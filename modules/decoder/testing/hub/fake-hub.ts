import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const sha = (kind: 'sha1' | 'sha256', ...parts: (string | Uint8Array)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash(kind)).digest('hex');

/** How the next download behaves; each is used once. */
export type Mishap =
  | { readonly do: 'break'; readonly after: number }
  | { readonly do: 'status'; readonly status: number }
  | { readonly do: 'whole' }
  | { readonly do: 'change' }
  | { readonly do: 'more' };

/**
 * A hub as `huggingface.co` is one, on loopback: `/api/models/{id}/revision/{rev}?blobs=true` and `/{id}/resolve/{rev}/{path}`, which leads to
 * another origin for what is kept in LFS, with ranges there.
 */
export class FakeHub {
  readonly mishaps: Mishap[] = [];
  /** What was asked for, as `METHOD /path`, with the range behind it. */
  readonly asked: string[] = [];
  /** Authorization of each request to the hub, and to where it leads. */
  readonly tokens: { hub: (string | undefined)[]; store: (string | undefined)[] } = { hub: [], store: [] };
  /** Branch → commit. */
  readonly refs = new Map<string, string>([['main', 'a'.repeat(40)]]);
  /** What the API says in place of the truth. */
  listing: ((listing: { sha: string; siblings: object[] }) => unknown) | null = null;
  down = false;
  private readonly files: ReadonlyMap<string, Uint8Array>;
  private readonly id: string;
  private readonly hub: Server;
  private readonly store: Server;

  private constructor(id: string, files: ReadonlyMap<string, Uint8Array>) {
    this.id = id;
    this.files = files;
    this.hub = createServer((request, response) => this.answer(request, response));
    this.store = createServer((request, response) => {
      this.tokens.store.push(request.headers.authorization);
      this.send(decodeURIComponent(request.url?.slice(1) ?? ''), request, response);
    });
  }

  static async start(id: string, files: Readonly<Record<string, Uint8Array>>): Promise<FakeHub> {
    const hub = new FakeHub(id, new Map(Object.entries(files)));
    await Promise.all([hub.hub, hub.store].map((server) => once(server.listen(0, '127.0.0.1'), 'listening')));
    return hub;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.hub.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    for (const server of [this.hub, this.store]) {
      server.closeAllConnections();
      if (server.listening) await new Promise((resolve) => server.close(resolve));
    }
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    this.tokens.hub.push(request.headers.authorization);
    const url = decodeURIComponent(request.url ?? '');
    if (this.down) return void response.writeHead(503).end();
    const [, revision] = new RegExp(`^/api/models/${this.id}/revision/([^?]+)\\?blobs=true$`).exec(url) ?? [];
    if (revision !== undefined) return this.list(revision, response);
    const [, commit, path = ''] = new RegExp(`^/${this.id}/resolve/([^/]+)/(.+)$`).exec(url) ?? [];
    if (commit === undefined || ![...this.refs.values()].includes(commit) || !this.files.has(path)) {
      return void response.writeHead(404).end('Not found');
    }
    if (!inLfs(path)) return this.send(path, request, response);
    const { port } = this.store.address() as AddressInfo;
    response.writeHead(302, { location: `http://127.0.0.1:${port}/${encodeURIComponent(path)}` }).end();
  }

  private list(revision: string, response: ServerResponse): void {
    const commit = this.refs.get(revision) ?? [...this.refs.values()].find((known) => known === revision);
    if (commit === undefined) return void response.writeHead(404).end('{"error":"Invalid rev id"}');
    this.asked.push(`list ${revision}`);
    const siblings = [...this.files].map(([rfilename, data]) => ({
      rfilename,
      size: data.length,
      blobId: sha('sha1', `blob ${data.length}\0`, data),
      ...(inLfs(rfilename) && { lfs: { sha256: sha('sha256', data), size: data.length, pointerSize: 130 } }),
    }));
    const listing = { sha: commit, siblings };
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify(this.listing?.(listing) ?? listing));
  }

  private send(path: string, request: IncomingMessage, response: ServerResponse): void {
    const data = Buffer.from(this.files.get(path) ?? []);
    const mishap = this.mishaps.shift();
    const [, from] = /^bytes=(\d+)-$/.exec(request.headers.range ?? '') ?? [];
    this.asked.push(from === undefined ? path : `${path} from ${from}`);
    if (mishap?.do === 'status') return void response.writeHead(mishap.status).end();
    const start = mishap?.do === 'whole' ? 0 : Number(from ?? 0);
    const rest = Buffer.from(data.subarray(start));
    if (mishap?.do === 'change') rest[0] = (rest[0] ?? 0) ^ 1;
    const range = { 'content-range': `bytes ${start}-${data.length - 1}/${data.length}` };
    const partial = from !== undefined && mishap?.do !== 'whole';
    response.writeHead(partial ? 206 : 200, {
      ...(mishap?.do !== 'more' && { 'content-length': rest.length }),
      ...(partial && range),
    });
    if (mishap?.do === 'more') return void response.end(Buffer.concat([rest, data]));
    if (mishap?.do !== 'break') return void response.end(rest);
    // What was sent is to arrive before the reset does.
    response.write(rest.subarray(0, mishap.after), () => setTimeout(() => response.destroy(), 30));
  }
}

const inLfs = (path: string): boolean => /\.onnx|tokenizer\.json$/.test(path);
