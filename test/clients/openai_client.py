"""What a program does that was written for OpenAI Realtime with the Python SDK: `openai_client.py URL SPEECH PICTURE`.

SPEECH is raw PCM (16 bit, 24 kHz, mono), PICTURE a JPEG file. Prints one JSON object: the answers, the types of all events, and
what the SDK's own models would not take.
"""
import asyncio
import base64
import json
import sys
from pathlib import Path

from openai import AsyncOpenAI

from sdk_models import complaint

CHUNK_MS = 100
BYTES_PER_MS = 48
ANSWER_S = 30


class Program:
    def __init__(self, connection, speech: bytes, picture: bytes):
        self.connection = connection
        self.speech = speech
        self.picture = base64.b64encode(picture).decode()
        self.seen: list[str] = []
        self.unknown: list[str] = []
        self.errors: list[dict] = []

    async def next(self):
        raw = await asyncio.wait_for(self.connection.recv_bytes(), ANSWER_S)
        if why := complaint(raw):
            self.unknown.append(why)
        event = self.connection.parse_event(raw)
        self.seen.append(event.type)
        if event.type == "error":
            self.errors.append(event.error.model_dump())
        return event

    async def until(self, kind: str):
        while (event := await self.next()).type != kind:
            pass
        return event

    async def answer(self) -> dict:
        """The next answer that was not cut off by the user's going on."""
        while (response := (await self.until("response.done")).response).status == "cancelled":
            pass
        usage = response.usage
        return {
            "status": response.status,
            "text": "".join(part.text or "" for item in response.output for part in getattr(item, "content", None) or []),
            "adds_up": usage.total_tokens == usage.input_tokens + usage.output_tokens,
        }

    async def configure(self) -> dict:
        created = await self.until("session.created")
        await self.connection.session.update(
            session={
                "type": "realtime",
                "output_modalities": ["text"],
                "instructions": "Answer in one sentence.",
                "max_output_tokens": 64,
                "tracing": None,
                "audio": {
                    "input": {
                        "format": {"type": "audio/pcm", "rate": 24000},
                        "noise_reduction": None,
                        "turn_detection": {"type": "server_vad", "silence_duration_ms": 500, "idle_timeout_ms": None},
                    }
                },
            }
        )
        updated = await self.until("session.updated")
        return {"created": created.session.id, "updated": updated.session.id, "expires_at": updated.session.expires_at}

    async def ask_in_writing(self) -> dict:
        content = [
            {"type": "input_image", "image_url": f"data:image/jpeg;base64,{self.picture}"},
            {"type": "input_text", "text": "how many shapes are there"},
        ]
        await self.connection.conversation.item.create(item={"type": "message", "role": "user", "content": content})
        await self.connection.response.create(response={"metadata": {"asked": "in writing"}})
        return await self.answer()

    async def ask_aloud(self) -> dict:
        async def speak():
            silence = bytes(1500 * BYTES_PER_MS)
            pcm = silence[: 300 * BYTES_PER_MS] + self.speech + silence
            for at in range(0, len(pcm), CHUNK_MS * BYTES_PER_MS):
                chunk = pcm[at : at + CHUNK_MS * BYTES_PER_MS]
                await self.connection.input_audio_buffer.append(audio=base64.b64encode(chunk).decode())
                await asyncio.sleep(CHUNK_MS / 1000)

        speaking = asyncio.create_task(speak())
        answer = await self.answer()
        await speaking
        return answer

    async def press_to_talk(self) -> dict:
        """The same question as one manual turn, appended at once."""
        await self.connection.session.update(
            session={"type": "realtime", "audio": {"input": {"turn_detection": None}}}
        )
        await self.until("session.updated")
        await self.connection.input_audio_buffer.append(audio=base64.b64encode(self.speech).decode())
        await self.connection.input_audio_buffer.commit()
        committed = await self.until("input_audio_buffer.committed")
        await self.connection.response.create()
        return {**await self.answer(), "item_id": committed.item_id}

    async def cancel_nothing(self) -> str:
        await self.connection.response.cancel()
        return (await self.until("error")).error.code

    async def mistake(self) -> dict:
        """What a tool gave back that nobody called."""
        item = {"type": "function_call_output", "call_id": "call_of_nobody", "output": "{}"}
        await self.connection.send({"type": "conversation.item.create", "event_id": "mine", "item": item})
        return (await self.until("error")).error.model_dump()


async def main(url: str, speech: str, picture: str) -> None:
    client = AsyncOpenAI(api_key="none", base_url=f"{url}v1")
    async with client.realtime.connect(model="gpt-realtime") as connection:
        program = Program(connection, Path(speech).read_bytes(), Path(picture).read_bytes())
        told = {
            "session": await program.configure(),
            "typed": await program.ask_in_writing(),
            "spoken": await program.ask_aloud(),
            "manual": await program.press_to_talk(),
        }
        told["errors"] = list(program.errors)
        told["cancelled"] = await program.cancel_nothing()
        told["mistake"] = await program.mistake()
        print(json.dumps({**told, "seen": program.seen, "unknown": program.unknown}))


asyncio.run(main(*sys.argv[1:4]))
