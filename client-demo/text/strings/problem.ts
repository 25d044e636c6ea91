import type { Strings } from './kind.js';

/** What went wrong, and what to do. */
export const PROBLEM = {
  'problem.retry': ['Try again', '重试'],
  'problem.retryIn': ['({s} s)', '（{s} 秒）'],
  'problem.useTable': ['Use the built-in table', '使用内置桌面'],
  'problem.dismiss': ['Dismiss', '知道了'],
  'problem.full': ['This gateway is full.', '网关已满。'],
  'problem.full.do': [
    'All its places are taken. Come again in {s} seconds.',
    '所有位置都被占用，请在 {s} 秒后再来。',
  ],
  'problem.full.soon': [
    'All its places are taken. Come again in a little while.',
    '所有位置都被占用，请稍后再来。',
  ],
  'problem.quota': ['That is all for now.', '暂时到此为止。'],
  'problem.quota.do': [
    'This key has had its share. Come again in {s} seconds.',
    '该密钥的额度已用完，请在 {s} 秒后再来。',
  ],
  'problem.quota.soon': ['This key has had its share. Come again later.', '该密钥的额度已用完，请稍后再来。'],
  'problem.key': ['This gateway asks for a key.', '此网关需要密钥。'],
  'problem.key.do': [
    'Enter the one that you were given, and press Start.',
    '请输入你得到的密钥，然后按“开始”。',
  ],
  'problem.forbidden': ['You are not allowed to call from here.', '不允许从这里发起通话。'],
  'problem.forbidden.do': ['Ask whoever runs the gateway.', '请联系网关的运营者。'],
  'problem.permission': [
    'The browser did not give the camera or the microphone.',
    '浏览器没有授权摄像头或麦克风。',
  ],
  'problem.permission.do': [
    'Allow them by the sign beside the address of this page and try again, or use the built-in table.',
    '请点击地址栏旁的图标允许访问后重试，或使用内置桌面。',
  ],
  'problem.device': ['There is no such camera or microphone.', '找不到这个摄像头或麦克风。'],
  'problem.device.do': [
    'Plug one in and try again, or use the built-in table.',
    '请接上设备后重试，或使用内置桌面。',
  ],
  'problem.busy': ['Another program has the camera or the microphone.', '摄像头或麦克风正被其他程序占用。'],
  'problem.busy.do': [
    'Close it there and try again, or use the built-in table.',
    '请在那里关闭后重试，或使用内置桌面。',
  ],
  'problem.insecure': [
    'Browsers give devices to pages of localhost or over HTTPS only.',
    '浏览器只向 localhost 或 HTTPS 页面提供设备。',
  ],
  'problem.insecure.do': [
    'Open this page by https:, or use the built-in table.',
    '请用 https: 打开本页，或使用内置桌面。',
  ],
  'problem.gone': ['A camera or microphone has gone.', '摄像头或麦克风已断开。'],
  'problem.gone.do': [
    'The call goes on without it. Choose another one in the settings.',
    '通话会继续。请在设置中选择另一个设备。',
  ],
  'problem.unreachable': ['The gateway cannot be reached.', '无法连接网关。'],
  'problem.unreachable.do': [
    'Is it running, and is this machine online? Then try again.',
    '请确认网关在运行、本机已联网，然后重试。',
  ],
  'problem.noWay': ['No media gets through to the gateway.', '媒体数据无法到达网关。'],
  'problem.noWay.do': [
    'The network may let no UDP through. The network check below tells what works from here.',
    '网络可能不放行 UDP。下方的网络检查会告诉你哪些可用。',
  ],
  'problem.lost': ['The connection was lost, and did not come back.', '连接中断且未能恢复。'],
  'problem.lost.do': ['Look at your network, and begin a new call.', '请检查网络，然后发起新的通话。'],
  'problem.over': ['The call has ended.', '通话已结束。'],
  'problem.over.do': [
    'Its time was up. Begin a new one when you like.',
    '通话时间已到，可随时发起新的通话。',
  ],
  'problem.restart': ['The gateway is about to restart.', '网关即将重启。'],
  'problem.part': ['A part of this call is lost.', '通话的一部分功能已丢失。'],
  'problem.part.do': [
    'What is left goes on. Hang up and begin a new call to have it back.',
    '其余功能继续。挂断后重新通话即可恢复。',
  ],
  'problem.voice': ['The browser does not read aloud.', '浏览器无法朗读。'],
  'problem.voice.do': ['Answers go on in writing.', '回答将继续以文字显示。'],
  'problem.other': ['Something went wrong.', '出了点问题。'],
  'problem.other.do': ['The gateway says: {message}', '网关提示：{message}'],
  'problem.soon.do': ['Come again in {s} seconds.', '请在 {s} 秒后再来。'],
  'problem.soon.soon': ['Come again in a little while.', '请稍后再来。'],
} as const satisfies Strings;
