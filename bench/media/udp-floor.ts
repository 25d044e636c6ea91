// The least that a Node process can do with packets: receive and count them. One socket a call, as the gateway has by default.
import { createSocket, type Socket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const sockets: Socket[] = [];
let packets = 0;

function open(): Promise<number> {
  return new Promise((resolve) => {
    const socket = createSocket('udp4');
    sockets.push(socket);
    socket.on('message', () => {
      packets += 1;
    });
    socket.bind(0, '127.0.0.1', () => resolve(socket.address().port));
  });
}

const server = createServer((request, response) => {
  request.resume();
  const body = request.method === 'POST' ? open().then((port) => ({ port })) : Promise.resolve({ packets });
  if (request.method === 'DELETE') for (const socket of sockets.splice(0)) socket.close();
  void body.then((value) => response.writeHead(201).end(JSON.stringify(value)));
});
server.listen(0, '127.0.0.1', () => {
  console.log(JSON.stringify({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` }));
});
// What stands on its standard input ends when the bench does.
process.stdin.resume().on('end', () => process.exit(0));
