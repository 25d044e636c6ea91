import { readFile } from 'node:fs/promises';

interface Snapshot {
  readonly snapshot: { readonly meta: { readonly node_fields: string[]; readonly node_types: unknown[] } };
  readonly nodes: readonly number[];
  readonly strings: readonly string[];
}

/** Classes of which every open call has one at least, ours and those of the libraries: what a heap is searched for. */
export const OF_A_CALL = (
  'AudioReceiver Call Channels ConversationMachine DeltaCoalescer Detector DtlsServer EngineExecutor ' +
  'LiveConversation MediaReceiver Outbox RTCDataChannel RTCIceTransport RTCPeerConnection Seat SessionKeeper SessionLog TextClient ' +
  'WeriftPeer WindowedStream WorkerLink WorkerSession'
).split(' ');

/** How many objects of each of these classes a heap snapshot holds; only those that it does hold. */
export async function countObjects(
  file: string,
  classes: readonly string[],
): Promise<Record<string, number>> {
  const { snapshot, nodes, strings } = JSON.parse(await readFile(file, 'utf8')) as Snapshot;
  const { node_fields: fields, node_types: types } = snapshot.meta;
  const [typeAt, nameAt] = [fields.indexOf('type'), fields.indexOf('name')];
  const object = (types[typeAt] as string[]).indexOf('object');
  const names = new Map(classes.map((name) => [strings.indexOf(name), name]));
  const counts: Record<string, number> = {};
  for (let at = 0; at < nodes.length; at += fields.length) {
    const name = nodes[at + typeAt] === object ? names.get(nodes[at + nameAt] ?? -1) : undefined;
    if (name !== undefined) counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
}
