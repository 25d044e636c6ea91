"""What an agent of LiveKit's framework does whose model is its plugin for OpenAI Realtime: `livekit_client.py URL SPEECH PICTURE [--tools]`.

The whole agent session, without a room: its microphone is SPEECH (raw PCM, 16 bit, 24 kHz, mono), and it is shown PICTURE (a JPEG
file). Prints one JSON object: the answers, the events that came, what the plugin complained of, and what the SDK whose models it
reads events with would not take.
"""
import asyncio
import base64
import json
import logging
import sys
from pathlib import Path

from livekit import rtc
from livekit.agents import Agent, AgentSession, function_tool, io, llm
from livekit.plugins import openai

from sdk_models import complaint

RATE = 24000
FRAME_MS = 20
ANSWER_S = 30


class Complaints(logging.Handler):
    """What the framework writes into its log as a warning or worse: there the plugin says what it could not handle."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.lines: list[str] = []

    def emit(self, record):
        cause = f" ({record.exc_info[1]!r})" if record.exc_info else ""
        self.lines.append(f"{record.name}: {record.getMessage()}{cause}")


class Microphone(io.AudioInput):
    """Silence, except for what it is given to say; in real time."""

    def __init__(self):
        super().__init__(label="microphone")
        self.pending = b""
        self.due = None

    async def __anext__(self) -> rtc.AudioFrame:
        now = asyncio.get_running_loop().time()
        self.due = max(self.due or now, now - 0.2) + FRAME_MS / 1000
        await asyncio.sleep(max(0, self.due - now))
        size = RATE * FRAME_MS // 1000 * 2
        piece, self.pending = self.pending[:size], self.pending[size:]
        return rtc.AudioFrame(piece.ljust(size, b"\0"), RATE, 1, size // 2)


class Assistant(Agent):
    def __init__(self):
        super().__init__(instructions="You answer in one sentence.")


class Clerk(Assistant):
    """With a tool."""

    def __init__(self):
        super().__init__()
        self.asked: list[str] = []

    @function_tool
    async def weather(self, city: str) -> str:
        """Says how the weather is in a city."""
        self.asked.append(city)
        return "rain"


class Program:
    def __init__(self, url: str, agent: Agent):
        self.agent = agent
        self.microphone = Microphone()
        self.seen: list[str] = []
        self.unknown: list[str] = []
        self.errors: list[str] = []
        self.answers: asyncio.Queue[str] = asyncio.Queue()
        model = openai.realtime.RealtimeModel(base_url=f"{url}v1", api_key="none", modalities=["text"])
        # The gateway finds the ends of turns, and the framework asks for nothing that would find them a second time.
        self.session = AgentSession(llm=model, vad=None, turn_handling={"turn_detection": "realtime_llm"})
        self.session.input.audio = self.microphone
        self.session.on("conversation_item_added", self.added)
        self.transcripts: asyncio.Queue[str] = asyncio.Queue()
        self.session.on("user_input_transcribed", self.transcribed)
        self.session.on("error", lambda event: self.errors.append(str(event.error)))

    def added(self, event) -> None:
        item = event.item
        if item.type == "message" and item.role == "assistant":
            self.answers.put_nowait(item.text_content or "")

    def transcribed(self, event) -> None:
        if event.is_final:
            self.transcripts.put_nowait(event.transcript)

    def received(self, event: dict) -> None:
        self.seen.append(event["type"])
        if why := complaint(json.dumps(event).encode()):
            self.unknown.append(why)

    async def answer(self) -> str:
        return await asyncio.wait_for(self.answers.get(), ANSWER_S)

    async def start(self) -> None:
        await self.session.start(agent=self.agent)
        self.agent.realtime_llm_session.on("openai_server_event_received", self.received)

    async def ask_in_writing(self, question: str, picture: bytes | None) -> str:
        if picture is not None:
            context = self.agent.chat_ctx.copy()
            image = f"data:image/jpeg;base64,{base64.b64encode(picture).decode()}"
            context.add_message(role="user", content=[llm.ImageContent(image=image)])
            await self.agent.update_chat_ctx(context)
        self.session.generate_reply(user_input=question)
        return await self.answer()

    async def ask_aloud(self, speech: bytes) -> str:
        self.microphone.pending = speech
        return await self.answer()

    async def transcript(self) -> str:
        return await asyncio.wait_for(self.transcripts.get(), ANSWER_S)


async def main(url: str, speech: str, picture: str, *options: str) -> None:
    tools = "--tools" in options
    complaints = Complaints()
    logging.getLogger().addHandler(complaints)
    agent = Clerk() if tools else Assistant()
    program = Program(url, agent)
    await program.start()
    told = {}
    if tools:
        told["tool"] = await program.ask_in_writing("how is the weather in Ghent", None)
        told["asked"] = agent.asked
    else:
        told["typed"] = await program.ask_in_writing("how many shapes are there", Path(picture).read_bytes())
        told["spoken"] = await program.ask_aloud(Path(speech).read_bytes())
        # The plugin asks for transcripts by default.
        told["transcript"] = await program.transcript()
    told["roles"] = [getattr(item, "role", item.type) for item in program.session.history.items]
    await program.session.aclose()
    found = {"seen": program.seen, "unknown": program.unknown, "errors": program.errors}
    print(json.dumps({**told, **found, "complaints": complaints.lines}))


asyncio.run(main(*sys.argv[1:]))
