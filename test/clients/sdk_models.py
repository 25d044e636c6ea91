"""The Python SDK's models of what a server says."""
import json
from typing import get_args

from openai.types.realtime import RealtimeServerEvent
from pydantic import ValidationError

#: By type. The SDK's parser itself never fails: of what it does not know it makes something untyped.
MODELS = {
    name: model
    for model in get_args(get_args(RealtimeServerEvent)[0])
    for name in get_args(model.model_fields["type"].annotation)
}


def complaint(raw: bytes) -> str | None:
    """Why the SDK would not know an event for what it is; None: it does."""
    kind = json.loads(raw)["type"]
    if kind not in MODELS:
        return f"{kind}: unknown"
    try:
        MODELS[kind].model_validate_json(raw)
        return None
    except ValidationError as error:
        return f"{kind}: {error}"
