import type { Strings } from './kind.js';

/** What the page is, and what its call is doing. */
export const FRAME = {
  'page.title': ['Vis-à-vis: talk face to face with a model', 'Vis-à-vis：与模型面对面交谈'],
  'page.says': [
    'Talk face to face with a model that watches while you speak.',
    '与一个边看边听的模型面对面交谈。',
  ],
  'page.how': [
    'It looks at the picture while you talk, and begins to answer at the moment you stop. Below each answer you see what it looked at, and where the time went.',
    '你说话时它就在看画面，你一停下它便开始回答。每个回答下面都会显示它看到了什么、时间花在哪里。',
  ],
  'page.language': ['Language', '语言'],
  'page.check': ['Check this network', '检查网络'],
  'page.api': ['The interface', '接口文档'],
  'page.skip': ['To the conversation', '跳到对话'],
  'source.legend': ['What it sees and hears', '它看到和听到什么'],
  'source.table': ['A table with shapes', '放有图形的桌子'],
  'source.table.hint': [
    'with spoken questions; no camera, no microphone',
    '配有语音问题；不用摄像头和麦克风',
  ],
  'source.real': ['My camera and microphone', '我的摄像头和麦克风'],
  'source.real.hint': ['your browser asks before it gives them', '浏览器会先征求你的同意'],
  'call.start': ['Start', '开始'],
  'call.again': ['Start again', '重新开始'],
  'call.connecting': ['Connecting…', '正在连接…'],
  'call.hangup': ['Hang up', '挂断'],
  'call.key': ['Key', '密钥'],
  'call.key.hint': ['You get one from whoever runs this gateway.', '请向网关的运营者索取。'],
  'call.mute': ['Mute', '静音'],
  'call.unmute': ['Unmute', '取消静音'],
  'call.cameraOff': ['Camera off', '关闭摄像头'],
  'call.cameraOn': ['Camera on', '打开摄像头'],
  'call.recorded': [
    'This call is recorded by whoever runs the gateway: sound, pictures and messages.',
    '网关的运营者正在录制本次通话：声音、画面和消息。',
  ],
  'state.idle': ['not connected', '未连接'],
  'state.connecting': ['connecting…', '正在连接…'],
  'state.ready': ['ready', '就绪'],
  'state.listening': ['listening', '正在听'],
  'state.thinking': ['thinking', '正在想'],
  'state.answering': ['answering', '正在回答'],
  'state.reconnecting': ['reconnecting…', '正在重新连接…'],
  'tell.connected': ['Connected.', '已连接。'],
  'tell.answer': ['Answer: {text}', '回答：{text}'],
  'tell.reconnecting': [
    'The connection is lost, and is being sought again. Keep this page open: what you write meanwhile waits.',
    '连接中断，正在恢复。请保持页面打开：其间写下的内容会等待发送。',
  ],
  'tell.kept': ['The connection is back. Nothing was lost.', '连接已恢复，没有丢失内容。'],
  'tell.anew': [
    'The connection is back. The model does not know what was said before.',
    '连接已恢复，但模型不记得之前的对话。',
  ],
  'tell.ended': ['The call has ended.', '通话已结束。'],
} as const satisfies Strings;
