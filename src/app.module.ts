import { Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { ConversationModule } from '#modules/conversation';
import { DecoderModule, type EngineOptions } from '#modules/decoder';
import { MediaModule, type MediaOptions } from '#modules/media';
import { VadModule } from '#modules/vad';
import { CaptureModule } from './capture/capture.module.js';
import type { Config } from './config/config.js';
import { HttpModule } from './http/http.module.js';
import type { ClientIce } from './ice/ice-servers.js';
import type { Base } from './http/place.js';
import { Access } from './keys/access.js';
import { KeysModule } from './keys/keys.module.js';
import { HealthModule } from './health/health.module.js';
import { LifecycleModule } from './lifecycle/lifecycle.module.js';
import type { Ids } from './realtime/ids.js';
import { HttpErrorsFilter } from './realtime/http-errors.filter.js';
import { ACCESS } from './realtime/access.js';
import { RealtimeModule } from './realtime/realtime.module.js';
import { RtviModule } from './rtvi/rtvi.module.js';
import type { Logger } from './telemetry/logger.js';
import type { Tracing } from './telemetry/tracing/tracing.js';
import { TelemetryModule } from './telemetry/telemetry.module.js';
import { WorkerMetricsModule } from './telemetry/worker-metrics.js';
import { WhipModule } from './whip/whip.module.js';

/** Who may come in, and by which path; and who computes. */
export interface AppEdge {
  readonly access: Access;
  readonly base: Base;
  /** Of calls, and of what else later requests name. Left out: they tell no gateway. */
  readonly ids?: Ids;
  /** What clients are told for their ICE. */
  readonly ice: ClientIce;
  /** The engine that others run; left out: it is local. */
  readonly remote?: NonNullable<EngineOptions['remote']>;
  /** Left out: there are no traces. */
  readonly tracing?: Tracing;
  /** Ends the start of the engine. */
  readonly stopping?: AbortSignal;
}

/** What of the settings is about ports and addresses of media. */
export function networkOf(config: Config): Pick<MediaOptions, 'iceHosts' | 'iceUdpPort' | 'icePortRange'> {
  return {
    ...(config.iceHosts.length > 0 && { iceHosts: config.iceHosts }),
    ...(config.iceUdpPort !== null && { iceUdpPort: config.iceUdpPort }),
    ...(config.icePortRange && { icePortRange: config.icePortRange }),
  };
}

/** Calls are recorded where the operator says where to. */
function captureOf(config: Config & { modelFolder: string }): DynamicModule[] {
  const { capture, remoteEngine, modelFolder } = config;
  if (capture === null) return [];
  return [
    CaptureModule.forRoot({
      limits: capture,
      engine: remoteEngine ? 'remote' : 'local',
      modelFolder,
      settings: {
        frame_interval_ms: config.frameIntervalMs,
        max_frames: config.maxFrames,
        tentative_pause_ms: config.tentativePauseMs,
        turn_model: config.turnModel,
        vad_model: config.vadModel,
        audio_ahead_ms: config.audioAheadMs,
      },
    }),
  ];
}

/** The gateway: the feature modules, each with its part of the settings, and the edge over them. */
@Module({})
export class AppModule {
  static forRoot(config: Config & { modelFolder: string }, logger: Logger, edge: AppEdge): DynamicModule {
    const { frameIntervalMs, videoKbps, audioDtx } = config;
    const media = MediaModule.forRoot({ frameIntervalMs, videoKbps, audioDtx, ...networkOf(config) });
    const decoder = DecoderModule.forRoot({
      modelFolder: config.modelFolder,
      workers: config.engineWorkers,
      maxSessions: config.engineSessions,
      stallMs: config.engineStallMs,
      ...(edge.remote && { remote: edge.remote }),
      ...(edge.stopping && { stopping: edge.stopping }),
    });
    const smartTurn = config.turnModel === 'auto' || config.turnModel === 'smart-turn';
    const vad = VadModule.forRoot({
      model: config.vadModel,
      judge: { folder: config.judgeFolder, turnEnd: smartTurn, speech: true },
    });
    const conversation = ConversationModule.forRoot({
      imports: [decoder, vad],
      frameIntervalMs: config.frameIntervalMs,
      maxFrames: config.maxFrames,
      tentativePauseMs: config.tentativePauseMs,
      turnModel: config.turnModel,
    });
    const realtime = RealtimeModule.forRoot({
      imports: [media, decoder, conversation],
      access: { provide: ACCESS, useExisting: Access },
      limits: {
        maxCallMs: config.maxCallMs,
        audioAheadMs: config.audioAheadMs,
        resumeWindowMs: config.resumeWindowMs,
      },
      budgets: config.budgets,
      ice: edge.ice,
      ...(edge.tracing && { tracing: edge.tracing }),
    });
    return {
      module: AppModule,
      imports: [
        TelemetryModule.forRoot(logger),
        ...captureOf(config),
        LifecycleModule,
        HttpModule.forRoot(edge.base, edge.ids),
        KeysModule.forRoot(edge.access, {
          imports: [decoder, conversation],
          maxCallMs: config.maxCallMs,
          ice: edge.ice,
        }),
        WorkerMetricsModule.forRoot([decoder, vad, media]),
        HealthModule.forRoot([decoder, vad, media]),
        realtime,
        RtviModule.forRoot(realtime),
        WhipModule.forRoot(realtime),
      ],
      providers: [{ provide: APP_FILTER, useClass: HttpErrorsFilter }],
    };
  }
}
