import type { Strings } from './kind.js';

/** The settings. */
export const SETTINGS = {
  'settings.open': ['Settings', '设置'],
  'settings.close': ['Close', '关闭'],
  'settings.devices': ['Devices', '设备'],
  'settings.camera': ['Camera', '摄像头'],
  'settings.mic': ['Microphone', '麦克风'],
  'settings.camera.table': ['Built-in table', '内置桌面'],
  'settings.camera.real': ['Real camera', '真实摄像头'],
  'settings.mic.clips': ['Built-in questions', '内置问题'],
  'settings.mic.real': ['Real microphone', '真实麦克风'],
  'settings.redact': [
    'When the camera goes off, the model forgets what it has shown',
    '关闭摄像头后，模型忘掉它看过的画面',
  ],
  'settings.voice': ['Voice', '语音'],
  'settings.speak': ['Read answers aloud', '朗读回答'],
  'settings.speak.hint': ['Takes effect with the next call.', '下次通话时生效。'],
  'settings.speak.none': ['This browser has no voice.', '此浏览器没有语音。'],
  'settings.device': ['Device {n}', '设备 {n}'],
  'settings.turn': ['When is your turn over?', '怎样算你说完了？'],
  'settings.turn.server': ['After a silence', '静默一段时间后'],
  'settings.turn.semantic': ['When it sounds finished', '听起来说完时'],
  'settings.turn.push': ['When I let go of a button', '我松开按钮时'],
  'settings.silence': ['Silence', '静默时长'],
  'settings.eagerness': ['How soon', '多快回应'],
  'settings.eagerness.low': ['patient', '耐心'],
  'settings.eagerness.auto': ['balanced', '适中'],
  'settings.eagerness.high': ['eager', '急切'],
} as const satisfies Strings;
