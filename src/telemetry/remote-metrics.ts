import { Inject, Injectable } from '@nestjs/common';
import { DecoderService, type RemoteStats } from '#modules/decoder';
import { Metrics } from './metrics.js';

type Counts = RemoteStats['kinds'][keyof RemoteStats['kinds']];

/** What the engine that others run counts, among the gateway's metrics; there is none of it where the engine is local. */
@Injectable()
export class RemoteMetrics {
  constructor(
    @Inject(Metrics) metrics: Metrics,
    @Inject(DecoderService) engine: Pick<DecoderService, 'remoteStats'>,
  ) {
    const read = (values: (stats: RemoteStats) => Iterable<readonly [string, number]>) => () =>
      new Map(engine.remoteStats ? values(engine.remoteStats) : []);
    const ofKinds = (value: (counts: Counts) => number) =>
      read(({ kinds }) => Object.entries(kinds).map(([kind, counts]) => [kind, value(counts)]));
    const ofReplicas = (value: (replica: RemoteStats['replicas'][number]) => boolean | number | null) =>
      read(({ replicas }) =>
        replicas.flatMap((replica) => {
          const told = value(replica);
          return told === null ? [] : [[replica.name, Number(told)] as const];
        }),
      );
    const kind = (name: string, help: string, value: (counts: Counts) => number) =>
      metrics.observe({ name: `visavis_remote_${name}_total`, help, label: 'kind' }, ofKinds(value));
    kind('requests', 'Requests to inference servers that have ended, by kind.', ({ requests }) => requests);
    kind('requests_aborted', 'Those that we left before their end.', ({ aborted }) => aborted);
    kind('requests_failed', 'Those that failed for good.', ({ failed }) => failed);
    kind('prompt_tokens', 'Tokens of their prompts, as the servers told.', (counts) => counts.promptTokens);
    kind('cached_tokens', 'Of these, what the servers had in their caches.', (counts) => counts.cachedTokens);
    metrics.observe(
      {
        name: 'visavis_remote_failures_total',
        help: 'Tries of requests that failed, by why; most were made again.',
        label: 'reason',
      },
      read(({ failures }) => failures),
    );
    metrics.observe(
      {
        name: 'visavis_remote_retries_total',
        help: 'Requests that were made again before their first token.',
      },
      read(({ retries }) => [['', retries]]),
    );
    metrics.observe(
      { name: 'visavis_remote_failovers_total', help: 'Calls that were moved to another server.' },
      read(({ failovers }) => [['', failovers]]),
    );
    const replica = (
      name: string,
      help: string,
      value: (replica: RemoteStats['replicas'][number]) => boolean | number | null,
      across: 'sum' | 'min' = 'sum',
    ) =>
      metrics.observe({ name: `visavis_remote_${name}`, help, label: 'replica', across }, ofReplicas(value));
    replica('replica_up', '1 while a server gets requests; 0: it is left out.', ({ isUp }) => isUp, 'min');
    replica('replica_sessions', 'Calls that are placed at a server.', ({ sessions }) => sessions);
    replica(
      'warming',
      '1 while frames are sent ahead to a server; 0: it finds little again.',
      ({ warms }) => warms,
      'min',
    );
  }
}
