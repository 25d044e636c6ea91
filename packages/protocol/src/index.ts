export { DEFAULT_AUDIO_FORMAT, PCM_RATES, audioFormatSchema, type AudioFormat } from './audio-format.js';
export {
  MAX_MESSAGE_BYTES,
  clientEventSchema,
  parseClientEvent,
  type ClientEvent,
  type ClientEventProblem,
  type ParsedClientEvent,
} from './client-events.js';
export {
  clientSecretRequestSchema,
  clientSecretSchema,
  sessionWithSecretSchema,
  type ClientSecret,
  type SessionWithSecret,
} from './client-secrets.js';
export { errorEventSchema, httpErrorSchema, type ErrorEvent, type HttpError } from './errors.js';
export { healthSchema } from './health.js';
export {
  clientContentSchema,
  clientItemSchema,
  contentSchema,
  inputItemSchema,
  itemSchema,
  type ClientContent,
  type ClientItem,
  type ClientMessage,
  type Content,
  type InputItem,
  type Item,
} from './item.js';
export {
  captureNoticeSchema,
  greetingPartSchema,
  type CaptureNotice,
  type GreetingPart,
} from './greeting.js';
export { iceServerSchema, iceServersSchema, type IceServer, type IceServers } from './ice-servers.js';
export { readJson, type JsonProblem, type ReadJson } from './json.js';
export { defaultSession, mergeSession, type SessionFacts } from './merge-session.js';
export { responseParamsSchema, type ResponseParams } from './response-params.js';
export {
  responseSchema,
  usageSchema,
  type Response,
  type ResponseStatus,
  type StatusDetails,
  type Usage,
} from './response.js';
export {
  resumeRequestSchema,
  resumeTicketSchema,
  resumedSchema,
  type ResumeRequest,
  type ResumeTicket,
  type Resumed,
  type SessionExtras,
} from './resume.js';
export {
  serverEventSchema,
  type ServerEvent,
  type ServerEventBody,
  type ServerEventOf,
  type ServerEventType,
} from './server-events.js';
export {
  parseSessionPatch,
  sessionPatchSchema,
  sessionSchema,
  type ModelCaps,
  type Session,
  type SessionPatch,
  type TurnDetection,
  type TurnEndSource,
  type VendorEventName,
} from './session.js';
export { isShown, type ShownVideo, type ShownVideoPatch, type VideoSource } from './shown-video.js';
export { check, type Checked, type Problem } from './strict.js';
export { tierOf, type Tier } from './tier.js';
export { toolChoiceSchema, toolSchema, type Tool, type ToolChoice } from './tool.js';
export { transcriptUsageSchema, transcriptionSchema, type Transcription } from './transcription.js';
export type {
  ContextEvent,
  ContextRedactedEvent,
  CapacityLevel,
  DegradedEvent,
  FrameAttendedEvent,
  TurnTimingEvent,
} from './vendor-events.js';
export {
  RTVI_LABEL,
  RTVI_VERSION,
  readRtvi,
  readRtviBody,
  rtviClientMessageSchema,
  rtviOfferSchema,
  rtviServerMessageSchema,
  rtviSession,
  rtviSignallingSchema,
  rtviStartSchema,
  rtviTrickleSchema,
  type RtviClientMessage,
  type RtviServerBody,
  type RtviServerMessage,
} from './rtvi.js';
