// Runs in the browser: an agent with a tool, over WebRTC.
import { OpenAIRealtimeWebRTC } from '@openai/agents-realtime';
import { askForTool } from './agents-tools.ts';

globalThis.talk = async (baseUrl) => {
  const mediaStream = await navigator.mediaDevices.getUserMedia({ audio: true });
  return askForTool(new OpenAIRealtimeWebRTC({ baseUrl, mediaStream }), 'ek_test');
};
