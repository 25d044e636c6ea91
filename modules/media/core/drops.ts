/** Why a packet, frame or message was not used. Each is counted in `MediaStats.drops`; none of them ends a call. */
export type DropReason =
  /** The same sequence number came before (retransmission, bandwidth probing). */
  | 'duplicate'
  /** Its place in the stream has already been passed on or concealed. */
  | 'late'
  /** A sequence number far outside the window that the next packet did not confirm. */
  | 'discontinuity'
  /** Not one of the payload types of the answer. */
  | 'unknown_payload_type'
  /** A further stream of the microphone, the camera or the screen while one is still sending, or one of a section that is not wanted. */
  | 'extra_stream'
  /** Nothing but padding: bandwidth probing. */
  | 'empty_padding'
  /** A video frame beyond the size limit. */
  | 'oversized_frame'
  /** A key frame of which packets were lost. */
  | 'damaged_frame'
  /** A payload descriptor that does not parse. */
  | 'malformed_payload'
  /** An Opus packet that the decoder refuses. */
  | 'undecodable_audio'
  /** Audio that comes faster than time passes: the session's timeline is seconds ahead already. */
  | 'too_fast'
  /** A video frame that the decoder refuses. */
  | 'undecodable'
  /** Video comes, and there was no frame to begin at for some seconds: no key frame, nor a parameter set for one. Once each time. */
  | 'no_key_frame'
  /** The video decoder is behind; the frame was not queued. */
  | 'decoder_busy'
  /** A datagram that is neither a well-formed packet nor junk that fails to decrypt. */
  | 'malformed_packet'
  /** A data channel message beyond the size limit. */
  | 'oversized_message'
  /** A data channel message that breaks the protocol. */
  | 'malformed_message'
  /** A data channel message of ours that the closing connection did not take. */
  | 'unsent_message';

export type DropHandler = (reason: DropReason, count: number) => void;
