"""Takes the place of a voice in a real Home Assistant, in which it runs: counts what it was to say."""

from typing import Any


async def async_setup(hass: Any, config: object) -> bool:
    """Called by Home Assistant."""
    del config
    spoken: list[str] = []
    hass.states.async_set("stand_in.spoken", "0")

    async def speak(call: Any) -> None:
        spoken.append(call.data["message"])
        hass.states.async_set("stand_in.spoken", str(len(spoken)), {"words": spoken[-1]})

    hass.services.async_register("tts", "speak", speak)
    return True
