import type { Strings } from './kind.js';

/** The page that tells what works here. */
export const CHECK = {
  'check.title': ['What works here', '这里什么可用'],
  'check.says': [
    'Tries what a call needs of this browser and this network: the microphone, the camera, and the ways to the gateway. Nothing is recorded.',
    '检查通话对浏览器和网络的要求：麦克风、摄像头，以及到网关的通路。不会录制任何内容。',
  ],
  'check.back': ['To the demo', '返回演示'],
  'check.begin': ['Check', '检查'],
  'check.results': ['Results', '结果'],
  'check.running': ['Checking…', '正在检查…'],
  'check.trying': ['…', '……'],
  'check.ok': ['works', '可用'],
  'check.fails': ['fails', '不可用'],
  'check.none': ['none', '无'],
  'check.gateway': ['Gateway', '网关'],
  'check.gateway.says': ['It says: {status}.', '网关状态：{status}。'],
  'check.gateway.away': ['It cannot be reached: {why}', '无法连接：{why}'],
  'check.microphone': ['Microphone', '麦克风'],
  'check.camera': ['Camera', '摄像头'],
  'check.silent': [
    '{label} gives nothing: is it switched off in the system?',
    '{label} 没有信号：系统里是否已关闭？',
  ],
  'check.refused': [
    'It was not allowed: look at the sign beside the address of this page.',
    '未获允许：请查看地址栏旁的图标。',
  ],
  'check.absent': ['There is none.', '没有找到。'],
  'check.busy': ['Another program has it.', '正被其他程序占用。'],
  'check.udp': ['UDP', 'UDP 直连'],
  'check.turn.udp': ['TURN over UDP', 'TURN（经 UDP）'],
  'check.turn.tcp': ['TURN over TCP', 'TURN（经 TCP）'],
  'check.turn.tls': ['TURN over TLS', 'TURN（经 TLS）'],
  'check.turn': ['TURN', 'TURN 中继'],
  'check.turn.none': ['The gateway names no TURN server.', '网关没有提供 TURN 服务器。'],
  'check.noUdp': [
    'This network, or the one of the gateway, lets no UDP through to it: TURN is needed.',
    '本网络或网关的网络不放行 UDP，需要 TURN。',
  ],
  'check.noWay': ['No way by {url}.', '无法经由 {url}。'],
  'check.connected': ['Connected in {ms} ms.', '{ms} 毫秒内连上。'],
  'check.verdict.none': [
    'No call is possible from here: there is no way to the gateway.',
    '这里无法通话：没有通往网关的路。',
  ],
  'check.verdict.deaf': ['A call is possible, but nobody would hear you.', '可以通话，但对方听不到你。'],
  'check.verdict.blind': ['Calls work from here, without a picture of you.', '可以通话，但没有你的画面。'],
  'check.verdict.good': ['Calls work from here.', '可以正常通话。'],
} as const satisfies Strings;
