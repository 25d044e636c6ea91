"""A receiver with aiortc: answers offers over HTTP, decodes what it is sent, and does nothing else with it."""

import asyncio
import json
import sys

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError

peers = set()
counts = {"audio": 0, "video": 0}


async def decode(track):
    try:
        while True:
            await track.recv()
            counts[track.kind] += 1
    except MediaStreamError:
        pass


async def answer(offer):
    peer = RTCPeerConnection()
    peers.add(peer)
    peer.on("track", lambda track: asyncio.ensure_future(decode(track)))
    await peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
    await peer.setLocalDescription(await peer.createAnswer())
    return peer.localDescription.sdp


async def serve(reader, writer):
    """One request a connection: POST with an offer, GET for what has been decoded, DELETE to end all calls."""
    method = (await reader.readline()).decode().split(" ", 1)[0]
    length = 0
    while True:
        line = (await reader.readline()).decode().strip().lower()
        if not line:
            break
        if line.startswith("content-length:"):
            length = int(line.split(":")[1])
    if method == "POST":
        status, body = "201 Created", await answer((await reader.readexactly(length)).decode())
    elif method == "DELETE":
        status, body = "200 OK", "{}"
        await asyncio.gather(*(peer.close() for peer in peers))
        peers.clear()
    else:
        status, body = "200 OK", json.dumps(counts)
    data = body.encode()
    writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(data)}\r\nConnection: close\r\n\r\n".encode() + data)
    await writer.drain()
    writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(json.dumps({"url": f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"}), flush=True)
    loop = asyncio.get_running_loop()
    # What stands on its standard input ends when the bench does.
    await loop.run_in_executor(None, sys.stdin.read)


asyncio.run(main())
