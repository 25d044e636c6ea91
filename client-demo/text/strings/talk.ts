import type { Strings } from './kind.js';

/** The conversation. */
export const TALK = {
  'talk.label': ['Conversation', '对话'],
  'talk.log': ['Questions and answers', '问题与回答'],
  'talk.spoken': ['Spoken questions', '语音问题'],
  'talk.question': ['Question in writing', '书面问题'],
  'talk.placeholder': ['Or ask in writing…', '或用文字提问…'],
  'talk.ask': ['Ask', '提问'],
  'talk.stop': ['Stop', '停止'],
  'talk.hold': ['Hold to talk', '按住说话'],
  'talk.holding': ['Let go to be answered', '松开即可得到回答'],
  'talk.empty.clips': [
    'Let a question be spoken, or write one. The answer appears here as it is made.',
    '播放一个语音问题，或写下问题。回答会在这里逐字出现。',
  ],
  'talk.empty.mic': [
    'Just speak. The answer appears here as it is made.',
    '直接说话即可。回答会在这里逐字出现。',
  ],
  'talk.empty.hold': [
    'Hold the button below while you speak. The answer appears here as it is made.',
    '说话时按住下方按钮。回答会在这里逐字出现。',
  ],
  'talk.wasSpoken': ['spoken', '语音'],
  'talk.wasTyped': ['written', '文字'],
  'talk.unwritten': ['a question', '一个问题'],
  'talk.dismissed': ['heard, and not answered', '听到了，但未作答'],
  'talk.numbers': [
    'speech end → first token {speech} · commit → first token {commit} · {frames} seen',
    '话音结束 → 首字 {speech} · 确认 → 首字 {commit} · 看了{frames}',
  ],
  'talk.numbers.typed': [
    'commit → first token {commit} · {frames} seen',
    '确认 → 首字 {commit} · 看了{frames}',
  ],
  'talk.pictures.one': ['1 picture', ' 1 幅画面'],
  'talk.pictures.many': ['{n} pictures', ' {n} 幅画面'],
  'talk.show': ['Show what this answer saw, and its time', '查看该回答看到的画面和用时'],
  'talk.cut': ['interrupted', '被打断'],
  'talk.failed': ['failed', '失败'],
} as const satisfies Strings;
